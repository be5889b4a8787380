/**
 * A layer of changes over a state below it. Testing.
 * A transaction works on one layer, an open ledger is another, and what fails is simply not merged.
 */
import type { AccountRoot, Entry } from './entries.ts'
import { accountIndex } from './indexes.ts'

/** What can be read: a closed ledger's state, or a layer over it. */
export interface ReadView {
  get(index: string): Entry | undefined
}

export interface Change {
  readonly kind: 'created' | 'modified' | 'deleted'
  /** Undefined where created. */
  readonly before: Entry | undefined
  /** As it was last, also where deleted. */
  readonly after: Entry
}

export class View implements ReadView {
  readonly #base: ReadView
  readonly #changes = new Map<string, Change>()

  constructor(base: ReadView) {
    this.#base = base
  }

  get(index: string): Entry | undefined {
    const change = this.#changes.get(index)
    if (change === undefined) return this.#base.get(index)
    return change.kind === 'deleted' ? undefined : change.after
  }

  /** Creates an entry or replaces it. */
  put(index: string, entry: Entry): void {
    const before = this.#before(index)
    this.#changes.set(index, { kind: before === undefined ? 'created' : 'modified', before, after: entry })
  }

  /** @param last what the entry was like when it was deleted, where that differs from what is stored */
  erase(index: string, last?: Entry): void {
    const before = this.#before(index)
    const after = last ?? this.get(index)
    if (before === undefined || after === undefined) this.#changes.delete(index)
    else this.#changes.set(index, { kind: 'deleted', before, after })
  }

  get changes(): ReadonlyMap<string, Change> {
    return this.#changes
  }

  /** Hands the changes to the layer below, which must be what this one was put on. */
  mergeInto(below: View): void {
    for (const [index, change] of this.#changes) {
      if (change.kind === 'deleted') below.erase(index, change.after)
      else below.put(index, change.after)
    }
  }

  #before(index: string): Entry | undefined {
    const change = this.#changes.get(index)
    return change === undefined ? this.#base.get(index) : change.before
  }
}

export function readAccount(view: ReadView, address: string): AccountRoot | undefined {
  const entry = view.get(accountIndex(address))
  return entry?.LedgerEntryType === 'AccountRoot' ? entry : undefined
}

export function writeAccount(view: View, account: AccountRoot): void {
  view.put(accountIndex(account.Account), account)
}

/** Adds drops, which may be negative, to the balance of an account that exists. */
export function addToBalance(view: View, address: string, drops: bigint): void {
  const account = readAccount(view, address)!
  writeAccount(view, { ...account, Balance: String(BigInt(account.Balance) + drops) })
}

export function adjustOwnerCount(view: View, address: string, by: number): void {
  const account = readAccount(view, address)!
  writeAccount(view, { ...account, OwnerCount: account.OwnerCount + by })
}
