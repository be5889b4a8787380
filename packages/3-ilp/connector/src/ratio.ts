/**
 * Exact ratios, and how amounts are rounded by them. Layer 3, connector.
 * Amounts are rounded down once, at the end, which never favours the payer.
 */
import type { Gains } from '@hourglass/books'
import { type Instant, UsageError } from '@hourglass/sansio'

/** `numerator / denominator`, both above 0. */
export interface Ratio {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** How one account's units become another's. */
export interface Conversion {
  /** What is delivered for each unit taken. */
  readonly ratio: Ratio
  /** The same without the node's spread. */
  readonly mid: Ratio
  /** From then on nobody vouches for it any more (CONN-30). */
  readonly freshUntil: Instant
}

/** Reads `3`, `0.0004` or `1/3000`. */
export function toRatio(text: string): Ratio {
  const fraction = /^(\d+)\/(\d+)$/.exec(text)
  const decimal = /^(\d+)(?:\.(\d+))?$/.exec(text)
  let ratio: Ratio | undefined
  if (fraction !== null) {
    ratio = { numerator: BigInt(fraction[1]!), denominator: BigInt(fraction[2]!) }
  } else if (decimal !== null) {
    const decimals = decimal[2] ?? ''
    ratio = { numerator: BigInt(decimal[1]! + decimals), denominator: 10n ** BigInt(decimals.length) }
  }
  if (ratio === undefined || ratio.numerator === 0n || ratio.denominator === 0n) {
    throw new UsageError(`rate ${JSON.stringify(text)} is no positive decimal (0.92) or fraction (1/3000)`)
  }
  return ratio
}

/** floor(amount × ratio). */
export function mulFloor(amount: bigint, ratio: Ratio): bigint {
  return ratio.numerator === ratio.denominator ? amount : (amount * ratio.numerator) / ratio.denominator
}

/** floor(amount ÷ ratio). */
export function divFloor(amount: bigint, ratio: Ratio): bigint {
  return mulFloor(amount, invert(ratio))
}

/** ceil(amount ÷ ratio). */
function divCeil(amount: bigint, { numerator, denominator }: Ratio): bigint {
  return numerator === denominator ? amount : (amount * denominator + numerator - 1n) / numerator
}

/**
 * What `incoming` was more than needed to deliver `outgoing`, in whole units of the source: by the spread, and by
 * rounding down. What is less than a unit stays with what was exchanged.
 */
export function gainsOf(
  incoming: bigint,
  outgoing: bigint,
  { ratio, mid }: Pick<Conversion, 'ratio' | 'mid'>,
): Gains {
  const needed = divCeil(outgoing, ratio)
  return { spread: ratio === mid ? 0n : needed - divCeil(outgoing, mid), rounding: incoming - needed }
}

export const UNITY: Ratio = { numerator: 1n, denominator: 1n }

export function invert({ numerator, denominator }: Ratio): Ratio {
  return { numerator: denominator, denominator: numerator }
}

/** In lowest terms. */
export function multiply(a: Ratio, b: Ratio): Ratio {
  return reduce({ numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator })
}

/** 10^exponent */
export function powerOfTen(exponent: number): Ratio {
  const power = 10n ** BigInt(Math.abs(exponent))
  return exponent >= 0 ? { numerator: power, denominator: 1n } : { numerator: 1n, denominator: power }
}

function reduce({ numerator, denominator }: Ratio): Ratio {
  let [a, b] = [numerator, denominator]
  while (b !== 0n) [a, b] = [b, a % b]
  return { numerator: numerator / a, denominator: denominator / a }
}
