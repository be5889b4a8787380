/**
 * What one account's units are worth in another's: quotes of the operator, tables of sources, spreads. Layer 3,
 * connector. A source may fall silent: its rates are good for a while and not for longer (CONN-30, SEC-40).
 */
import type { Asset } from '@hourglass/books'
import { type Instant, UsageError } from '@hourglass/sansio'
import { type Conversion, type Ratio, UNITY, invert, multiply, powerOfTen } from './ratio.ts'

/** How many `to` one `from` buys: whole assets, not base units. A pair serves both directions. */
export interface RateQuote {
  readonly from: string
  readonly to: string
  readonly rate: Ratio
}

/** What a source says: for one `base`, so many of each code. */
export interface RateTable {
  readonly base: string
  readonly rates: ReadonlyMap<string, Ratio>
  readonly freshUntil: Instant
}

/** What the node keeps of conversions between these accounts, 0 … 1, exclusive; without a name: any. */
export interface PairSpread {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly spread: Ratio
}

export interface RateOptions {
  /** Those of the operator: good for ever, and before those of any source. */
  readonly rates: readonly RateQuote[]
  /** What the node keeps of each conversion between two asset codes. */
  readonly spread?: Ratio | undefined
  /** The first that fits counts, instead of `spread`, also where both accounts have one asset code. */
  readonly spreads?: readonly PairSpread[] | undefined
}

/** One side of a conversion. */
interface Side {
  readonly id: string
  readonly asset: Asset
}

interface Quote {
  readonly ratio: Ratio
  readonly freshUntil: Instant
}

export class Rates {
  readonly #options: RateOptions
  readonly #fixed = new Map<string, Ratio>()
  /** By the rank of their sources: the lowest is asked first. */
  #tables: readonly (readonly [number, RateTable])[] = []

  /** @throws UsageError */
  constructor(options: RateOptions) {
    const contradiction = contradictionInRates(options)
    if (contradiction !== undefined) throw new UsageError(contradiction)
    this.#options = options
    for (const { from, to, rate } of options.rates) {
      this.#fixed.set(pairKey(from, to), rate)
      const inverse = pairKey(to, from)
      if (!this.#fixed.has(inverse)) this.#fixed.set(inverse, invert(rate))
    }
  }

  /** The same sources with what the operator says now. @throws UsageError */
  changed(options: RateOptions): Rates {
    const rates = new Rates(options)
    rates.#tables = this.#tables
    return rates
  }

  /** The source of that rank has spoken. */
  learn(rank: number, table: RateTable): void {
    const others = this.#tables.filter(([other]) => other !== rank)
    this.#tables = [...others, [rank, table] as const].sort(([a], [b]) => a - b)
  }

  /** Destination base units per source base unit. Undefined where no quote joins the two assets. */
  between(source: Side, destination: Side, now: Instant): Conversion | undefined {
    const [from, to] = [source.asset, destination.asset]
    const quote = this.#quote(from.code, to.code, now)
    if (quote === undefined) return undefined
    const { freshUntil } = quote
    const mid = multiply(quote.ratio, powerOfTen(to.scale - from.scale))
    const spread = this.#spread(source, destination)
    if (spread === undefined || spread.numerator === 0n) return { ratio: mid, mid, freshUntil }
    const kept = { numerator: spread.denominator - spread.numerator, denominator: spread.denominator }
    return { ratio: multiply(mid, kept), mid, freshUntil }
  }

  /** A fresh one where there is one. */
  #quote(from: string, to: string, now: Instant): Quote | undefined {
    if (from === to) return { ratio: UNITY, freshUntil: Infinity }
    const fixed = this.#fixed.get(pairKey(from, to))
    if (fixed !== undefined) return { ratio: fixed, freshUntil: Infinity }
    let stale: Quote | undefined
    for (const [, table] of this.#tables) {
      const ratio = crossRate(table, from, to)
      if (ratio === undefined) continue
      const quote = { ratio, freshUntil: table.freshUntil }
      if (now < quote.freshUntil) return quote
      stale ??= quote
    }
    return stale
  }

  #spread(source: Side, destination: Side): Ratio | undefined {
    const { spread, spreads = [] } = this.#options
    const own = spreads.find(
      ({ from = source.id, to = destination.id }) => from === source.id && to === destination.id,
    )
    if (own !== undefined) return own.spread
    return source.asset.code === destination.asset.code ? undefined : spread
  }
}

/** Why rates cannot be meant together; undefined: they can. */
export function contradictionInRates({ rates, spread, spreads = [] }: RateOptions): string | undefined {
  const shares = [...spreads.map((each) => each.spread), ...(spread === undefined ? [] : [spread])]
  if (shares.some(({ numerator, denominator }) => numerator >= denominator)) return 'a spread is below 1'
  const quoted = new Map(rates.map(({ from, to, rate }) => [pairKey(from, to), rate]))
  for (const { from, to, rate } of rates) {
    const back = quoted.get(pairKey(to, from))
    if (back === undefined) continue
    const round = multiply(rate, back)
    if (round.numerator > round.denominator) return `who changes ${from} to ${to} and back gains by it`
  }
  return undefined
}

/** How many `to` one `from` is, over the base of the table. */
function crossRate({ base, rates }: RateTable, from: string, to: string): Ratio | undefined {
  const ofBase = (code: string): Ratio | undefined => (code === base ? UNITY : rates.get(code))
  const [source, destination] = [ofBase(from), ofBase(to)]
  return source && destination && multiply(destination, invert(source))
}

function pairKey(from: string, to: string): string {
  return `${from}\n${to}`
}
