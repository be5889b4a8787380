/**
 * What a source of rates says, in a file or over HTTP:
 *
 *   { "base": "USD", "rates": { "EUR": "0.92", "ETH": "1/3000" }, "at": "2026-01-01T00:00:00Z" }
 *
 * One `base` is so many of each code; whole assets, not base units. `at` may be left out: then it is of now.
 */
import { type RateTable, type Ratio, toRatio } from '@hourglass/connector'
import { z } from 'zod'

/** More than there are currencies. */
const CODES_MAX = 1000

const rate = z.union([z.string().max(80), z.number()]).transform((value, context): Ratio => {
  try {
    // A number is the decimal that it was written as; those that JavaScript writes with an exponent are refused.
    return toRatio(String(value))
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
    return z.NEVER
  }
})

const schema = z.object({
  base: z.string().min(1),
  rates: z
    .record(z.string().min(1), rate)
    .refine((rates) => Object.keys(rates).length <= CODES_MAX, `more than ${CODES_MAX} codes`),
  at: z.iso.datetime({ offset: true }).optional(),
})

/** The table, good for `staleAfterMs` from when it was made. Throws an Error that says what is wrong with the text. */
export function readRateDocument(text: string, staleAfterMs: number, now: number): RateTable {
  const result = schema.safeParse(JSON.parse(text))
  if (!result.success) {
    const [issue] = result.error.issues
    throw new Error(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is no table of rates'}`)
  }
  const { base, rates, at } = result.data
  // A source whose clock is ahead is not believed for longer.
  const since = at === undefined ? now : Math.min(Date.parse(at), now)
  return { base, rates: new Map(Object.entries(rates)), freshUntil: since + staleAfterMs }
}
