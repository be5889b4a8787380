/**
 * Issued amounts are decimals of at most 16 digits, far larger and smaller than any integer here. Testing.
 * Computed exactly, then rounded to nearest, ties to even, as the network's own number type does.
 */

/** `mantissa` times ten to the power of `exponent`; zero is 0 with exponent 0. */
export interface Decimal {
  readonly mantissa: bigint
  readonly exponent: number
}

const DIGITS_MAX = 16
const ZERO: Decimal = { mantissa: 0n, exponent: 0 }

/** @param text as the codec writes amounts: `-1`, `0.5`, `1e20` */
export function parseDecimal(text: string): Decimal {
  const parts = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (parts === null) throw new RangeError(`No decimal: ${text}`)
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts
  const mantissa = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
  return round({ mantissa, exponent: Number(exponent) - fraction.length })
}

/** Plain where the server writes it plainly, else as mantissa and exponent. */
export function formatDecimal(value: Decimal): string {
  if (value.mantissa === 0n) return '0'
  const sign = value.mantissa < 0n ? '-' : ''
  const digits = magnitude(value.mantissa).toString()
  // The server keeps all mantissas at sixteen digits; the exponent then decides.
  const exponent = value.exponent - (DIGITS_MAX - digits.length)
  if (exponent < -25 || exponent > -5) return `${sign}${digits.padEnd(DIGITS_MAX, '0')}e${String(exponent)}`
  if (value.exponent >= 0) return `${sign}${digits}${'0'.repeat(value.exponent)}`
  const padded = digits.padStart(1 - value.exponent, '0')
  return `${sign}${padded.slice(0, value.exponent)}.${padded.slice(value.exponent)}`
}

export function add(left: Decimal, right: Decimal): Decimal {
  const exponent = Math.min(left.exponent, right.exponent)
  return round({ mantissa: scaleTo(left, exponent) + scaleTo(right, exponent), exponent })
}

export function negate(value: Decimal): Decimal {
  return { mantissa: -value.mantissa, exponent: value.exponent }
}

export function subtract(left: Decimal, right: Decimal): Decimal {
  return add(left, negate(right))
}

/** Negative, 0 or positive. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const { mantissa } = subtract(left, right)
  return mantissa < 0n ? -1 : Number(mantissa > 0n)
}

export function minimum(left: Decimal, right: Decimal): Decimal {
  return compareDecimals(left, right) <= 0 ? left : right
}

function scaleTo(value: Decimal, exponent: number): bigint {
  return value.mantissa * 10n ** BigInt(value.exponent - exponent)
}

/** To sixteen digits, without zeros at the end. */
function round(value: Decimal): Decimal {
  if (value.mantissa === 0n) return ZERO
  let { mantissa, exponent } = value
  const excess = magnitude(mantissa).toString().length - DIGITS_MAX
  if (excess > 0) {
    mantissa = divideToEven(mantissa, 10n ** BigInt(excess))
    exponent += excess
  }
  while (mantissa % 10n === 0n) {
    mantissa /= 10n
    exponent += 1
  }
  return { mantissa, exponent }
}

function divideToEven(value: bigint, divisor: bigint): bigint {
  const size = magnitude(value)
  const twice = (size % divisor) * 2n
  const down = size / divisor
  const up = twice > divisor || (twice === divisor && down % 2n === 1n)
  return (value < 0n ? -1n : 1n) * (up ? down + 1n : down)
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value
}
