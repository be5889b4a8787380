/** Exact ratios of amounts. Layer 4. */

/** `numerator / denominator`, of amounts: numerator at or above 0, denominator above 0. */
export interface Ratio {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** floor(amount × ratio) */
export function mulFloor(amount: bigint, { numerator, denominator }: Ratio): bigint {
  return (amount * numerator) / denominator
}

/** ceil(amount × ratio) */
export function mulCeil(amount: bigint, { numerator, denominator }: Ratio): bigint {
  return (amount * numerator + denominator - 1n) / denominator
}

/** ceil(amount ÷ ratio); the ratio is above 0. */
export function divCeil(amount: bigint, { numerator, denominator }: Ratio): bigint {
  return mulCeil(amount, { numerator: denominator, denominator: numerator })
}

/** ratio × (1 − part), for a part between 0 and 1. */
export function reduceBy({ numerator, denominator }: Ratio, part: Ratio): Ratio {
  return {
    numerator: numerator * (part.denominator - part.numerator),
    denominator: denominator * part.denominator,
  }
}

export function isLess(a: Ratio, b: Ratio): boolean {
  return a.numerator * b.denominator < b.numerator * a.denominator
}
