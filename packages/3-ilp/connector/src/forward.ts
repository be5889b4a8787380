/**
 * Where a Prepare goes, for how much and until when: a function of the packet and the tables. Layer 3, connector.
 */
import { AMOUNT_MAX, ErrorCode, type Prepare } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import type { Account } from './account.ts'
import { type Conversion, type Rates, type Ratio, divFloor, mulFloor } from './rates.ts'
import { amountTooLarge } from './rules/packet-amount.ts'
import type { Refusal } from './rules/rule.ts'

export interface ForwardingOptions {
  /** What is taken off a packet's time at this node, and the least that must be left after it. */
  readonly expiryMarginMs: number
  readonly holdTimeMsMax: number
}

/** The outgoing side of a packet. */
export interface Forwarded {
  readonly destination: Account
  /** Base units of the destination account. */
  readonly amount: bigint
  readonly expiresAt: Instant
  readonly conversion: Conversion
}

/** A packet on its way: `next` is the account that its address leads to. */
export interface Passage {
  readonly prepare: Prepare
  readonly source: Account
  readonly next: Account | undefined
  readonly now: Instant
}

export function forward(passage: Passage, rates: Rates, options: ForwardingOptions): Forwarded | Refusal {
  const { prepare, source, next: destination, now } = passage
  // SEC-38, CONN-31: a packet does not go back to where it came from.
  if (destination === undefined || destination === source) {
    return { code: ErrorCode.F02_UNREACHABLE, message: 'no route' }
  }
  const conversion = conversionBetween(source, destination, rates)
  if (conversion === undefined) return { code: ErrorCode.T00_INTERNAL_ERROR, message: 'no exchange rate' }
  const { ratio } = conversion
  const amount = mulFloor(prepare.amount, ratio) // ILP-22
  const refusal = refuseAmount(prepare.amount, amount, destination, ratio)
  if (refusal !== undefined) return refusal
  // ILP-26, CONN-14, CONN-16
  const expiresAt = Math.min(prepare.expiresAt - options.expiryMarginMs, now + options.holdTimeMsMax)
  if (expiresAt - now < options.expiryMarginMs) {
    return { code: ErrorCode.R02_INSUFFICIENT_TIMEOUT, message: 'expires too soon' }
  }
  if (!destination.up) return { code: ErrorCode.T01_PEER_UNREACHABLE, message: 'peer unreachable' }
  if (!destination.mayBeOwed(amount)) {
    const message =
      destination.prepay === undefined ? 'insufficient liquidity' : 'prepaid money is used up for now'
    return { code: ErrorCode.T04_INSUFFICIENT_LIQUIDITY, message }
  }
  return { destination, amount, expiresAt, conversion }
}

function conversionBetween(source: Account, destination: Account, rates: Rates): Conversion | undefined {
  if (!source.conversions.has(destination)) {
    source.conversions.set(destination, rates.between(source.asset, destination.asset))
  }
  return source.conversions.get(destination)
}

function refuseAmount(
  incoming: bigint,
  outgoing: bigint,
  destination: Account,
  ratio: Ratio,
): Refusal | undefined {
  // ILP-23, X-ILP3: money that would vanish is not sent; a packet without money is.
  if (outgoing === 0n && incoming !== 0n) {
    return { code: ErrorCode.R01_INSUFFICIENT_SOURCE_AMOUNT, message: 'amount rounds to nothing' }
  }
  const max = destination.outgoingAmountMax ?? AMOUNT_MAX
  // ILP-24; CONN-23: the numbers go back in the units in which the packet came.
  return outgoing > max ? amountTooLarge(incoming, divFloor(max, ratio)) : undefined
}
