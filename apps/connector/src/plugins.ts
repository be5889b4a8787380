/** Accounts whose link is a ledger plugin: its class is loaded before anything starts. */
import { format } from 'node:util'
import type { Journal, StoredRecord } from '@hourglass/journal'
import type { MemoryWire } from '@hourglass/link'
import { type PluginAction, type PluginEvent, PluginSettlement } from '@hourglass/plugin'
import {
  JournalStore,
  type Plugin,
  type PluginClass,
  PluginError,
  type PluginLog,
  type PluginOptions,
  type PluginServices,
  type RunningPlugin,
  loadPlugin,
  runPlugin,
} from '@hourglass/plugin/io'
import { type AccountConfig, type Config, ConfigError, readSecret } from './config.ts'
import type { Logger } from './log.ts'
import type { SettledLine } from './settlers/index.ts'
import { StartError } from './start-error.ts'

export type PluginAccounts = ReadonlyMap<string, PluginAccount>
type PluginLinkConfig = Extract<AccountConfig['link'], { kind: 'plugin' }>

/** By account. @throws StartError | ConfigError */
export async function loadPlugins(
  config: Config,
  journal: Journal,
  records: readonly StoredRecord[],
  log: Logger,
): Promise<PluginAccounts> {
  const accounts = new Map<string, PluginAccount>()
  for (const { id, link } of config.accounts) {
    if (link.kind !== 'plugin') continue
    const options = optionsOf(id, link)
    const store = new JournalStore(journal, id, records)
    const Plugin = await orStartError(id, loadPlugin(link.module, config.plugins))
    accounts.set(id, new PluginAccount(id, { Plugin, options, store, log }))
  }
  return accounts
}

interface PluginAccountParts {
  readonly Plugin: PluginClass
  readonly options: PluginOptions
  readonly store: JournalStore
  readonly log: Logger
}

export class PluginAccount {
  readonly #id: string
  readonly #parts: PluginAccountParts
  #running: RunningPlugin | undefined
  #hear: ((event: PluginEvent) => void) | undefined

  constructor(id: string, parts: PluginAccountParts) {
    this.#id = id
    this.#parts = parts
  }

  /** Settles by this plugin, as the journal's `records` left it. */
  settle(records: readonly StoredRecord[], hear: (event: unknown) => void): SettledLine {
    const settlement = new PluginSettlement(this.#id)
    settlement.restore(records)
    this.#hear = hear
    return {
      settlement,
      perform: (action) => this.#running?.perform(action as PluginAction),
      decide: (isPaid) => hear({ kind: 'decided', isPaid } satisfies PluginEvent),
      // The plugin closes with the links.
      close: () => undefined,
    }
  }

  /** @throws StartError */
  open(receive: (wire: MemoryWire) => void): RunningPlugin {
    const { Plugin, options, store, log } = this.#parts
    const account = this.#id
    try {
      this.#running = runPlugin({
        make: () => makePlugin(Plugin, options, { store, log: logOf(account, log) }),
        receive,
        ...(this.#hear !== undefined && { hear: this.#hear }),
        report: (error) => log.warn({ account }, `the plugin ${error.message}`),
      })
    } catch (error) {
      throw startError(account, error)
    }
    return this.#running
  }
}

/** Old plugins look for their services among their options. */
function makePlugin(Plugin: PluginClass, options: PluginOptions, services: Required<PluginServices>): Plugin {
  return new Plugin({ _store: services.store, _log: services.log, ...options }, services)
}

/** What plugins say to the people who run them. Several say tokens where they debug and trace, so that is dropped. */
function logOf(account: string, log: Logger): PluginLog {
  const at =
    (level: 'debug' | 'warn' | 'error') =>
    (...words: unknown[]): void => {
      if (log.isLevelEnabled(level)) log[level]({ account, says: format(...words) }, 'plugin.says')
    }
  const ignore = (): void => undefined
  // Their information is of sockets and packets.
  return { trace: ignore, debug: ignore, info: at('debug'), warn: at('warn'), error: at('error') }
}

/** @throws ConfigError */
function optionsOf(id: string, { options, secretOptions }: PluginLinkConfig): PluginOptions {
  if (secretOptions === undefined) return options
  const where = `account ${id}, link.secretOptions`
  let more: unknown
  try {
    more = JSON.parse(readSecret(secretOptions, where))
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(`${where}: is no JSON`)
  }
  if (typeof more !== 'object' || more === null || Array.isArray(more)) {
    throw new ConfigError(`${where}: must be a JSON object`)
  }
  return { ...options, ...more }
}

async function orStartError<T>(account: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (error) {
    throw startError(account, error)
  }
}

function startError(account: string, error: unknown): unknown {
  return error instanceof PluginError
    ? new StartError(`account ${account}: the plugin ${error.message}`)
    : error
}
