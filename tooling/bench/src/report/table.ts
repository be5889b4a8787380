/** Rows as tables: one for each metric, cases down, subjects across. Tooling. */
import type { Row } from '../bench.ts'

/** Markdown; it reads well on a terminal too. */
export function formatTables(rows: readonly Row[]): string {
  const metrics = Map.groupBy(rows, ({ metric, unit }) => `${metric} (${unit})`)
  return [...metrics].map(([title, own]) => formatTable(title, own)).join('\n\n')
}

function formatTable(title: string, rows: readonly Row[]): string {
  const subjects = [...new Set(rows.map(({ subject }) => subject))]
  const cases = Map.groupBy(rows, (row) => row.case)
  const body = [...cases].map(([name, own]) => [
    name,
    ...subjects.map((subject) => {
      const row = own.find((r) => r.subject === subject)
      return row === undefined ? '' : formatNumber(row.value)
    }),
  ])
  const table = [[title, ...subjects], ...body]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(table[0]!), line(rule), ...table.slice(1).map(line)].join('\n')
}

/** Three digits that count, thousands apart. */
export function formatNumber(value: number): string {
  const magnitude = Math.floor(Math.log10(Math.abs(value) || 1))
  const decimals = Math.max(0, 2 - magnitude)
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
}
