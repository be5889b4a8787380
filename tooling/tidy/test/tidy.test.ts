/** The program itself, on a copy of the repository on disk. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readFiles } from '../src/read-files.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const copy = mkdtempSync(join(tmpdir(), 'tidy-'))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(copy, path)), { recursive: true })
  writeFileSync(join(copy, path), text)
}

function run(): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, copy], { encoding: 'utf8' })
}

beforeAll(() => {
  for (const { path, text } of readFiles(fileURLToPath(new URL('../../..', import.meta.url))))
    write(path, text)
})

afterAll(() => rmSync(copy, { recursive: true }))

it('tidy passes on the repository as it stands', () => {
  expect(run()).toMatchObject({ status: 0, stderr: '' })
})

it('tidy prints a planted violation as one line and exits with 1', () => {
  write(
    'packages/0-base/oer/src/planted.ts',
    `import { link } from '@hourglass/link'\nexport const x = [link, Date.now()]\n`,
  )
  const { status, stderr } = run()
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /^packages\/0-base\/oer\/src\/planted\.ts:1 {2}upward-import: .*\(docs\/ARCHITECTURE\.md#layers\)$/m,
  )
  expect(stderr).toMatch(
    /^packages\/0-base\/oer\/src\/planted\.ts:2 {2}impure: Date\.now .*\(docs\/ARCHITECTURE\.md#purity\)$/m,
  )
})
