/**
 * The connector's config file: YAML or JSON, checked whole before anything starts.
 * Amounts are decimal strings of base units, so that no parser ever makes a float of them.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ADDRESS_LENGTH_MAX, isAddress } from '@hourglass/ilp'
import { contradictionIn, contradictionInRates } from '@hourglass/connector'
import { parse } from 'yaml'
import { z } from 'zod'
import { account, children } from './config/accounts.ts'
import { name, port, secret } from './config/fields.ts'
import { ledger } from './config/ledgers.ts'
import { rates } from './config/rates.ts'
import { route, routing } from './config/routing.ts'

/** A config that cannot be used: says which file, which field and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Which ways of settling each kind of ledger has. */
const SETTLEMENT_LEDGERS: Readonly<Record<LedgerSettlementConfig['kind'], readonly LedgerConfig['kind'][]>> =
  {
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
  /** This node's own ILP address; where it is not given, the first account that is a parent says it. */
  address: z
    .string()
    .refine(isAddress, `must be an ILP address of at most ${ADDRESS_LENGTH_MAX} characters`)
    .optional(),
  /** Directory of what the node keeps; relative to the config file. */
  data: z.string().min(1),
  journal: journal.default({ kind: 'sqlite' }),
  /** Where the modules of `plugin` links are installed; relative to the config file. */
  plugins: z.string().min(1).default('.'),
  /** `power` survives the loss of power, `process` the end of the process. */
  durability: z.enum(['process', 'power']).default('power'),
  /** Where peers of `btp-server` and `http` accounts connect. */
  listen: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port,
      /** Web pages that may connect (BTP-54). */
      origins: z.array(z.string()).default([]),
      /** In PEM. Without it the port is for this machine, or for a proxy in front of it. */
      tls: z.strictObject({ certificate: secret, key: secret }).optional(),
    })
    .optional(),
  /** Where the operator asks; off unless given, and reachable from this machine only by default. */
  admin: z.strictObject({ host: z.string().default('127.0.0.1'), port: port.default(7780) }).optional(),
  ledgers: z.record(name, ledger).default({}),
  accounts: z.array(account),
  children: children.optional(),
  routes: z.array(route).default([]),
  /** Routes are exchanged with peers. Without it the routes are those above. */
  routing: routing.optional(),
  ...rates,
  /** How long a stop waits for packets in flight. What is open then stays held, and is reconciled. */
  stopPatienceMs: z.int().min(0).default(5000),
  /** Log each packet: for people who watch, too dear under load. */
  tracePackets: z.boolean().default(false),
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
})

export type Config = z.output<typeof schema>
export type ConfigInput = z.input<typeof schema>
export type AccountConfig = Config['accounts'][number]
export type LedgerConfig = Config['ledgers'][string]
export type SettlementConfig = NonNullable<AccountConfig['settlement']>
/** Those that settle on a ledger of the config. */
export type LedgerSettlementConfig = Extract<SettlementConfig, { ledger: string }>
export type ChildrenConfig = NonNullable<Config['children']>
export type Secret = z.output<typeof secret>

/** @throws ConfigError */
export function loadConfig(file: string): Config {
  return configOf(readConfigFile(file), file, dirname(file))
}

/** What stands in the file, unchecked. @throws ConfigError */
export function readConfigFile(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`cannot read the config file ${file}: ${(error as Error).message}`)
  }
  try {
    return parse(text) as unknown
  } catch (error) {
    const [firstLine] = (error as Error).message.split('\n')
    throw new ConfigError(`${file} is neither YAML nor JSON: ${firstLine ?? ''}`)
  }
}

/** The config whose paths are relative to `directory`. @throws ConfigError that names `source` */
export function configOf(value: unknown, source: string, directory: string): Config {
  const config = checkConfig(value, source)
  const rateSources = config.rateSources.map((each) =>
    each.kind === 'file' ? { ...each, path: resolve(directory, each.path) } : each,
  )
  const [data, plugins] = [config.data, config.plugins].map((path) => resolve(directory, path)) as [
    string,
    string,
  ]
  return { ...config, data, plugins, rateSources }
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
  for (const [index, { from, to }] of config.spreads.entries()) {
    const unknown = [from, to].find((id) => id !== undefined && !ids.has(id))
    if (unknown !== undefined) problems.push(`spreads[${index}]: there is no account ${unknown}`)
  }
  const contradiction = contradictionInRates(config)
  if (contradiction !== undefined) problems.push(`rates: ${contradiction}`)
  if (config.address === undefined && !config.accounts.some(({ relation }) => relation === 'parent')) {
    problems.push('address: only a node with a parent may go without one')
  }
  if (config.children !== undefined) problems.push(...childrenProblems(config.children, config))
  else if (ids.size === 0) problems.push('accounts: there is none')
  if (ids.size < config.accounts.length) problems.push('accounts: two accounts have the same id')
  if (problems.length > 0) throw new ConfigError(`${source}: ${problems.join('; ')}`)
  return config
}

function accountProblems(account: AccountConfig, config: Config): string[] {
  const problems: string[] = []
  const { max: balanceMax, ...limits } = account.balance
  const { kind } = account.link
  if ((kind === 'btp-server' || kind === 'http') && config.listen === undefined) {
    problems.push(`a link of kind ${kind} needs "listen"`)
  }
  if (account.settlement !== undefined)
    problems.push(...settlementProblems(account.settlement, account, config))
  for (const name of ['settleThreshold', 'prepay'] as const) {
    if (account.settlement === undefined && limits[name] !== undefined) {
      problems.push(`balance.${name} needs a "settlement"`)
    }
  }
  if (account.routing !== undefined && config.routing === undefined) {
    problems.push('routing: no routes are exchanged without "routing" beside "accounts"')
  }
  const contradiction = contradictionIn({ balanceMax, ...limits })
  if (contradiction !== undefined) problems.push(`balance: ${contradiction}`)
  return problems
}

function childrenProblems({ name: childrenName }: ChildrenConfig, { accounts, listen }: Config): string[] {
  const problems: string[] = []
  if (listen === undefined) problems.push('children need "listen"')
  if (accounts.some(({ id }) => id === childrenName)) {
    problems.push(`children.name: there is an account ${childrenName}, which has that address`)
  }
  return problems
}

function settlementProblems(
  settlement: SettlementConfig,
  { link }: AccountConfig,
  { ledgers }: Config,
): string[] {
  if (settlement.kind === 'plugin') {
    return link.kind === 'plugin' ? [] : ['settlement: a plugin settles where the link is that plugin']
  }
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

/** A secret that goes into a header of HTTP. @throws ConfigError */
export function readHttpToken(value: Secret, purpose: string): string {
  const token = readSecret(value, purpose)
  if (/^[!-~]+$/.test(token)) return token
  throw new ConfigError(`${purpose}: may hold printable ASCII characters only, and no spaces`)
}
