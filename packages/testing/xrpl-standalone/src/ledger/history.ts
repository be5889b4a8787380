/**
 * Closed ledgers and what can be looked up in them: by index, by hash, by transaction, by account. Testing.
 */
import type { Fields, Metadata } from '../state/metadata.ts'
import type { AppliedTransaction, ClosedLedger } from './closed-ledger.ts'

/** A transaction with the ledger it stands in. */
export interface Placed extends AppliedTransaction {
  readonly ledger: ClosedLedger
}

export class History {
  readonly #ledgers: ClosedLedger[]
  readonly #byHash = new Map<string, ClosedLedger>()
  readonly #transactions = new Map<string, Placed>()
  readonly #byAccount = new Map<string, Placed[]>()

  constructor(first: ClosedLedger) {
    this.#ledgers = [first]
    this.#byHash.set(first.hash, first)
  }

  get oldest(): ClosedLedger {
    return this.#ledgers[0]!
  }

  get newest(): ClosedLedger {
    return this.#ledgers.at(-1)!
  }

  append(ledger: ClosedLedger): void {
    this.#ledgers.push(ledger)
    this.#byHash.set(ledger.hash, ledger)
    for (const applied of ledger.transactions) {
      const placed = { ...applied, ledger }
      this.#transactions.set(applied.transaction.hash, placed)
      for (const account of affectedAccounts(applied.metadata)) {
        const list = this.#byAccount.get(account)
        if (list === undefined) this.#byAccount.set(account, [placed])
        else list.push(placed)
      }
    }
  }

  byIndex(index: number): ClosedLedger | undefined {
    return this.#ledgers[index - this.oldest.index]
  }

  byHash(hash: string): ClosedLedger | undefined {
    return this.#byHash.get(hash)
  }

  /** Ledgers that closed after this one, oldest first. */
  after(index: number): readonly ClosedLedger[] {
    return this.#ledgers.slice(index - this.oldest.index + 1)
  }

  transaction(hash: string): Placed | undefined {
    return this.#transactions.get(hash)
  }

  /** Oldest first. */
  ofAccount(account: string): readonly Placed[] {
    return this.#byAccount.get(account) ?? []
  }
}

const ACCOUNT_FIELDS = ['Account', 'Destination', 'Owner', 'RegularKey'] as const
const LIMIT_FIELDS = ['LowLimit', 'HighLimit'] as const

/** Every account that a node's fields name; who is only threaded to is not among them. */
export function affectedAccounts(metadata: Metadata): Set<string> {
  const accounts = new Set<string>()
  for (const { CreatedNode, ModifiedNode, DeletedNode } of metadata.AffectedNodes) {
    const fields: Fields =
      CreatedNode?.NewFields ?? ModifiedNode?.FinalFields ?? DeletedNode?.FinalFields ?? {}
    for (const name of ACCOUNT_FIELDS) {
      if (typeof fields[name] === 'string') accounts.add(fields[name])
    }
    for (const name of LIMIT_FIELDS) {
      const issuer = (fields[name] as { readonly issuer?: string } | undefined)?.issuer
      if (issuer !== undefined) accounts.add(issuer)
    }
  }
  return accounts
}
