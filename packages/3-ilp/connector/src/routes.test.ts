import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RouteTable } from './routes.ts'

function tableOf(prefixes: readonly string[]): RouteTable<string> {
  const table = new RouteTable<string>()
  for (const prefix of prefixes) table.add(prefix, prefix)
  return table
}

describe('route table', () => {
  it('matches on segment boundaries only: ADDR-10, ADDR-11, SEC-09', () => {
    const table = tableOf(['g.ab'])
    expect(table.resolve('g.ab')).toBe('g.ab')
    expect(table.resolve('g.ab.c')).toBe('g.ab')
    expect(table.resolve('g.abc')).toBeUndefined()
    expect(table.resolve('g.a')).toBeUndefined()
  })

  it('takes the default route only where nothing longer matches: ADDR-12', () => {
    const table = tableOf(['', 'g.ab'])
    expect(table.resolve('g.ab.x')).toBe('g.ab')
    expect(table.resolve('g.zz')).toBe('')
  })

  it('finds the same route as a search of all prefixes', () => {
    const segment = fc.constantFrom('a', 'ab', 'b', 'abc')
    const address = fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => `g.${parts.join('.')}`)
    fc.assert(
      fc.property(fc.array(address, { maxLength: 12 }), address, (prefixes, destination) => {
        const longest = prefixes
          .filter((prefix) => destination === prefix || destination.startsWith(`${prefix}.`))
          .sort((a, b) => b.length - a.length)[0]
        expect(tableOf(prefixes).resolve(destination)).toBe(longest)
      }),
      { numRuns: 2000 },
    )
  })
})
