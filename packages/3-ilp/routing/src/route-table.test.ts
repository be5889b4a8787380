import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RouteTable } from './route-table.ts'

function tableOf(prefixes: readonly string[]): RouteTable<string> {
  const table = new RouteTable<string>()
  for (const prefix of prefixes) table.set(prefix, prefix)
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

  it('forgets what is deleted, and knows what covers a prefix', () => {
    const table = tableOf(['', 'g.ab', 'g.ab.c.d'])
    expect(table.covering('g.ab.c.d')).toBe('g.ab')
    expect(table.covering('g.ab')).toBeUndefined()
    table.delete('g.ab')
    expect(table.covering('g.ab.c.d')).toBeUndefined()
    expect(table.resolve('g.ab.x')).toBe('')
    expect([...table]).toEqual([
      ['', ''],
      ['g.ab.c.d', 'g.ab.c.d'],
    ])
    expect(table.size).toBe(2)
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
