/**
 * What of an answer is compared, and what is not.
 */

/** Hashes of ledgers and their roots: real trees on one side, plain chains on the other. */
const LEDGER_HASHES: ReadonlySet<string> = new Set([
  'ledger_hash',
  'parent_hash',
  'account_hash',
  'transaction_hash',
])

/** What a server tells about its own machine and build, and chance. */
const OWN_AFFAIRS: ReadonlySet<string> = new Set([
  ...['hostid', 'pubkey_node', 'random', 'time', 'uptime', 'load', 'ports', 'git', 'state_accounting'],
  ...['initial_sync_duration_us', 'server_state_duration_us', 'age', 'converge_time_s'],
])

export class Comparison {
  readonly #hashes = new Map<string, string>()

  /** An answer of ours, without what is not compared. */
  plain(value: unknown): unknown {
    return walk(value, (name, inner) => (OWN_AFFAIRS.has(name) ? undefined : inner))
  }

  /** A recorded answer in the same form; its ledger hashes become those that ours has in their places. */
  recorded(value: unknown, ours: unknown): unknown {
    this.#learn(value, ours)
    return walk(value, (name, inner) => {
      if (OWN_AFFAIRS.has(name)) return undefined
      return typeof inner === 'string' ? (this.#hashes.get(inner) ?? inner) : inner
    })
  }

  /** Whether different hashes there are different hashes here. */
  isOneToOne(): boolean {
    return this.#hashes.size > 0 && new Set(this.#hashes.values()).size === this.#hashes.size
  }

  /** Two hashes that once stood in the same place stand for one another for ever. */
  #learn(recorded: unknown, ours: unknown): void {
    if (!isObject(recorded) || !isObject(ours)) return
    for (const [name, value] of Object.entries(recorded)) {
      const other = ours[name]
      const isLedgerHash = LEDGER_HASHES.has(name) || (name === 'hash' && 'reserve_base_xrp' in recorded)
      const isState = name === 'hash' && 'reserve_base' in recorded
      if (!isLedgerHash && !isState) this.#learn(value, other)
      else if (!this.#hashes.has(String(value))) this.#hashes.set(String(value), String(other))
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function walk(value: unknown, keep: (name: string, inner: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((inner) => walk(inner, keep))
  if (!isObject(value)) return value
  const kept = Object.entries(value).map(([name, inner]) => [name, walk(keep(name, inner), keep)] as const)
  return Object.fromEntries(kept.filter(([, inner]) => inner !== undefined))
}
