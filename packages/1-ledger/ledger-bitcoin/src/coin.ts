/** An output that is ours. Layer 1. */
import type { Outpoint } from './block.ts'

export interface Coin {
  readonly outpoint: Outpoint
  readonly sats: bigint
  readonly script: Uint8Array
}

/** A coin in a block. */
export interface MinedCoin extends Coin {
  readonly height: number
  /** Newly made: it cannot be spent for a hundred blocks. */
  readonly isReward: boolean
  /** The block in which it was spent; undefined: it is there. */
  readonly spentAt: number | undefined
}

export function outpointParts(outpoint: Outpoint): { readonly txid: string; readonly index: number } {
  const colon = outpoint.indexOf(':')
  return { txid: outpoint.slice(0, colon), index: Number(outpoint.slice(colon + 1)) }
}

export function sumOf(coins: Iterable<{ readonly sats: bigint }>): bigint {
  let sum = 0n
  for (const { sats } of coins) sum += sats
  return sum
}
