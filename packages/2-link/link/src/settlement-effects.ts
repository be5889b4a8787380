/** How the parts of a settlement act: everything that leaves the machine passes here. Layer 2. */
import type { JournalRecord } from '@hourglass/journal'
import { type Instant, Queue, type TraceOutput } from '@hourglass/sansio'
import type { SettlementOutput } from './settlement.ts'

/** How long the peer has to answer a message: longer than it waits for its ledger. */
const ANSWER_MS = 10_000

/** Numbers what goes out, and goes on with whoever waits for the answer. */
export class SettlementEffects<LedgerAction> {
  /** The time of the input that is handled now. */
  now: Instant = 0
  readonly #outputs = new Queue<SettlementOutput<LedgerAction>>()
  readonly #commits = new Map<number, () => void>()
  readonly #questions = new Map<number, (answer: Uint8Array | undefined) => void>()
  #lastId = 0

  /** A number that nothing of this machine has had. */
  nextId(): number {
    return ++this.#lastId
  }

  /** Makes records durable, then goes on with `then`. */
  commit(records: readonly JournalRecord[], then: () => void): void {
    const id = this.nextId()
    this.#commits.set(id, then)
    this.emit({ kind: 'commit', id, records })
  }

  /** Asks the peer; the answer is undefined where none came. */
  ask(body: Uint8Array, then: (answer: Uint8Array | undefined) => void): void {
    const id = this.nextId()
    this.#questions.set(id, then)
    this.emit({ kind: 'request', id, body, deadline: this.now + ANSWER_MS })
  }

  emit(output: SettlementOutput<LedgerAction>): void {
    this.#outputs.push(output)
  }

  trace(event: string, fields: TraceOutput['fields']): void {
    this.emit({ kind: 'trace', event, fields })
  }

  poll(): SettlementOutput<LedgerAction> | undefined {
    return this.#outputs.shift()
  }

  committed(id: number): void {
    take(this.#commits, id)?.()
  }

  answered(id: number, answer: Uint8Array | undefined): void {
    take(this.#questions, id)?.(answer)
  }
}

function take<T>(waiting: Map<number, T>, id: number): T | undefined {
  const found = waiting.get(id)
  waiting.delete(id)
  return found
}
