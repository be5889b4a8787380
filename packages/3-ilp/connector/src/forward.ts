/**
 * Where a Prepare goes, for how much and until when: a function of the packet and the tables. Layer 3, connector.
 */
import type { Prepare } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import type { Account } from './account.ts'
import type { Rates } from './rates.ts'
import { type Conversion, mulFloor } from './ratio.ts'
import { NO_ROUTE, noRate, silent, staleRate, unreachable, vanishing } from './refusals.ts'
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
  const conversion = conversionBetween(source, destination, rates, now)
  if (conversion === undefined) return noRate(source, destination)
  if (now >= conversion.freshUntil) return staleRate(source, destination, now - conversion.freshUntil)
  const amount = mulFloor(prepare.amount, conversion.ratio) // ILP-22
  // Money that would vanish is not sent; a packet without money is.
  if (amount === 0n && prepare.amount !== 0n) return vanishing(prepare.amount)
  const expiresAt = outgoingExpiry(prepare, source, now)
  if (typeof expiresAt !== 'number') return expiresAt
  if (!destination.up) return unreachable(destination)
  if (!destination.breaker.allows(now)) return silent(destination)
  const outgoing = { destination, amount, expiresAt, conversion }
  for (const rule of destination.rules.outgoing) {
    const refusal = rule(outgoing, prepare, now)
    if (refusal !== undefined) return refusal
  }
  return outgoing
}

/** Found once, and again where it has become stale. */
function conversionBetween(
  source: Account,
  destination: Account,
  rates: Rates,
  now: Instant,
): Conversion | undefined {
  let conversion = source.conversions.get(destination)
  if (conversion === undefined || now >= conversion.freshUntil) {
    conversion = rates.between(source, destination, now)
    if (conversion !== undefined) source.conversions.set(destination, conversion)
  }
  return conversion
}
