/** The newest validated ledger, as a server tells of it. Layer 1, io. Spec: XRP Ledger, `ledger` stream. */
import type { Instant } from '@hourglass/sansio'
import { type Json, countAt, hashAt } from '../json.ts'
import { toInstant } from '../time.ts'

export interface Head {
  readonly index: number
  readonly hash: string
  /** When it closed. The next ledger judges by that. */
  readonly time: Instant
  /** What an account may not spend, without objects. */
  readonly reserveBaseDrops: bigint
  /** The same, for each object that it owns. */
  readonly reserveIncrementDrops: bigint
}

/** Reads a message of the stream, or the answer to a subscription; undefined where it tells of no ledger. */
export function decodeHead(json: Json): Head | undefined {
  const index = countAt(json, 'ledger_index')
  const hash = hashAt(json, 'ledger_hash')
  const timeS = countAt(json, 'ledger_time')
  const base = countAt(json, 'reserve_base')
  const increment = countAt(json, 'reserve_inc')
  if (index === undefined || hash === undefined || timeS === undefined) return undefined
  if (base === undefined || increment === undefined) return undefined
  return {
    index,
    hash,
    time: toInstant(timeS),
    reserveBaseDrops: BigInt(base),
    reserveIncrementDrops: BigInt(increment),
  }
}
