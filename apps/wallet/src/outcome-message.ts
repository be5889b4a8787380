/** How a payment that is not complete ended, in words: what happened, and what to do. */
import type { PaymentReport } from '@hourglass/stream'

export function outcomeMessage({ outcome, code }: Pick<PaymentReport, 'outcome' | 'code'>): string {
  const said = code === undefined ? '' : ` (${code}${NAMES[code] === undefined ? '' : `, ${NAMES[code]}`})`
  switch (outcome) {
    case 'complete':
      return 'all was paid'
    case 'cancelled':
      return 'it was stopped before the end'
    case 'no-progress':
      return `no packet got through for a while${said}: try again later`
    case 'no-rate':
      return `nothing reached the receiver, so there is no rate${said}: try again later, or a smaller amount`
    case 'amount-too-small':
      return 'so small an amount is worth nothing to the receiver: send more'
    case 'rate-too-low':
      return 'the rate fell below what was quoted: ask for a new quote, or allow more with --slippage'
    case 'path-refuses':
      return `a node on the way refuses to carry it${said}: the balance or a limit may be too small for any packet`
    case 'receiver-refuses':
      return 'the receiver does not take the money'
    case 'receiver-violation':
      return 'the receiver answered against the rules, so the payment was stopped'
    case 'unknown-receiver':
      return `nobody answers at the receiver's address${said}: is the receiver running, and is there a route to it?`
    case 'link-lost':
      return 'the link to the connector broke while packets were under way: look at the balance before paying again'
  }
}

/** The names of codes that a payer meets (IL-RFC 27). */
const NAMES: Readonly<Record<string, string>> = {
  F00: 'bad request',
  F01: 'invalid packet',
  F02: 'unreachable',
  F03: 'invalid amount',
  F06: 'unexpected payment',
  F08: 'amount too large',
  F99: 'application error',
  T00: 'internal error',
  T01: 'peer unreachable',
  T02: 'peer busy',
  T03: 'connector busy',
  T04: 'insufficient liquidity',
  T05: 'rate limited',
  R00: 'transfer timed out',
  R01: 'insufficient source amount',
  R02: 'insufficient timeout',
  R99: 'application error',
}
