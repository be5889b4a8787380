/**
 * Accounts come and go while packets flow. Layer 3, connector (CONN-40).
 *
 *   open ──no longer in the settings──▶ leaving ──nothing of it is open──▶ retired: in the books alone
 *     ◀──────────────in the settings again──────────────────────────────────┘
 *
 * A leaving account takes no packets, and none is sent to it; what is in flight from and to it ends as ever.
 */
import type { Books } from '@hourglass/books'
import { Account, type AccountOptions } from './account.ts'
import type { Clearing } from './clearing.ts'
import type { InFlight } from './in-flight.ts'

export class Roster {
  readonly #clearing: Clearing
  readonly #inFlight: InFlight
  readonly #leaving = new Set<Account>()

  constructor(clearing: Clearing, inFlight: InFlight) {
    this.#clearing = clearing
    this.#inFlight = inFlight
  }

  /** From now on these are the accounts. */
  change(accounts: readonly AccountOptions[]): void {
    const staying = new Set<Account>()
    for (const options of accounts) staying.add(this.#take(options))
    for (const account of this.#books.accounts.values()) {
      if (staying.has(account) || account.state !== 'open' || account.isUnlisted) continue
      account.state = 'leaving'
      this.#leaving.add(account)
    }
  }

  /** Those that have nothing open any more: they are gone. */
  release(): Account[] {
    if (this.#leaving.size === 0) return NONE
    const gone = [...this.#leaving].filter((account) => !this.#isBusy(account))
    for (const account of gone) {
      this.#leaving.delete(account)
      account.state = 'retired'
      account.upSince = undefined
    }
    return gone
  }

  get #books(): Books<Account> {
    return this.#clearing.books
  }

  #take(options: AccountOptions): Account {
    const known = this.#books.accounts.get(options.id)
    if (known === undefined) return this.#books.add(new Account(options))
    known.configure(options)
    this.#leaving.delete(known)
    return known
  }

  /** Cheap questions first: while many packets are in flight, this is asked often. */
  #isBusy(account: Account): boolean {
    if (account.packetsInFlight > 0 || account.heldIncoming > 0n || account.heldOutgoing > 0n) return true
    if (this.#inFlight.isAnyTo(account) || this.#clearing.isAnyHidden(account)) return true
    // What was given up holds no money, and the peer has to hear of it.
    return [...this.#books.holds.values()].some(({ destination }) => destination === account)
  }
}

const NONE: Account[] = []
