/** Amounts as people write them, and base units: exact both ways, never a float. */
import { AMOUNT_MAX } from '@hourglass/ilp'
import type { Ratio } from '@hourglass/stream'

export interface Asset {
  /** `USD`, `ETH`, … */
  readonly code: string
  /** Base units per 1: 10^scale. */
  readonly scale: number
}

/** An amount that is not what it should be; the message says why and what would be right. */
export class AmountError extends Error {
  override readonly name = 'AmountError'
}

/** A number as people write it, not yet of any asset. */
export interface Decimal {
  readonly text: string
  readonly whole: string
  /** Without zeros at the end. */
  readonly decimals: string
}

/** Reads digits with or without a point; no sign, no exponent. @throws AmountError */
export function decodeDecimal(text: string): Decimal {
  const match = DECIMAL.exec(text)
  if (match === null) {
    throw new AmountError(`"${text}" is no amount: write digits and maybe a point, such as 10.50`)
  }
  const [, whole = '', decimals = ''] = match
  return { text, whole, decimals: decimals.replace(/0+$/, '') }
}

/** `10.00` at scale 2 is 1000 base units. More decimals than the scale are refused, not rounded. @throws AmountError */
export function toBaseUnits({ text, whole, decimals }: Decimal, asset: Asset): bigint {
  if (decimals.length > asset.scale) {
    throw new AmountError(`${text} has more decimals than ${asset.code} has here: at most ${asset.scale}`)
  }
  const amount = BigInt(whole + decimals.padEnd(asset.scale, '0'))
  if (amount === 0n) throw new AmountError(`${text} ${asset.code} is nothing: pay more than 0`)
  if (amount > AMOUNT_MAX) {
    throw new AmountError(`${text} ${asset.code} is too much: at most ${formatAmount(AMOUNT_MAX, asset)}`)
  }
  return amount
}

/** `1.5` percent is 3/200, exactly: a part between 0 and 1. @throws AmountError */
export function decodePercent(text: string): Ratio {
  const { whole, decimals } = decodeDecimal(text)
  const part = { numerator: BigInt(whole + decimals), denominator: 100n * 10n ** BigInt(decimals.length) }
  if (part.numerator < part.denominator) return part
  throw new AmountError(`${text} percent would give all away: write less than 100`)
}

/** 1000 base units at scale 2 are `10.00`, with all decimals. */
function formatAmount(amount: bigint, { scale }: Asset): string {
  const digits = String(amount < 0n ? -amount : amount).padStart(scale + 1, '0')
  const point = digits.length - scale
  const decimals = scale === 0 ? '' : `.${digits.slice(point)}`
  return `${amount < 0n ? '-' : ''}${digits.slice(0, point)}${decimals}`
}

/** With the asset behind it, and without the zeros of a fine scale: `0.5 ETH`, `10.00 USD`. */
export function formatMoney(amount: bigint, asset: Asset): string {
  const [whole = '', decimals = ''] = formatAmount(amount, asset).split('.')
  const shown = decimals.replace(/0+$/, '').padEnd(Math.min(decimals.length, DECIMALS_SHOWN_MIN), '0')
  return `${whole}${shown === '' ? '' : `.${shown}`} ${asset.code}`
}

/** How much of one asset 1 of the other buys, to six digits, cut off: `0.91954`. Undefined where nothing is sent. */
export function formatRate(sent: Money, delivered: Money): string | undefined {
  if (sent.amount === 0n) return undefined
  const numerator = delivered.amount * 10n ** BigInt(sent.asset.scale)
  const denominator = sent.amount * 10n ** BigInt(delivered.asset.scale)
  const atScale = (scale: number): bigint => (numerator * 10n ** BigInt(scale)) / denominator
  let scale = 0
  while (scale < RATE_SCALE_MAX && atScale(scale) < RATE_SIX_DIGITS) scale++
  const text = formatAmount(atScale(scale), { code: '', scale })
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

export interface Money {
  readonly amount: bigint
  readonly asset: Asset
}

const DECIMAL = /^(\d{1,40})(?:\.(\d{1,255}))?$/
const DECIMALS_SHOWN_MIN = 2
const RATE_SIX_DIGITS = 100_000n
/** Even a rate of wei to whole tokens shows digits. */
const RATE_SCALE_MAX = 30
