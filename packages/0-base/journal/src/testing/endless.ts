/**
 * Commits without end, for tests that stop them in bad ways. Base, testing.
 * Commit n puts `record/n`, removes `record/n-1000` and makes `newest` n, all together or not at all.
 */
import { expect } from 'vitest'
import type { Journal } from '../journal.ts'

const IN_FLIGHT = 100
const KEPT = 1000

/** Commits 0, 1, 2, …, and says of each when it is durable. */
export function commitWithoutEnd(journal: Journal, report: (n: number) => void): void {
  let next = 0
  const commit = (): void => {
    const n = next++
    const records = [
      { key: `record/${n}`, value: new Uint8Array(100) },
      { key: `record/${n - KEPT}`, value: undefined },
      { key: 'newest', value: encodeNumber(n) },
    ]
    journal.commit(records, () => {
      report(n)
      commit()
    })
  }
  for (let i = 0; i < IN_FLIGHT; i++) commit()
}

/** The journal holds exactly the beginning of such commits, at least up to the one that was reported last. */
export async function expectBeginning(journal: Journal, reported: number): Promise<void> {
  const keys = new Set((await journal.load('record/')).map(({ key }) => key))
  const [record] = await journal.load('newest')
  const newest = record === undefined ? -1 : decodeNumber(record.value)
  expect(newest).toBeGreaterThanOrEqual(reported)
  const first = Math.max(newest - KEPT + 1, 0)
  for (let n = first; n <= newest; n++) expect(keys, `record ${n}`).toContain(`record/${n}`)
  expect(keys.size).toBe(newest - first + 1)
}

function encodeNumber(n: number): Uint8Array {
  const value = new Uint8Array(4)
  new DataView(value.buffer).setUint32(0, n)
  return value
}

function decodeNumber(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset).getUint32(0)
}
