/** Plugins of the config: ledger plugins of version 2, as npm has them, for links and for settling. */
import { z } from 'zod'
import { secret } from './fields.ts'

/** The plugin is the way to the peer. */
export const pluginLink = z.strictObject({
  kind: z.literal('plugin'),
  /** A package's name, or a path, as seen from `plugins`. */
  module: z.string().min(1),
  /** For its constructor: the plugin's own matter. */
  options: z.record(z.string(), z.unknown()).default({}),
  /** More of them, as JSON: what of the options is secret. */
  secretOptions: secret.optional(),
})

/** The account's plugin is told to send money, and believed that money came in. */
export const pluginSettlement = z.strictObject({ kind: z.literal('plugin') })
