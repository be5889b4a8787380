/** How a payment that is not complete ended, in words: what happened, with its numbers, and what to do. */
import type { PaymentEnd, Refusal } from '@hourglass/pay'
import { type Asset, formatMoney, formatRate } from './amount.ts'

/** `own` is the payer's asset, `asset` the receiver's, where it is known. */
export function endMessage(end: PaymentEnd, own: Asset, asset?: Asset): string {
  switch (end.kind) {
    case 'complete':
      return 'all was paid'
    case 'cancelled':
      return 'it was stopped before the end'
    case 'no-route':
      return (
        `nobody answers at the receiver's address${by(end.refusal)}: is the receiver running, ` +
        'and is there a route to it?'
      )
    case 'unknown-receiver':
      return `the receiver does not know what is paid to it${by(end.refusal)}: ask it for new details`
    case 'receiver-closed':
      return `the receiver ended the payment (code ${end.code}${end.message === '' ? '' : `: ${end.message}`})`
    case 'receiver-full':
      return `the receiver takes no more than ${money(end.receiveMax, asset)}, and has ${money(end.received, asset)}`
    case 'receiver-declines':
      return 'the receiver does not take the money'
    case 'receiver-violation':
      return 'the receiver answered against the rules, so the payment was stopped'
    case 'rate-below-minimum': {
      const sent = { amount: end.amount, asset: own }
      const rate = asset && formatRate(sent, { amount: end.arrived, asset })
      const of = rate === undefined ? '' : ` (1 ${own.code} = ${rate} ${asset?.code})`
      return (
        `the rate is below what was agreed on: ${formatMoney(end.amount, own)} arrive as ` +
        `${money(end.arrived, asset)}${of}, not as ${money(end.least, asset)}: ask for a new quote`
      )
    }
    case 'amount-too-small':
      return 'so small an amount is worth nothing to the receiver: send more'
    case 'no-liquidity':
      return (
        `no packet got through for ${seconds(end.waitedMs)}, not even with ` +
        `${formatMoney(end.refusal.amount, own)}${by(end.refusal)}: the balance or a limit on the way is used up`
      )
    case 'path-refuses':
      return (
        `a node on the way refuses to carry it${by(end.refusal)}: ` +
        'the balance or a limit may be too small for any packet'
      )
    case 'path-busy':
      return `no packet got through for ${seconds(end.waitedMs)}${by(end.refusal)}: try again later`
    case 'path-too-slow':
      return `no packet came back in time for ${seconds(end.waitedMs)}${by(end.refusal)}: try again later`
    case 'link-lost':
      return `the link to the connector broke while packets were under way${doubt(end.uncertain, own)}`
    case 'uncertain':
      return `all else was paid${doubt(end.uncertain, own)}`
  }
}

/** Base units where the receiver does not say what it holds. */
export function money(amount: bigint, asset: Asset | undefined): string {
  return asset === undefined ? `${amount} base units` : formatMoney(amount, asset)
}

function doubt(uncertain: bigint, own: Asset): string {
  return uncertain === 0n ? '' : `, and of ${formatMoney(uncertain, own)} nobody says whether it arrived`
}

function seconds(ms: number): string {
  return `${ms / 1000} seconds`
}

/** ` (F02, unreachable, says test.hop)` */
function by(refusal: Refusal | undefined): string {
  if (refusal === undefined) return ''
  const { code, triggeredBy } = refusal
  const name = NAMES[code] === undefined ? '' : `, ${NAMES[code]}`
  return ` (${code}${name}${triggeredBy === '' ? '' : `, says ${triggeredBy}`})`
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
