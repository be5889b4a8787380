/** Routes of the config: those that are set, and what peers and this node tell one another of routes. */
import { z } from 'zod'
import { prefix, secret } from './fields.ts'

export const route = z.strictObject({
  prefix,
  account: z.string(),
  /** Its share of the packets beside the others of the same prefix. */
  weight: z.int().positive().default(1),
})

/** What a peer is told, and how far it is heard. */
export const peerRouting = z.strictObject({
  sendRoutes: z.boolean().optional(),
  receiveRoutes: z.boolean().optional(),
  /** Most routes that are kept of the peer. */
  routesMax: z.int().positive().optional(),
  /** The peer's routes count below these prefixes only. */
  prefixes: z.array(prefix).optional(),
})

export const routing = z
  .strictObject({
    /** Of what this node says of its own prefixes. Default: another one at each start. */
    secret: secret.optional(),
    broadcastIntervalMs: z.int().positive().default(30_000),
    /** How long peers keep our routes when they hear nothing. */
    holdDownMs: z.int().positive().default(45_000),
    /** For all accounts of a relation; an account's own `routing` counts before it. */
    parent: peerRouting.default({}),
    peer: peerRouting.default({}),
    child: peerRouting.default({}),
  })
  .refine(
    ({ broadcastIntervalMs, holdDownMs }) => holdDownMs > broadcastIntervalMs,
    'holdDownMs must be above broadcastIntervalMs, or peers forget our routes between two broadcasts',
  )
