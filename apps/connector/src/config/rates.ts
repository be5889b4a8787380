/** Where the node has its rates from, and what it keeps of conversions. */
import { z } from 'zod'
import { name, ratio } from './fields.ts'

/** Rates that nobody has confirmed for so many refreshes are not used any more. */
const REFRESHES_MISSED_MAX = 5

const refreshing = {
  refreshMs: z.int().min(100).default(60_000),
  /** Older rates are not used: packets wait for new ones. Default: five times `refreshMs`. */
  staleAfterMs: z.int().positive().optional(),
}

const source = z
  .discriminatedUnion('kind', [
    /** A file that something else writes. */
    z.strictObject({ kind: z.literal('file'), path: z.string().min(1), ...refreshing }),
    /** GET gives the same document. */
    z.strictObject({ kind: z.literal('http'), url: z.url({ protocol: /^https?$/ }), ...refreshing }),
  ])
  .transform(({ staleAfterMs, ...rest }) => ({
    ...rest,
    staleAfterMs: staleAfterMs ?? REFRESHES_MISSED_MAX * rest.refreshMs,
  }))

export const rates = {
  /** Pairs that the operator fixes; they go before those of any source. */
  rates: z.array(z.strictObject({ from: z.string(), to: z.string(), rate: ratio })).default([]),
  /** The first that knows both assets counts. */
  rateSources: z.array(source).default([]),
  /** What the node keeps of each conversion. */
  spread: share().optional(),
  /** What it keeps between these accounts instead; the first that fits counts. */
  spreads: z
    .array(z.strictObject({ from: name.optional(), to: name.optional(), spread: share() }))
    .default([]),
}

function share() {
  const none = z.literal('0').transform(() => ({ numerator: 0n, denominator: 1n }))
  return z.union([
    none,
    ratio.refine(({ numerator, denominator }) => numerator < denominator, 'must be below 1'),
  ])
}
