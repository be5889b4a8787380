/**
 * Another config for a node that runs: planned, which changes nothing, or applied (CONN-40).
 * What cannot be done while it runs is a problem, and with one problem nothing is done.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Node, NodeAccount, NodeInput } from '@hourglass/connector'
import { changesBetween } from './changes.ts'
import { type AccountConfig, type Config, ConfigError, configOf, readSecret } from './config.ts'
import { Guests } from './guests.ts'
import { settingsOf } from './node-options.ts'

/** A config as it stands in a file, and the directory that its paths are relative to. */
export interface ConfigDocument {
  readonly config: unknown
  readonly directory: string
}

export interface Plan {
  /** One line each. */
  readonly changes: readonly string[]
  /** Why it cannot be applied; none: it can. */
  readonly problems: readonly string[]
}

/** What of the running node a change takes. */
export interface LiveParts {
  readonly node: Node
  readonly push: (input: NodeInput) => void
  /** Links and settlements of accounts that are new. */
  readonly buildStacks: (accounts: readonly AccountConfig[]) => Promise<readonly NodeAccount[]>
  /** Sockets and sources of rates are from now on as the config says. */
  readonly follow: (config: Config) => void
}

export class LiveConfig {
  #config: Config
  readonly #parts: LiveParts
  #last: Promise<unknown> = Promise.resolve()

  constructor(config: Config, parts: LiveParts) {
    this.#config = config
    this.#parts = parts
  }

  plan(document: ConfigDocument): Plan {
    return this.#examine(document).plan
  }

  /** One after the other. */
  async apply(document: ConfigDocument): Promise<Plan> {
    const applied = this.#last.then(async () => this.#apply(document))
    this.#last = applied.catch(() => undefined)
    return applied
  }

  async #apply(document: ConfigDocument): Promise<Plan> {
    const { plan, config } = this.#examine(document)
    if (config === undefined || plan.changes.length === 0) return plan
    const known = new Set(this.#config.accounts.map(({ id }) => id))
    const stacks = await this.#parts.buildStacks(config.accounts.filter(({ id }) => !known.has(id)))
    this.#parts.push({ kind: 'change', settings: settingsOf(config), stacks })
    this.#parts.follow(config)
    this.#config = config
    return plan
  }

  /** The config, where nothing is wrong with it. */
  #examine({ config: value, directory }: ConfigDocument): { plan: Plan; config?: Config } {
    let config: Config
    try {
      config = configOf(value, 'the config', directory)
      // Nothing is let in that cannot be read.
      new Guests().admit(config.accounts)
      for (const { id, link } of config.accounts) {
        if (link.kind !== 'plugin') readSecret(link.token, `account ${id}, link.token`)
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return { plan: { changes: [], problems: [error.message] } }
    }
    const changes = changesBetween(this.#config, config)
    const problems = [
      ...fixedProblems(this.#config, config),
      ...this.#config.accounts.flatMap((account) => accountProblems(account, config)),
      ...newcomerProblems(this.#config, config),
      ...this.#parts.node.connector.problemsIn(settingsOf(config)),
    ]
    return problems.length > 0 ? { plan: { changes, problems } } : { plan: { changes, problems }, config }
  }
}

const FIXED = [
  ...['address', 'data', 'journal', 'durability', 'listen', 'plugins', 'children', 'routing'],
  ...['admin', 'ledgers', 'tracePackets', 'logLevel', 'stopPatienceMs'],
] as (keyof Config)[]

function fixedProblems(before: Config, after: Config): string[] {
  return FIXED.filter((field) => !isDeepStrictEqual(before[field], after[field])).map(
    (field) => `${field}: takes a restart`,
  )
}

/** What of accounts that are not there yet cannot be had while the node runs. */
function newcomerProblems(before: Config, after: Config): string[] {
  const known = new Set(before.accounts.map(({ id }) => id))
  const servesHttp = before.accounts.some(({ link }) => link.kind === 'http')
  return after.accounts.flatMap(({ id, link }) => {
    if (known.has(id)) return []
    if (link.kind === 'plugin') return [`account ${id}: a plugin takes a restart`]
    if (link.kind === 'http' && !servesHttp)
      return [`account ${id}: the first peer over HTTP takes a restart`]
    return []
  })
}

/** What becomes of an account that is there. */
function accountProblems(before: AccountConfig, { accounts }: Config): string[] {
  const { id, link, settlement } = before
  const after = accounts.find((account) => account.id === id)
  if (after === undefined) {
    return settlement === undefined
      ? []
      : [`account ${id}: one that settles is removed at a restart, once it has ended`]
  }
  const problems: string[] = []
  if (!isDeepStrictEqual(settlement, after.settlement))
    problems.push(`account ${id}: settlement takes a restart`)
  const isSameServer = link.kind === 'btp-server' && after.link.kind === 'btp-server'
  if (!isSameServer && !isDeepStrictEqual(link, after.link)) {
    problems.push(`account ${id}: another link takes a restart, or an account of another name`)
  }
  return problems
}
