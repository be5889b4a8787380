/**
 * Exact exchange rates between accounts. Layer 3, connector.
 * A rate is a ratio of bigints; amounts are rounded down once, at the end, which never favours the payer.
 */
import { UsageError, assert } from '@hourglass/sansio'
import type { Asset, Gains } from '@hourglass/books'

/** `numerator / denominator`, both above 0. */
export interface Ratio {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** How many `to` one `from` buys: whole assets, not base units. A pair serves both directions. */
export interface RateQuote {
  readonly from: string
  readonly to: string
  readonly rate: Ratio
}

/** How one account's units become another's. */
export interface Conversion {
  /** What is delivered for each unit taken. */
  readonly ratio: Ratio
  /** The same without the node's spread. */
  readonly mid: Ratio
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
  return mulFloor(amount, { numerator: ratio.denominator, denominator: ratio.numerator })
}

/** ceil(amount ÷ ratio). */
function divCeil(amount: bigint, { numerator, denominator }: Ratio): bigint {
  return numerator === denominator ? amount : (amount * denominator + numerator - 1n) / numerator
}

/**
 * What `incoming` was more than needed to deliver `outgoing`, in whole units of the source: by the spread, and by
 * rounding down. What is less than a unit stays with what was exchanged.
 */
export function gainsOf(incoming: bigint, outgoing: bigint, { ratio, mid }: Conversion): Gains {
  const needed = divCeil(outgoing, ratio)
  return { spread: ratio === mid ? 0n : needed - divCeil(outgoing, mid), rounding: incoming - needed }
}

/** The rates of one node, from the quotes that its operator gave. */
export class Rates {
  readonly #quotes = new Map<string, Ratio>()
  readonly #keep: Ratio

  /** `spread` is what the node keeps of each conversion between two asset codes: 0 … 1, exclusive. */
  constructor(quotes: readonly RateQuote[], spread: Ratio | undefined) {
    assert(spread === undefined || spread.numerator < spread.denominator, 'the spread is below 1')
    this.#keep =
      spread === undefined
        ? { numerator: 1n, denominator: 1n }
        : { numerator: spread.denominator - spread.numerator, denominator: spread.denominator }
    for (const { from, to, rate } of quotes) {
      this.#quotes.set(pairKey(from, to), rate)
      const inverse = pairKey(to, from)
      if (!this.#quotes.has(inverse)) {
        this.#quotes.set(inverse, { numerator: rate.denominator, denominator: rate.numerator })
      }
    }
  }

  /** Destination base units per source base unit. Undefined where no quote joins the two assets. */
  between(source: Asset, destination: Asset): Conversion | undefined {
    const sameCode = source.code === destination.code
    const quote = sameCode ? UNITY : this.#quotes.get(pairKey(source.code, destination.code))
    if (quote === undefined) return undefined
    const scaling = BigInt(destination.scale - source.scale)
    const [up, down] = scaling >= 0n ? [10n ** scaling, 1n] : [1n, 10n ** -scaling]
    const mid = reduce({ numerator: quote.numerator * up, denominator: quote.denominator * down })
    const keep = this.#keep
    if (sameCode || keep.numerator === keep.denominator) return { ratio: mid, mid }
    const numerator = mid.numerator * keep.numerator
    return { ratio: reduce({ numerator, denominator: mid.denominator * keep.denominator }), mid }
  }
}

const UNITY: Ratio = { numerator: 1n, denominator: 1n }

function pairKey(from: string, to: string): string {
  return `${from}\n${to}`
}

function reduce({ numerator, denominator }: Ratio): Ratio {
  let [a, b] = [numerator, denominator]
  while (b !== 0n) [a, b] = [b, a % b]
  return { numerator: numerator / a, denominator: denominator / a }
}
