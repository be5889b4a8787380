/**
 * Commit before reveal, around LDK. Layer 2, io.
 *
 * LDK changes its state in memory and lets messages leave when asked to. Here it is asked, then everything that has
 * changed is committed in one piece, and only then do messages, transactions and results go out. What comes in
 * meanwhile waits for the next turn, so that under load one commit serves many payments.
 *
 *   idle ── kick ──▶ turn: events, messages into outboxes ──▶ committing ── durable ──▶ sent ──▶ idle | turn
 */
import { type EventHandler, type EventsProvider } from 'lightningdevkit'
import type { Journal, JournalRecord } from '@hourglass/journal'
import type { Engine } from './engine.ts'
import { MANAGER_KEY } from './engine.ts'
import type { Sockets } from './sockets.ts'

/** Events lead to messages and those to events; the rest waits for the next turn. */
const ROUNDS_MAX = 20

export interface PumpParts {
  readonly engine: Engine
  readonly handler: EventHandler
  readonly sockets: Sockets
  readonly journal: Journal
  /** Records that have changed beside LDK's manager. */
  readonly takeChanges: () => JournalRecord[]
  /** Sends transactions that LDK wanted on the chain since the last time. */
  readonly takeTransactions: () => () => void
}

export class Pump {
  readonly #parts: PumpParts
  readonly #events: readonly EventsProvider[]
  #isQueued = false
  #isCommitting = false
  #isStopped = false
  #then: (() => void)[] = []

  constructor(parts: PumpParts) {
    this.#parts = parts
    const { manager, chainMonitor } = parts.engine
    this.#events = [manager.as_EventsProvider(), chainMonitor.as_EventsProvider()]
  }

  /** Lets a turn follow soon: never from inside of LDK, which may not be called back. */
  kick(): void {
    if (this.#isQueued || this.#isCommitting || this.#isStopped) return
    this.#isQueued = true
    setImmediate(() => {
      this.#isQueued = false
      // A turn that is asked for from inside of another must not overtake what that one commits.
      if (!this.#isStopped && !this.#isCommitting) this.#turn()
    })
  }

  /** Calls `then` once all that has happened up to now is durable. */
  after(then: () => void): void {
    this.#then.push(then)
    this.kick()
  }

  stop(): void {
    this.#isStopped = true
  }

  #turn(): void {
    const { engine, handler, sockets, journal, takeChanges, takeTransactions } = this.#parts
    const { manager, peers } = engine
    let isChanged = false
    for (let round = 0; round < ROUNDS_MAX; round++) {
      for (const events of this.#events) events.process_pending_events(handler)
      peers.process_events()
      if (!manager.get_and_clear_needs_persistence()) break
      isChanged = true
    }
    const records = takeChanges()
    if (isChanged || records.length > 0) records.push({ key: MANAGER_KEY, value: manager.write() })
    const send = [sockets.takeOutgoing(), takeTransactions(), ...this.#then]
    this.#then = []
    if (records.length === 0) return run(send)
    this.#isCommitting = true
    journal.commit(records, () => {
      this.#isCommitting = false
      if (this.#isStopped) return
      run(send)
      // Whatever came in since could not kick.
      this.kick()
    })
  }
}

function run(actions: readonly (() => void)[]): void {
  for (const action of actions) action()
}
