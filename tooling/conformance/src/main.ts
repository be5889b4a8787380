/**
 * `npm run conformance`: which rows of the protocols tests name, prefix by prefix. Exit code 1 where an enforced row
 * is neither named nor left out. With a prefix: its rows that no test names. Tooling.
 */
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type RowFiles, findProblems, formatMissing, formatTable } from './check.ts'
import { namedRows } from './named-rows.ts'
import type { RowFile } from './rows.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** Tests, and the suites that faces have for their implementations. */
const TESTS = ['src/**/*.test.ts', 'src/testing/**/*.ts', 'test/**/*.ts'].map(
  (files) => `{packages/*/*,apps/*,tooling/*}/${files}`,
)

const files = readRows()
const named = readNamed()
const prefix = process.argv[2]
if (prefix === undefined) report()
else tellMissing(prefix)

function report(): void {
  console.log(formatTable(files, named))
  const problems = findProblems(files, named)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}

function tellMissing(name: string): void {
  const file = files.get(name)
  if (file !== undefined) return console.log(formatMissing(file, named))
  console.error(`there is no prefix ${name}; prefixes: ${[...files.keys()].join(', ')}`)
  process.exitCode = 1
}

function readRows(): RowFiles {
  const directory = join(ROOT, 'tooling/conformance/rows')
  const paths = globSync('*.json', { cwd: directory }).sort()
  return new Map(
    paths.map((path) => [
      basename(path, '.json'),
      JSON.parse(readFileSync(join(directory, path), 'utf8')) as RowFile,
    ]),
  )
}

/** By row, the first test that names it. */
function readNamed(): Map<string, string> {
  const rows = new Map<string, string>()
  for (const path of globSync(TESTS, { cwd: ROOT, exclude: ['**/node_modules/**'] }).sort()) {
    for (const id of namedRows(path, readFileSync(join(ROOT, path), 'utf8'))) {
      if (!rows.has(id)) rows.set(id, path)
    }
  }
  return rows
}
