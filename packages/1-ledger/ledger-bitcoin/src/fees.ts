/** What a payment offers for its place in a block. Layer 1. In satoshis a virtual byte, whole ones. Spec: BIP 125. */

/** What a node says of the market. */
export interface Market {
  /** Gets a transaction into one of the next blocks; undefined: the node cannot tell. */
  readonly estimate: bigint | undefined
  /** The node takes nothing below it. */
  readonly minimum: bigint
}

/** Where a node cannot tell: enough at most times, and the bumps see to the rest. */
export const FALLBACK_SATS_PER_VBYTE = 10n

/** The rate for a new payment. */
export function marketRate({ estimate, minimum }: Market, rateMax: bigint): bigint {
  const rate = estimate ?? FALLBACK_SATS_PER_VBYTE
  return atMost(rate > minimum ? rate : minimum, rateMax)
}

/** The rate after one that was too low: the market's, and at least a quarter more. Undefined: no more is allowed. */
export function raisedRate(offered: bigint, market: bigint, rateMax: bigint): bigint | undefined {
  const raised = offered + offered / 4n + 1n
  const rate = atMost(market > raised ? market : raised, rateMax)
  return rate > offered ? rate : undefined
}

/** Rounded up: a rate that is a little too low is too low. */
export function rateOf(fee: bigint, vbytes: number): bigint {
  return (fee + BigInt(vbytes) - 1n) / BigInt(vbytes)
}

/** BIP 125: a replacement pays what the old one paid, and for its own way through the network. */
export function replacementFeeMin(replacedFee: bigint, vbytes: number): bigint {
  return replacedFee + INCREMENT_SATS_PER_VBYTE * BigInt(vbytes)
}

const INCREMENT_SATS_PER_VBYTE = 1n

function atMost(value: bigint, max: bigint): bigint {
  return value < max ? value : max
}
