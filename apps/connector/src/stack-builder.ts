/** For each account a link, and a settlement with its line to a ledger where one is configured. */
import type { NodeAccount } from '@hourglass/connector'
import type { StoredRecord } from '@hourglass/journal'
import type { AccountConfig } from './config.ts'
import { buildLink } from './links.ts'
import type { PluginAccounts } from './plugins.ts'
import type { SettledLine, Settler } from './settlers/index.ts'

export interface StackParts {
  readonly settlers: ReadonlyMap<string, Settler>
  readonly plugins: PluginAccounts
}

export class StackBuilder {
  readonly #parts: StackParts
  readonly #hear: (account: string, event: unknown) => void
  /** Of each account that settles. */
  readonly lines: Map<string, SettledLine> = new Map<string, SettledLine>()

  /** `hear` gets what the ledger says of an account. */
  constructor(parts: StackParts, hear: (account: string, event: unknown) => void) {
    this.#parts = parts
    this.#hear = hear
  }

  /** As the journal's records left them. @throws ConfigError where a link's token is not to be had */
  build(accounts: readonly AccountConfig[], records: readonly StoredRecord[]): NodeAccount[] {
    return accounts.map((account): NodeAccount => {
      const { id, asset, settlement: config } = account
      const link = buildLink(account)
      if (config === undefined) return { id, link }
      const hear = (event: unknown): void => this.#hear(id, event)
      const { settlers, plugins } = this.#parts
      const line =
        config.kind === 'plugin'
          ? plugins.get(id)!.settle(records, hear)
          : settlers.get(config.ledger)!.settle({ id, scale: asset.scale, config, hear }, records)
      this.lines.set(id, line)
      return { id, link, settlement: line.settlement }
    })
  }

  /** Carries out what the account's settlement wants of its ledger. */
  perform(account: string, action: unknown): void {
    this.lines.get(account)?.perform(action)
  }

  close(): void {
    for (const line of this.lines.values()) line.close()
  }
}
