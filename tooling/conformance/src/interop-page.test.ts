import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { catalogOf, rowsHeldIn, rowsOf } from './interop-page.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8')

/** `PATH: PEER as WHAT` of every test in the repository. */
function heldRows(): string[] {
  const files = globSync('{packages/*,apps}/*/{src,test}/**/*.test.ts', { cwd: root })
  return files.flatMap((path) => rowsHeldIn(read(path)).map((name) => `${path}: ${name}`))
}

describe('docs/interop.md', () => {
  const rows = rowsOf(read('docs/interop.md'))

  it('has exactly the rows that tests hold, each with the test that holds it', () => {
    expect(rows.length).toBeGreaterThan(10)
    expect(rows.map(({ heldBy, name }) => `${heldBy}: ${name}`).toSorted()).toEqual(heldRows().toSorted())
  })

  it('has the versions that are run', () => {
    const catalog = catalogOf(read('pnpm-workspace.yaml'))
    for (const { name, peer, version, heldBy } of rows) {
      // A golden exchange names its source where its test stands.
      if (name.endsWith('golden exchange')) expect(read(heldBy)).toContain(version)
      else expect(`${peer} ${version}`).toBe(`${peer} ${catalog.get(peer)}`)
    }
  })
})

describe('a row', () => {
  it('is a line with a version, a date and a test; a title in a test', () => {
    const line = '| a-peer | 1.0.0 | client of ours | 2026-11-21 | [a](../packages/a.test.ts) |'
    expect(rowsOf(`| peer | version |\n${line}\n`)).toEqual([
      { name: 'a-peer as client of ours', peer: 'a-peer', version: '1.0.0', heldBy: 'packages/a.test.ts' },
    ])
    expect(rowsHeldIn(`describe('interop: a-peer as client of ours', f)`)).toEqual([
      'a-peer as client of ours',
    ])
  })
})
