import { expect, it } from 'vitest'
import { formatNumber, formatTables } from './table.ts'

it('a table has cases down and subjects across, one table for each metric', () => {
  const row = { metric: 'cpu', unit: 'ns' }
  const rows = [
    { ...row, case: 'decode', subject: 'ours', value: 12 },
    { ...row, case: 'decode', subject: 'theirs', value: 1234.5 },
    { ...row, case: 'encode', subject: 'theirs', value: 7 },
    { case: 'decode', subject: 'ours', metric: 'cost', unit: 'x', value: 1 },
  ]
  expect(formatTables(rows)).toBe(
    [
      '| cpu (ns) | ours | theirs |',
      '| -------- | ---: | -----: |',
      '| decode   | 12.0 |  1,235 |',
      '| encode   |      |   7.00 |',
      '',
      '| cost (x) | ours |',
      '| -------- | ---: |',
      '| decode   | 1.00 |',
    ].join('\n'),
  )
})

it.each([
  [0, '0.00'],
  [0.012345, '0.0123'],
  [0.995, '0.995'],
  [12.345, '12.3'],
  [123.45, '123'],
  [1_234_567, '1,234,567'],
])('%d is written with three digits that count: %s', (value, text) => {
  expect(formatNumber(value)).toBe(text)
})
