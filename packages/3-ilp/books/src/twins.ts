/**
 * What the hold log knows of packets of one name. Layer 3, books.
 * All that is kept is read once for a question, and looked at closely where it expires with one of its packets.
 */
import type { Crypto, Instant } from '@hourglass/sansio'
import type { PostedEntry } from './chunk.ts'
import type { HoldLog } from './hold-log.ts'
import { outgoingName, packetKey } from './hold.ts'

/** How many packets `destination` is known to have fulfilled, by their keys. */
export function countFulfilled(
  log: HoldLog,
  destination: string,
  expiries: ReadonlySet<Instant>,
): Map<string, number> {
  const opened = new Map<number, string>()
  const counts = new Map<string, number>()
  log.scan((entry) => {
    if (entry.kind === 'opened') {
      if (!expiries.has(entry.outgoingExpiresAt) || entry.destination !== destination) return
      opened.set(entry.id, packetKey(outgoingName(entry)))
    } else if (entry.kind === 'posted') {
      const key = opened.get(entry.id)
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  })
  return counts
}

/** How often packets of one key were fulfilled for their source, and how often that was written off. */
export interface Standing extends Record<PostedEntry['kind'], number> {
  readonly fulfillment: Uint8Array
}

/** How packets of `source` stand, by their keys. */
export function findPosted(
  log: HoldLog,
  source: string,
  expiries: ReadonlySet<Instant>,
  crypto: Pick<Crypto, 'sha256'>,
): Map<string, Standing> {
  const found = new Map<string, Standing>()
  log.scan((entry) => {
    if (entry.kind !== 'posted' && entry.kind !== 'written-off') return
    if (!expiries.has(entry.expiresAt) || entry.source !== source) return
    const { fulfillment } = entry
    const key = packetKey({ ...entry, executionCondition: crypto.sha256(fulfillment) })
    const standing = found.get(key) ?? { posted: 0, 'written-off': 0, fulfillment }
    standing[entry.kind]++
    found.set(key, standing)
  })
  return found
}
