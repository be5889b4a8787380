/** What fields of the config may hold. Amounts are decimal strings of base units: no parser makes a float of them. */
import { isAddress } from '@hourglass/ilp'
import { toRatio } from '@hourglass/connector'
import { decodeBtpUrl } from '@hourglass/link-btp/io'
import { decodePeerUrl } from '@hourglass/link-http/io'
import { z } from 'zod'

export const amount = z
  .string({ error: 'must be base units in quotes, such as "1000"' })
  .regex(/^\d+$/, 'must be base units: digits only')
  .transform(BigInt)

export const ratio = z
  .string({ error: 'must be text in quotes, such as "0.92" or "1/3000"' })
  .transform(decodedBy(toRatio))

/** A secret is written out, or named by environment variable or file, so that it need not stand in the config. */
export const secret = z.union(
  [
    z.string().min(1),
    z.strictObject({ env: z.string().min(1) }),
    z.strictObject({ file: z.string().min(1) }),
  ],
  { error: 'must be text, { env: NAME } or { file: path }' },
)

/** `btp+ws://user@host:port`; what is wrong with it is told without the token that may stand in it. */
export const btpUrl = z.string().transform(decodedBy(decodeBtpUrl))

/** `https://host:port/path`, told likewise. */
export const peerUrl = z.string().transform(decodedBy(decodePeerUrl))

export const port = z.int().min(0).max(65_535)
export const name = z.string().regex(/^[A-Za-z0-9_~-]+$/, 'may hold letters, digits, _, ~ and - only')

export const prefix = z
  .string()
  .refine(
    (text) => text === '' || isAddress(`${text}.x`),
    'must be the beginning of ILP addresses, such as "test.bolt", or "" for the default route',
  )

/** What `decode` makes of a text, or what it says is wrong with it. */
function decodedBy<T>(decode: (text: string) => T): (text: string, context: z.RefinementCtx<string>) => T {
  return (text, context) => {
    try {
      return decode(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
      return z.NEVER
    }
  }
}
