/** How the parts of a Lightning settlement act: everything that leaves the machine passes here. Layer 2. */
import type { JournalRecord } from '@hourglass/journal'
import type { SettlementOutput } from '@hourglass/link'
import { type Instant, Queue, type TraceOutput } from '@hourglass/sansio'
import type { LightningAction } from './session.ts'

/** How long the peer has to answer a message. */
const ANSWER_MS = 10_000

/** Numbers what goes out, and goes on with whoever waits for the answer. */
export class Effects {
  /** The time of the input that is handled now. */
  now: Instant = 0
  readonly #outputs = new Queue<SettlementOutput<LightningAction>>()
  readonly #commits = new Map<number, () => void>()
  readonly #questions = new Map<number, (answer: Uint8Array | undefined) => void>()
  #lastId = 0

  /** Makes records durable, then goes on with `then`. */
  commit(records: readonly JournalRecord[], then: () => void): void {
    this.#commits.set(++this.#lastId, then)
    this.#outputs.push({ kind: 'commit', id: this.#lastId, records })
  }

  perform(action: LightningAction): void {
    this.#outputs.push({ kind: 'ledger', action })
  }

  /** Asks the peer; the answer is undefined where none came. */
  ask(body: Uint8Array, then: (answer: Uint8Array | undefined) => void): void {
    this.#questions.set(++this.#lastId, then)
    this.#outputs.push({ kind: 'request', id: this.#lastId, body, deadline: this.now + ANSWER_MS })
  }

  emit(output: SettlementOutput<LightningAction>): void {
    this.#outputs.push(output)
  }

  trace(event: string, fields: TraceOutput['fields']): void {
    this.#outputs.push({ kind: 'trace', event, fields })
  }

  poll(): SettlementOutput<LightningAction> | undefined {
    return this.#outputs.shift()
  }

  committed(id: number): void {
    take(this.#commits, id)?.()
  }

  answered(id: number, answer: Uint8Array | undefined): void {
    take(this.#questions, id)?.(answer)
  }
}

function take<T>(map: Map<number, T>, id: number): T | undefined {
  const found = map.get(id)
  map.delete(id)
  return found
}
