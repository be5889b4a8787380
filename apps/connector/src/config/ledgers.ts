/** Ledgers of the config: where its accounts settle. */
import { z } from 'zod'
import { port, secret } from './fields.ts'

const evmLedger = z.strictObject({
  kind: z.literal('evm'),
  rpcUrl: z.url({ protocol: /^https?$/ }),
  privateKey: secret,
  /** PayChan; default: where `hourglass-connector deploy` puts it on every chain. */
  contract: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, 'must be a contract address: 0x and 40 hex digits')
    .optional(),
  /** When a change on the chain counts: its own word for final, or so many blocks, its own included. */
  confirmations: z
    .union([z.literal('finalized'), z.literal('safe'), z.int().positive()])
    .default('finalized'),
  pollMs: z.int().positive().default(2000),
})

const xrpLedger = z.strictObject({
  kind: z.literal('xrpl'),
  url: z.url({ protocol: /^wss?$/ }),
  /** Seed of the account's key, `s…`. */
  seed: secret,
  /** Seed of the key that signs claims; default: one that follows from the account's. */
  claimSeed: secret.optional(),
})

const bitcoinNetwork = z.enum(['regtest', 'signet', 'testnet', 'bitcoin'])

/** A Lightning node of LDK's, run by us in a process of its own. */
const ldkLedger = z.strictObject({
  kind: z.literal('ldk'),
  network: bitcoinNetwork,
  /** 64 hex digits: whoever has them has the money. */
  seed: secret,
  /** Bitcoin Core's JSON-RPC, `http://user:password@host:port`: a secret, since the password stands in it. */
  rpcUrl: secret,
  /** Where nodes of peers connect. */
  host: z.string().default('127.0.0.1'),
  port: port.default(9735),
  pollMs: z.int().positive().default(5000),
  /** Needed for `bitcoin`: the LDK that npm has lacks a fix against theft by a malicious peer. */
  acceptsTheftByPeers: z.boolean().default(false),
})

const daemon = {
  network: bitcoinNetwork,
  /** `https://host:port` of its REST interface. */
  url: z.url({ protocol: /^https?$/ }),
  /** Its certificate in PEM, or that of who has signed it; default: the authorities that Node knows. */
  tlsCertificate: secret.optional(),
  /** Where peers' nodes reach it; default: what it announces. */
  peerAddress: z.strictObject({ host: z.string().min(1), port }).optional(),
}

/** Nodes that are run by LND or Core Lightning. */
const lndLedger = z.strictObject({ kind: z.literal('lnd'), ...daemon, macaroon: secret })
const clnLedger = z.strictObject({ kind: z.literal('cln'), ...daemon, rune: secret })

export const ledger = z.discriminatedUnion('kind', [evmLedger, xrpLedger, ldkLedger, lndLedger, clnLedger])
