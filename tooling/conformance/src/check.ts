/** Compares the rows with what tests name. Tooling. */
import { LEVELS, type Level, type RowFile, levelOf } from './rows.ts'

/** By prefix. */
export type RowFiles = ReadonlyMap<string, RowFile>

/** What is wrong, one line each. `named`: by row, a test file that names it. */
export function findProblems(files: RowFiles, named: ReadonlyMap<string, string>): string[] {
  const problems: string[] = []
  for (const [prefix, file] of files) {
    for (const [id, row] of Object.entries(file.rows)) {
      const level = levelOf(row)
      if (level === undefined || !id.startsWith(`${prefix}-`))
        problems.push(`${id}: is no row of ${prefix}: ${row}`)
      else if (file.enforced.includes(level) && !named.has(id) && file.leftOut[id] === undefined) {
        problems.push(`${id}: no test names it, and nothing says why: ${row}`)
      }
    }
    for (const id of Object.keys(file.leftOut)) {
      if (file.rows[id] === undefined) problems.push(`${id}: is left out, and there is no such row`)
      if (named.has(id)) problems.push(`${id}: is left out, and ${named.get(id)!} names it`)
    }
  }
  for (const [id, path] of named) {
    const file = files.get(id.slice(0, id.indexOf('-')))
    if (file !== undefined && file.rows[id] === undefined)
      problems.push(`${id}: ${path} names it, and there is no such row`)
  }
  return problems
}

/** One line for each prefix, and one for all of them. */
export function formatTable(files: RowFiles, named: ReadonlyMap<string, string>): string {
  const all: RowFile[] = [...files.values()]
  const lines = [
    ['prefix', ...LEVELS, 'left out', 'enforced', 'protocol'],
    ...Array.from(files, ([prefix, file]) => {
      return [prefix, ...countsOf([file], named), file.enforced.join(', ') || '-', file.title]
    }),
    ['total', ...countsOf(all, named), '', `${all.length} protocols`],
  ]
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** For each level, rows that tests name of all rows; then how many are left out. */
function countsOf(files: readonly RowFile[], named: ReadonlyMap<string, string>): string[] {
  const rows = files.flatMap((file) => Object.entries(file.rows))
  const count = (level: Level): string => {
    const own = rows.filter(([, row]) => levelOf(row) === level)
    return own.length === 0 ? '-' : `${own.filter(([id]) => named.has(id)).length} of ${own.length}`
  }
  const leftOut = files.reduce((sum, file) => sum + Object.keys(file.leftOut).length, 0)
  return [...LEVELS.map(count), String(leftOut)]
}

/** What of one prefix no test names, with the reason where there is one. */
export function formatMissing({ rows, leftOut }: RowFile, named: ReadonlyMap<string, string>): string {
  const missing = Object.entries(rows).filter(([id]) => !named.has(id))
  return missing.map(([id, row]) => [`${id} ${row}`, ...reasonFor(leftOut[id])].join('\n')).join('\n')
}

function reasonFor(reason: string | undefined): string[] {
  return reason === undefined ? [] : [`  left out: ${reason}`]
}
