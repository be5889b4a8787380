/**
 * A ledger that takes its time: the rules are `MemoryLedger`'s, and when an action becomes final is chance. Testing.
 *
 *   perform → waiting ──included──▶ … ──final──▶ carried out, told
 *                ↑─── reorganisation ───┘
 *
 * Only final things are told, so a reorganisation shows as actions that become final later and in another order.
 * Actions on one channel by one account keep theirs, as an account's own numbering has it on real ledgers.
 */
import {
  type LedgerAction,
  type LedgerEvent,
  type LedgerSession,
  type Ledger,
  MemoryLedger,
} from '@hourglass/ledger'
import type { Instant } from '@hourglass/sansio'
import type { Chance } from './chance.ts'
import type { World } from './world.ts'

/** The ledger as a settlement is given it. */
export type LedgerAccount = Omit<Ledger, 'balance' | 'close'>

export interface ChainClimate {
  readonly finalityMsMin: number
  readonly finalityMsMax: number
}

interface Waiting {
  readonly session: LedgerSession
  readonly owner: symbol
  readonly action: LedgerAction
  /** What keeps its order. */
  readonly subject: string
  finalAt: Instant
}

export class Chain {
  readonly ledger: MemoryLedger
  /** Called when an action has become final. */
  afterAction: () => void = () => undefined
  readonly #world: World
  readonly #chance: Chance
  readonly #climate: ChainClimate
  readonly #waiting = new Set<Waiting>()
  #slowUntil: Instant = 0

  constructor(world: World, chance: Chance, { name, climate }: { name: string; climate: ChainClimate }) {
    this.ledger = new MemoryLedger(name)
    this.#world = world
    this.#chance = chance
    this.#climate = climate
  }

  open(account: string): LedgerAccount {
    const ledger = this.ledger.open(account)
    return { ...ledger, connect: (listener) => this.#connect(account, ledger, listener) }
  }

  /** What is not final yet is taken back and included anew. */
  reorganise(): void {
    for (const waiting of this.#waiting) this.#schedule(waiting)
  }

  /** Nothing becomes final for a while. */
  stall(ms: number): void {
    this.#slowUntil = Math.max(this.#slowUntil, this.#world.now + ms)
    this.reorganise()
  }

  /** Every action costs that much for a while. */
  charge(fee: bigint, ms: number): void {
    const before = this.ledger.fee
    this.ledger.fee = fee
    this.#world.after(ms, () => (this.ledger.fee = before))
  }

  #connect(account: string, ledger: LedgerAccount, listener: (event: LedgerEvent) => void): LedgerSession {
    const owner = Symbol(account)
    let isOpen = true
    let heardAt: Instant = 0
    const session = ledger.connect((event) => {
      heardAt = Math.max(heardAt, this.#world.now + this.#chance.integer(0, NEWS_MS_MAX))
      this.#world.at(heardAt, () => {
        if (isOpen) listener(event)
      })
    })
    return {
      perform: (action) => {
        const channel = action.kind === 'open' ? action.terms.reference : action.channelId
        const waiting = { session, owner, action, subject: `${account} ${channel}`, finalAt: 0 }
        this.#waiting.add(waiting)
        this.#schedule(waiting)
      },
      close: () => {
        isOpen = false
        session.close()
        this.#forget(owner)
      },
    }
  }

  /** A process has ended: what it had asked for may have got out or not. */
  #forget(owner: symbol): void {
    for (const waiting of this.#waiting) {
      if (waiting.owner === owner && this.#chance.happens(0.5)) this.#waiting.delete(waiting)
    }
  }

  #schedule(waiting: Waiting): void {
    const { finalityMsMin, finalityMsMax } = this.#climate
    const isQuestion = waiting.action.kind === 'watch'
    const delayMs = isQuestion
      ? this.#chance.integer(0, NEWS_MS_MAX)
      : this.#chance.integer(finalityMsMin, finalityMsMax)
    const from = isQuestion ? this.#world.now : Math.max(this.#world.now, this.#slowUntil)
    waiting.finalAt = Math.max(from + delayMs, ...this.#before(waiting))
    const { finalAt } = waiting
    this.#world.at(finalAt, () => {
      if (waiting.finalAt === finalAt && this.#waiting.delete(waiting)) this.#carryOut(waiting)
    })
  }

  /** When the actions that have to come first become final. */
  *#before(waiting: Waiting): Generator<Instant> {
    for (const other of this.#waiting) {
      if (other === waiting) return
      if (other.subject === waiting.subject) yield other.finalAt
    }
  }

  #carryOut({ session, action }: Waiting): void {
    this.ledger.now = this.#world.now
    session.perform(action)
    this.ledger.run()
    this.afterAction()
  }
}

/** How long a node takes to hear of what is final. */
const NEWS_MS_MAX = 400
