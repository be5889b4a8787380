/** Keeps figures: docs/performance/<bench>.json, and the tables that docs/performance.md makes of them. Tooling. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { arch, availableParallelism, cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Row } from '../bench.ts'
import { formatTables } from './table.ts'

/** Figures, and all that one needs to measure them again. */
export interface Record {
  readonly bench: string
  readonly commit: string
  readonly date: string
  readonly command: string
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly arch: string
    readonly node: string
  }
  readonly rows: readonly Row[]
}

// From dist/report as well as from src/report.
const DOCS = new URL('../../../../docs/', import.meta.url)

export function save(bench: string, rows: readonly Row[]): void {
  const record: Record = {
    bench,
    commit: commitNow(),
    date: new Date().toISOString().slice(0, 10),
    command: `npm run bench -- ${process.argv.slice(2).join(' ')}`,
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      arch: arch(),
      node: process.version,
    },
    rows,
  }
  mkdirSync(new URL('performance/', DOCS), { recursive: true })
  writeFileSync(new URL(`performance/${bench}.json`, DOCS), `${JSON.stringify(record, undefined, 1)}\n`)
  const page = new URL('performance.md', DOCS)
  writeFileSync(page, replaceSection(readFileSync(page, 'utf8'), record))
  console.error(`written: ${fileURLToPath(page)}`)
}

/** The page with the tables of one bench between its two marks. */
export function replaceSection(page: string, record: Record): string {
  const [start, end] = [`<!-- bench:${record.bench} -->`, `<!-- /bench:${record.bench} -->`]
  const [from, to] = [page.indexOf(start), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for it: ${start} … ${end}`)
  const { command, commit, date, machine } = record
  const where = `${machine.cpu}, ${machine.cores} cores, ${machine.arch}, Node ${machine.node}`
  const source = `\`${command}\` at ${commit} on ${date}: ${where}.`
  return `${page.slice(0, from)}${start}\n\n${source}\n\n${formatTables(record.rows)}\n\n${page.slice(to)}`
}

function commitNow(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', cwd: DOCS }).trim()
  const isClean = git('status', '--porcelain', '--untracked-files=no') === ''
  return `${git('rev-parse', '--short', 'HEAD')}${isClean ? '' : ' with changes'}`
}
