/** Whether a node gave no more than it had at its own rates: counted anew, without the node's arithmetic. Testing. */
import type { Asset } from '@hourglass/books'
import type { RateQuote } from '@hourglass/connector'
import type { ConnectorPlan } from './plan.ts'

export interface Change {
  readonly from: Asset
  readonly incoming: bigint
  readonly to: Asset
  readonly outgoing: bigint
}

/** outgoing / 10^scale ≤ incoming / 10^scale × rate × (1 − spread), without a division. */
export function isFairAmount(
  { rates, spread }: ConnectorPlan,
  { from, incoming, to, outgoing }: Change,
): boolean {
  let have = incoming * 10n ** BigInt(to.scale)
  let give = outgoing * 10n ** BigInt(from.scale)
  if (from.code !== to.code) {
    const { numerator, denominator } = rateOf(rates, from.code, to.code)
    have *= numerator
    give *= denominator
    if (spread !== undefined) {
      have *= spread.denominator - spread.numerator
      give *= spread.denominator
    }
  }
  return give <= have
}

function rateOf(rates: readonly RateQuote[], from: string, to: string): RateQuote['rate'] {
  for (const quote of rates) {
    if (quote.from === from && quote.to === to) return quote.rate
    if (quote.from === to && quote.to === from) {
      return { numerator: quote.rate.denominator, denominator: quote.rate.numerator }
    }
  }
  throw new Error(`no quote joins ${from} and ${to}`)
}
