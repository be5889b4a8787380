/**
 * Commit before reveal, around LDK. Layer 2, io.
 *
 * LDK changes its state in memory and lets messages leave when asked to. Here it is asked, then everything that has
 * changed is committed in one piece, and only then do messages, transactions and results go out. What comes in
 * meanwhile waits for the next turn, so that under load one commit serves many payments. What has changed and shows
 * to nobody waits for the next commit: if it is lost, it never happened.
 *
 *   idle ── kick ──▶ turn: events, messages into outboxes ── to be shown ──▶ committing ── durable ──▶ sent ──▶ idle
 *    ▲                │ nothing to be shown                      ▲                                       │ came in
 *    └────────────────┴──── LATER_MS, if there is a change ──────┘                            turn ◀─────┘
 */
import {
  type Event,
  EventHandler,
  type EventsProvider,
  Result_NoneReplayEventZ as Handled,
} from 'lightningdevkit'
import type { Journal, JournalRecord } from '@hourglass/journal'
import { Queue } from '@hourglass/sansio'
import { atTurnEnd } from '@hourglass/sansio/io'
import type { Engine } from './engine.ts'
import { MANAGER_KEY } from './engine.ts'
import { processEvents } from './runtime.ts'
import type { Sockets } from './sockets.ts'

/** Events lead to messages and those to events; the rest waits for the next turn. */
const ROUNDS_MAX = 20
/** The peer takes up the first of many payments while LDK prepares the next. */
const PAYMENTS_A_TURN = 32
/** What shows to nobody is durable after as long. */
const LATER_MS = 50

export interface PumpParts {
  readonly engine: Engine
  /** Carries out what LDK tells. */
  readonly handle: (event: Event) => void
  readonly sockets: Sockets
  readonly journal: Journal
  /** Records that have changed beside LDK's manager. */
  readonly takeChanges: () => JournalRecord[]
  /** Sends transactions that LDK wanted on the chain since the last time; undefined: it wanted none. */
  readonly takeTransactions: () => (() => void) | undefined
}

export class Pump {
  readonly #parts: PumpParts
  readonly #events: readonly EventsProvider[]
  readonly #handler: EventHandler
  #isQueued = false
  /** What follows from what LDK does belongs to the turn. */
  #isDriving = false
  #isCommitting = false
  /** Something came in meanwhile. */
  #isMore = false
  #isStopped = false
  /** LDK has told something. */
  #isTold = false
  /** Payments of ours that are to begin. */
  readonly #beginning = new Queue<() => void>()
  /** Payments have come in that LDK has not taken up. */
  #isForwarding = false
  /** What a commit is to write: to begin with, also the manager. */
  #records: JournalRecord[] = []
  #isManagerChanged = true
  /** What waits for a commit, and what waits without asking for one. */
  #then: (() => void)[] = []
  #later: (() => void)[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(parts: PumpParts) {
    this.#parts = parts
    const { manager, chainMonitor } = parts.engine
    this.#events = [manager.as_EventsProvider(), chainMonitor.as_EventsProvider()]
    this.#handler = EventHandler.new_impl({
      handle_event: (event) => {
        this.#isTold = true
        parts.handle(event)
        return Handled.constructor_ok()
      },
    })
  }

  /** Lets a turn follow soon: never from inside of LDK, which may not be called back. */
  kick(): void {
    if (this.#isQueued || this.#isDriving) return
    this.#isQueued = true
    atTurnEnd('work', () => {
      this.#isQueued = false
      if (this.#isStopped) return
      // It must not overtake what is being committed.
      if (this.#isCommitting) this.#isMore = true
      else this.#turn()
    })
  }

  /** Lets a payment of ours begin soon. */
  begin(payment: () => void): void {
    this.#beginning.push(payment)
    this.kick()
  }

  /** Lets LDK take up what came in, in this turn or the next: it says when, but in seconds and always at once. */
  forward(): void {
    this.#isForwarding = true
    this.kick()
  }

  /** Calls `then` once all that has happened up to now is durable. */
  after(then: () => void): void {
    this.#then.push(then)
    this.kick()
  }

  /** The same for what nobody is in a hurry for. */
  later(then: () => void): void {
    this.#later.push(then)
    this.kick()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #turn(): void {
    const { engine, sockets, takeChanges, takeTransactions } = this.#parts
    this.#isDriving = true
    for (let left = PAYMENTS_A_TURN; left > 0 && this.#beginning.size > 0; left--) this.#beginning.shift()!()
    const isQuiet = this.#drive() && this.#beginning.size === 0
    this.#isDriving = false
    if (engine.manager.get_and_clear_needs_persistence()) this.#isManagerChanged = true
    for (const record of takeChanges()) this.#records.push(record)
    const shown = [sockets.takeOutgoing(), takeTransactions(), ...this.#then]
    this.#then = []
    const send = shown.filter((action) => action !== undefined)
    if (send.length > 0) this.#commit(send)
    else if (this.#isManagerChanged || this.#records.length > 0 || this.#later.length > 0) {
      this.#timer ??= setTimeout(() => this.after(() => undefined), LATER_MS)
    }
    if (!isQuiet) this.kick()
  }

  /** Lets LDK do what it has to do, and what follows from that; false: there is more. */
  #drive(): boolean {
    let isFlushed = false
    for (let round = 0; round < ROUNDS_MAX; round++) {
      if (this.#hear()) isFlushed = false
      else if (isFlushed) return true
      else {
        this.#parts.engine.peers.process_events()
        isFlushed = true
      }
    }
    return false
  }

  /** Whether LDK had anything to tell, or to take up. */
  #hear(): boolean {
    this.#isTold = false
    for (const events of this.#events) processEvents(events, this.#handler)
    if (!this.#isForwarding) return this.#isTold
    this.#isForwarding = false
    this.#parts.engine.manager.process_pending_htlc_forwards()
    return true
  }

  #commit(send: readonly (() => void)[]): void {
    const { engine, journal } = this.#parts
    clearTimeout(this.#timer)
    this.#timer = undefined
    const [records, actions] = [this.#records, [...send, ...this.#later]]
    this.#records = []
    this.#later = []
    const state = this.#isManagerChanged ? engine.manager.write() : undefined
    this.#isManagerChanged = false
    if (state !== undefined) records.push({ key: MANAGER_KEY, value: state })
    if (records.length === 0) return run(actions)
    this.#isCommitting = true
    journal.commit(records, () => {
      this.#isCommitting = false
      if (state !== undefined) release(state)
      if (this.#isStopped) return
      run(actions)
      if (!this.#isMore) return
      this.#isMore = false
      this.kick()
    })
  }
}

/** Megabytes a second where much is paid, which nobody needs any more: the garbage collector would come too late. */
function release({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}

function run(actions: readonly (() => void)[]): void {
  for (const action of actions) action()
}
