/**
 * Where a Prepare goes, for how much and until when: a function of the packet and the tables. Layer 3, connector.
 */
import type { Prepare } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import type { Account } from './account.ts'
import { type Conversion, type Rates, mulFloor } from './rates.ts'
import { NO_ROUTE, noRate, unreachable, vanishing } from './refusals.ts'
import { outgoingExpiry } from './rules/expiry.ts'
import { LOOP_BACK } from './rules/loop-back.ts'
import type { Refusal } from './rules/rule.ts'

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
  /** Whether it may go back to where it came from. */
  readonly mayReflect: boolean
  readonly now: Instant
}

export function forward(passage: Passage, rates: Rates): Forwarded | Refusal {
  const { prepare, source, next: destination, now } = passage
  if (destination === undefined) return NO_ROUTE
  if (destination === source && !passage.mayReflect) return LOOP_BACK
  const conversion = conversionBetween(source, destination, rates)
  if (conversion === undefined) return noRate(source, destination)
  const amount = mulFloor(prepare.amount, conversion.ratio) // ILP-22
  // Money that would vanish is not sent; a packet without money is.
  if (amount === 0n && prepare.amount !== 0n) return vanishing(prepare.amount)
  const expiresAt = outgoingExpiry(prepare, source, now)
  if (typeof expiresAt !== 'number') return expiresAt
  if (!destination.up) return unreachable(destination)
  const outgoing = { destination, amount, expiresAt, conversion }
  for (const rule of destination.rules.outgoing) {
    const refusal = rule(outgoing, prepare, now)
    if (refusal !== undefined) return refusal
  }
  return outgoing
}

function conversionBetween(source: Account, destination: Account, rates: Rates): Conversion | undefined {
  if (!source.conversions.has(destination)) {
    source.conversions.set(destination, rates.between(source.asset, destination.asset))
  }
  return source.conversions.get(destination)
}
