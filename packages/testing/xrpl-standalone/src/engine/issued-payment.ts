/**
 * Payment of issued currency over trust lines: holder to issuer, issuer to holder, holder to holder through the
 * issuer. No paths, no exchange, no transfer fee. Testing. Not judged by recordings.
 */
import { AccountFlag, hasFlag, type IssuedAmount } from '../state/entries.ts'
import { creditLine, type End, readEnd } from '../state/trust-lines.ts'
import { readAccount, type ReadView } from '../state/view.ts'
import { add, compareDecimals, type Decimal, formatDecimal, minimum, parseDecimal } from '../state/decimal.ts'
import type { PaymentFields } from './payment-fields.ts'
import { PARTIAL_PAYMENT } from './payment-fields.ts'
import type { Result } from './results.ts'
import type { Transaction } from './transaction.ts'
import type { ApplyContext } from './transaction-type.ts'

export function preflightIssued({ fields }: Transaction): Result {
  const {
    Account: account,
    Destination: destination,
    Amount,
    SendMax: most,
    DeliverMin: least,
  } = fields as PaymentFields
  const amount = Amount as IssuedAmount
  if (!isPositive(amount)) return 'temBAD_AMOUNT'
  if (amount.currency === 'XRP') return 'temBAD_CURRENCY'
  if (account === destination) return 'temREDUNDANT'
  // Another currency to pay with would need an order book.
  if (most !== undefined && (typeof most === 'string' || most.currency !== amount.currency))
    return 'temDISABLED'
  if (most !== undefined && !isPositive(most)) return 'temBAD_AMOUNT'
  if (least === undefined) return 'tesSUCCESS'
  return typeof least !== 'string' && isPositive(least) ? 'tesSUCCESS' : 'temBAD_AMOUNT'
}

function isPositive(amount: IssuedAmount): boolean {
  return parseDecimal(amount.value).mantissa > 0n
}

export function payIssued(context: ApplyContext): Result {
  const { view, transaction } = context
  const fields = transaction.fields as PaymentFields
  const amount = fields.Amount as IssuedAmount
  const destination = readAccount(view, fields.Destination)!
  if (hasFlag(destination, AccountFlag.depositAuth)) return 'tecNO_PERMISSION'
  const steps = stepsOf(view, fields, amount)
  if (steps === undefined) return 'tecPATH_DRY'
  const wanted = parseDecimal(amount.value)
  const most = fields.SendMax === undefined ? wanted : parseDecimal((fields.SendMax as IssuedAmount).value)
  const delivered = steps.map(capacity).reduce(minimum, minimum(wanted, most))
  if (delivered.mantissa <= 0n) return 'tecPATH_DRY'
  const isPartial = (transaction.flags & PARTIAL_PAYMENT) !== 0
  const least = isPartial
    ? parseDecimal((fields.DeliverMin as IssuedAmount | undefined)?.value ?? '0')
    : wanted
  if (compareDecimals(delivered, least) < 0) return 'tecPATH_PARTIAL'
  for (const { account, peer, currency } of steps)
    creditLine(view, readEnd(view, account, peer, currency)!, delivered)
  context.deliver({ ...amount, value: formatDecimal(delivered) })
  return 'tesSUCCESS'
}

/** The lines the money goes over, each seen from the end that sends. Undefined where one is missing or closed. */
function stepsOf(view: ReadView, fields: PaymentFields, amount: IssuedAmount): readonly End[] | undefined {
  const { Account: source, Destination: destination } = fields
  const { issuer, currency } = amount
  if (issuer === source || issuer === destination) {
    const line = readEnd(view, source, destination, currency)
    return line === undefined ? undefined : [line]
  }
  const toIssuer = readEnd(view, source, issuer, currency)
  const fromIssuer = readEnd(view, issuer, destination, currency)
  if (toIssuer === undefined || fromIssuer === undefined) return undefined
  // Through an account that wants no rippling on either line nothing passes.
  return toIssuer.peerNoRipple && fromIssuer.noRipple ? undefined : [toIssuer, fromIssuer]
}

/** What it holds of the other's, and what the other is willing to hold of its own. */
function capacity(sender: End): Decimal {
  return add(sender.balance, sender.peerLimit)
}
