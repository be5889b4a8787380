/**
 * The connector's config file: YAML or JSON, checked whole before anything starts.
 * Amounts are decimal strings of base units, so that no parser ever makes a float of them.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ADDRESS_LENGTH_MAX, isAddress } from '@hourglass/ilp'
import { contradictionIn, toRatio } from '@hourglass/connector'
import { decodeBtpUrl } from '@hourglass/link-btp/io'
import { parse } from 'yaml'
import { z } from 'zod'

/** A config that cannot be used: says which file, which field and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const amount = z
  .string({ error: 'must be base units in quotes, such as "1000"' })
  .regex(/^\d+$/, 'must be base units: digits only')
  .transform(BigInt)

const ratio = z
  .string({ error: 'must be text in quotes, such as "0.92" or "1/3000"' })
  .transform((text, context) => {
    try {
      return toRatio(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
      return z.NEVER
    }
  })

/** A secret is written out, or named by environment variable or file, so that it need not stand in the config. */
const secret = z.union(
  [
    z.string().min(1),
    z.strictObject({ env: z.string().min(1) }),
    z.strictObject({ file: z.string().min(1) }),
  ],
  { error: 'must be text, { env: NAME } or { file: path }' },
)

/** `btp+ws://user@host:port`; what is wrong with it is told without the token that may stand in it. */
const btpUrl = z.string().transform((text, context) => {
  try {
    return decodeBtpUrl(text)
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
    return z.NEVER
  }
})

const port = z.int().min(0).max(65_535)
const name = z.string().regex(/^[A-Za-z0-9_~-]+$/, 'may hold letters, digits, _, ~ and - only')

const prefix = z
  .string()
  .refine(
    (text) => text === '' || isAddress(`${text}.x`),
    'must be the beginning of ILP addresses, such as "test.bolt", or "" for the default route',
  )

const link = z.discriminatedUnion('kind', [
  /** The peer connects to us and says this token. */
  z.strictObject({ kind: z.literal('btp-server'), token: secret }),
  /** We connect to the peer: `btp+ws://user@host:port`, the token apart from it. */
  z.strictObject({ kind: z.literal('btp-client'), url: btpUrl, token: secret }),
])

const channelSettlement = z.strictObject({
  kind: z.literal('channel'),
  /** Name under `ledgers`. */
  ledger: z.string(),
  /** What a channel of ours escrows at least, in the ledger's base units. */
  deposit: amount,
  /** What the peer's claims may add up to before they are redeemed, in the ledger's base units. */
  redeemThreshold: amount.optional(),
  /** The settle delay that we offer, and the least that we accept. */
  settleDelayMs: z.int().positive().default(86_400_000),
  settleDelayMsMin: z.int().positive().default(3_600_000),
  /** The most that we accept: ledgers may compute wrongly with delays beyond all reason. */
  settleDelayMsMax: z.int().positive().optional(),
  /** No claim waits longer for the ledger. Default: until the threshold, a close or `collect`. */
  redeemAfterMs: z.int().positive().optional(),
  /** What is not worth the fee of redeeming it, in the ledger's base units. Default 1. */
  redeemMin: amount.optional(),
})

const lightningSettlement = z.strictObject({
  kind: z.literal('lightning'),
  /** Name under `ledgers`. */
  ledger: z.string(),
  /** Capacity of a channel that we open where those there are carry too little, in satoshi. 0: none is opened. */
  channelSat: amount,
  /** The channels to this peer that we opened have no more in all. */
  budgetSat: amount,
  /** What stays in the node's wallet for what closing channels costs. */
  reserveSat: amount.optional(),
  /** With less of `channelSat` left to send, in percent, another channel is opened ahead of need. 0: none is. */
  refillPercent: z.int().min(0).max(100).optional(),
  /** How long the peer has to agree to closes once the peering has ended. */
  closePatienceMs: z.int().positive().optional(),
})

const settlement = z.discriminatedUnion('kind', [channelSettlement, lightningSettlement])

const account = z.strictObject({
  id: name,
  relation: z.enum(['peer', 'parent', 'child']),
  asset: z.strictObject({ code: z.string().min(1).max(20), scale: z.int().min(0).max(255) }),
  link,
  balance: z.strictObject({
    /** The most that the peer may owe us. */
    max: amount,
    /** The most that we may owe the peer. */
    payableMax: amount.optional(),
    /** Settle as soon as we owe as much; '1': each packet. */
    settleThreshold: amount.optional(),
    settleTo: amount.optional(),
    /** Pay the peer ahead: the most that it holds of ours for packets to come. */
    prepay: amount.optional(),
    /** What may be written off, in all, of packets whose Fulfill reached the peer too late. Default: nothing. */
    writeOffMax: amount.optional(),
  }),
  packetAmountMax: amount.optional(),
  packetsInFlightMax: z.int().positive().optional(),
  settlement: settlement.optional(),
})

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

const ledger = z.discriminatedUnion('kind', [evmLedger, xrpLedger, ldkLedger, lndLedger, clnLedger])

/** Which ways of settling each kind of ledger has. */
const SETTLEMENT_LEDGERS: Readonly<Record<SettlementConfig['kind'], readonly LedgerConfig['kind'][]>> = {
  channel: ['evm', 'xrpl'],
  lightning: ['ldk', 'lnd', 'cln'],
}

const journal = z.discriminatedUnion('kind', [
  /** `journal.sqlite` in `data`. */
  z.strictObject({ kind: z.literal('sqlite') }),
  /** `postgres://user:password@host:port/database`; several nodes may share one under names of their own. */
  z.strictObject({ kind: z.literal('postgres'), url: secret, name: name.default('node') }),
])

const schema = z.strictObject({
  /** This node's own ILP address. */
  address: z.string().refine(isAddress, `must be an ILP address of at most ${ADDRESS_LENGTH_MAX} characters`),
  /** Directory of what the node keeps; relative to the config file. */
  data: z.string().min(1),
  journal: journal.default({ kind: 'sqlite' }),
  /** `power` survives the loss of power, `process` the end of the process. */
  durability: z.enum(['process', 'power']).default('power'),
  /** Where peers of `btp-server` accounts connect. */
  listen: z.strictObject({ host: z.string().default('127.0.0.1'), port }).optional(),
  /** Where the operator asks; off unless given, and reachable from this machine only by default. */
  admin: z.strictObject({ host: z.string().default('127.0.0.1'), port: port.default(7780) }).optional(),
  ledgers: z.record(name, ledger).default({}),
  accounts: z.array(account).min(1),
  routes: z.array(z.strictObject({ prefix, account: z.string() })).default([]),
  rates: z.array(z.strictObject({ from: z.string(), to: z.string(), rate: ratio })).default([]),
  /** What the node keeps of each conversion. */
  spread: ratio.refine(({ numerator, denominator }) => numerator < denominator, 'must be below 1').optional(),
  /** Log each packet: for people who watch, too dear under load. */
  tracePackets: z.boolean().default(false),
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
})

export type Config = z.output<typeof schema>
export type ConfigInput = z.input<typeof schema>
export type AccountConfig = Config['accounts'][number]
export type LedgerConfig = Config['ledgers'][string]
export type SettlementConfig = NonNullable<AccountConfig['settlement']>
export type Secret = z.output<typeof secret>

/** @throws ConfigError */
export function loadConfig(file: string): Config {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`cannot read the config file ${file}: ${(error as Error).message}`)
  }
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    const [firstLine] = (error as Error).message.split('\n')
    throw new ConfigError(`${file} is neither YAML nor JSON: ${firstLine ?? ''}`)
  }
  const config = checkConfig(value, file)
  return { ...config, data: resolve(dirname(file), config.data) }
}

/** Checks a config's form and that its names fit together. @throws ConfigError that names `source`. */
export function checkConfig(value: unknown, source: string): Config {
  const result = schema.safeParse(value)
  if (!result.success) throw new ConfigError(`${source}: ${describeIssues(result.error)}`)
  const config = result.data
  const problems = config.accounts.flatMap((account, index) =>
    accountProblems(account, config).map((problem) => `accounts[${index}] (${account.id}): ${problem}`),
  )
  const ids = new Set(config.accounts.map(({ id }) => id))
  for (const [index, { account }] of config.routes.entries()) {
    if (!ids.has(account)) problems.push(`routes[${index}]: there is no account ${account}`)
  }
  if (ids.size < config.accounts.length) problems.push('accounts: two accounts have the same id')
  if (problems.length > 0) throw new ConfigError(`${source}: ${problems.join('; ')}`)
  return config
}

function accountProblems(account: AccountConfig, config: Config): string[] {
  const problems: string[] = []
  const { max: balanceMax, ...limits } = account.balance
  if (account.link.kind === 'btp-server' && config.listen === undefined) {
    problems.push('a btp-server link needs "listen"')
  }
  if (account.settlement !== undefined) problems.push(...settlementProblems(account.settlement, config))
  for (const name of ['settleThreshold', 'prepay'] as const) {
    if (account.settlement === undefined && limits[name] !== undefined) {
      problems.push(`balance.${name} needs a "settlement"`)
    }
  }
  const contradiction = contradictionIn({ balanceMax, ...limits })
  if (contradiction !== undefined) problems.push(`balance: ${contradiction}`)
  return problems
}

function settlementProblems(settlement: SettlementConfig, { ledgers }: Config): string[] {
  const { kind, ledger: ledgerName } = settlement
  const chosen = ledgers[ledgerName]
  if (chosen === undefined) return [`settlement.ledger: there is no ledger ${ledgerName}`]
  const problems: string[] = []
  const kinds = SETTLEMENT_LEDGERS[kind]
  if (!kinds.includes(chosen.kind)) {
    const right = kinds.join(' or ')
    problems.push(
      `settlement.ledger: ${kind} settles on a ledger of kind ${right}, and ${ledgerName} is ${chosen.kind}`,
    )
  }
  if (kind === 'lightning' && settlement.budgetSat < settlement.channelSat) {
    problems.push('settlement.channelSat must not be above settlement.budgetSat')
  }
  return problems
}

function describeIssues(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => `${path.length === 0 ? 'the file' : describePath(path)}: ${message}`)
    .join('; ')
}

function describePath(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`))
    .join('')
}

/** The secret itself. @throws ConfigError that names where it should have been. */
export function readSecret(value: Secret, purpose: string): string {
  if (typeof value === 'string') return value
  if ('env' in value) {
    const found = process.env[value.env]
    if (found === undefined || found === '') {
      throw new ConfigError(`${purpose}: set the environment variable ${value.env}`)
    }
    return found
  }
  try {
    return readFileSync(value.file, 'utf8').trim()
  } catch (error) {
    throw new ConfigError(`${purpose}: cannot read ${value.file}: ${(error as Error).message}`)
  }
}
