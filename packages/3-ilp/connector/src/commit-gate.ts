/**
 * Commit before reveal: outputs wait here until what they show is durable. Layer 3, connector.
 *
 *   change, hide … → move: `commit` goes out → committed: what was hidden by then goes out
 *
 * One commit is under way at a time; what comes meanwhile shares the next one, so the cost of durability falls
 * as load rises, with no batch size to choose.
 */
import type { CommitOutput, JournalRecord } from '@hourglass/journal'
import type { Queue } from '@hourglass/sansio'

/** Something whose state is one record. */
interface Recorded {
  toRecord(): JournalRecord
}

export class CommitGate<Subject extends Recorded, Output> {
  #changed = new Set<Subject>()
  #hidden: Output[] = []
  #committing: { readonly id: number; readonly hidden: readonly Output[] } | undefined
  #lastId = 0

  /** `subject` differs from its record. */
  change(subject: Subject): void {
    this.#changed.add(subject)
  }

  /** Keeps `output` back until all changes so far are durable. */
  hide(output: Output): void {
    this.#hidden.push(output)
  }

  /** Puts out what may go now: a commit, or what was hidden though nothing had changed. */
  move(outputs: Queue<Output | CommitOutput>): void {
    if (this.#committing !== undefined || (this.#changed.size === 0 && this.#hidden.length === 0)) return
    if (this.#changed.size === 0) {
      for (const output of this.#hidden) outputs.push(output)
    } else {
      const id = ++this.#lastId
      const records = Array.from(this.#changed, (subject) => subject.toRecord())
      this.#committing = { id, hidden: this.#hidden }
      this.#changed = new Set()
      outputs.push({ kind: 'commit', id, records })
    }
    this.#hidden = []
  }

  /** The commit of that id is durable. Others are not ours. */
  committed(id: number, outputs: Queue<Output | CommitOutput>): void {
    if (this.#committing?.id !== id) return
    for (const output of this.#committing.hidden) outputs.push(output)
    this.#committing = undefined
  }
}
