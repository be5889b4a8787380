import { describe, expect, it } from 'vitest'
import { findProblems, formatMissing, formatTable } from './check.ts'
import { namedRows } from './named-rows.ts'
import type { RowFile } from './rows.ts'

/** A protocol that nobody speaks, so that this file names no row of those that are counted. */
const file: RowFile = {
  title: 'Nothing (RFC 0)',
  enforced: ['MUST'],
  rows: {
    'NIL-01': 'MUST One is shown. (RFC 0)',
    'NIL-02': 'MUST Two is left out. (RFC 0)',
    'NIL-03': 'SHOULD Three is neither. (RFC 0)',
  },
  leftOut: { 'NIL-02': 'It is too late for it.' },
}
const named = new Map([['NIL-01', 'one.test.ts']])

function problems(change: Partial<RowFile>, names: Iterable<[string, string]> = named): string[] {
  return findProblems(new Map([['NIL', { ...file, ...change }]]), new Map(names))
}

describe('rows that a test file names', () => {
  it('stand in its strings, alone, in lists and in ranges, and not in comments', () => {
    const source = `
      // NIL-90
      it('does: NIL-01, NIL-03 … NIL-05 (NIL-07)', () => undefined)
      it.each([['a case: NIL-08 … 10']])(\`\${NIL} does NIL-100 and \${x} NIL-12\`, () => undefined)
    `
    const ids = ['01', '03', '04', '05', '07', '08', '09', '10', '100', '12'].map((number) => `NIL-${number}`)
    expect([...namedRows('x.test.ts', source)]).toEqual(ids)
  })
})

describe('rows and names', () => {
  it('agree where each row of an enforced level is named or left out', () => {
    expect(problems({})).toEqual([])
  })

  it.each<[string, Partial<RowFile>, [string, string][], string]>([
    ['a row that is neither', {}, [], 'NIL-01: no test names it, and nothing says why: MUST One'],
    ['one of a level that is enforced too', { enforced: ['MUST', 'SHOULD'] }, [...named], 'NIL-03: no test'],
    ['a name of no row', {}, [...named, ['NIL-99', 'x.test.ts']], 'NIL-99: x.test.ts names it'],
    [
      'one left out that is named',
      {},
      [...named, ['NIL-02', 'x.test.ts']],
      'NIL-02: is left out, and x.test.ts',
    ],
    [
      'one left out that is no row',
      { leftOut: { ...file.leftOut, 'NIL-98': 'No.' } },
      [...named],
      'NIL-98: is',
    ],
    ['one without a level', { rows: { ...file.rows, 'NIL-04': 'COULD' } }, [...named], 'NIL-04: is no row'],
    ['one of another prefix', { rows: { ...file.rows, 'NOL-01': 'MUST' } }, [...named], 'NOL-01: is no row'],
  ])('disagree over %s', (_, change, names, problem) => {
    const found = problems(change, names)
    expect(found).toHaveLength(1)
    expect(found[0]!.startsWith(problem), found[0]).toBe(true)
  })

  it('are counted by level, prefix by prefix and in all', () => {
    const lines = formatTable(new Map([['NIL', file]]), named).split('\n')
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['prefix', 'MUST', 'SHOULD', 'MAY', 'left out', 'enforced', 'protocol'],
      ['NIL', '1 of 2', '0 of 1', '-', '1', 'MUST', 'Nothing (RFC 0)'],
      ['total', '1 of 2', '0 of 1', '-', '1', '1 protocols'],
    ])
  })

  it('leave a list of what nobody names, with reasons', () => {
    expect(formatMissing(file, named).split('\n')).toEqual([
      `NIL-02 ${file.rows['NIL-02']!}`,
      '  left out: It is too late for it.',
      `NIL-03 ${file.rows['NIL-03']!}`,
    ])
  })
})
