/**
 * Commit before reveal: outputs wait here until what they show is durable. Layer 3, connector.
 *
 *   books change, hide … → move: `commit` goes out → committed: what was hidden by then goes out
 *
 * One commit is under way at a time; what comes meanwhile shares the next one, so the cost of durability falls
 * as load rises, with no batch size to choose.
 */
import type { CommitOutput, JournalRecord } from '@hourglass/journal'
import type { Instant, Queue } from '@hourglass/sansio'

/** Whose changes the gate commits. */
interface Source {
  readonly hasChanges: boolean
  takeRecords(now: Instant): JournalRecord[]
}

export class CommitGate<Output> {
  readonly #source: Source
  #hidden: Output[] = []
  #committing: { readonly id: number; hidden: Output[] } | undefined
  #lastId = 0

  constructor(source: Source) {
    this.#source = source
  }

  /** Keeps `output` back until all changes so far are durable. */
  hide(output: Output): void {
    this.#hidden.push(output)
  }

  /** Takes back what is hidden still and meets the condition; returns it. */
  takeBack(meets: (output: Output) => boolean): Output[] {
    const taken = [...(this.#committing?.hidden ?? []), ...this.#hidden].filter(meets)
    if (taken.length === 0) return taken
    this.#hidden = this.#hidden.filter((output) => !meets(output))
    if (this.#committing !== undefined) {
      this.#committing.hidden = this.#committing.hidden.filter((output) => !meets(output))
    }
    return taken
  }

  /** Whether anything is hidden that meets the condition. */
  hides(meets: (output: Output) => boolean): boolean {
    return this.#hidden.some(meets) || this.#committing?.hidden.some(meets) === true
  }

  /** The earliest of what is hidden, as told by `at`. */
  earliest(at: (output: Output) => Instant | undefined): Instant | undefined {
    let earliest: Instant | undefined
    for (const output of [...(this.#committing?.hidden ?? []), ...this.#hidden]) {
      const instant = at(output)
      if (instant !== undefined && (earliest === undefined || instant < earliest)) earliest = instant
    }
    return earliest
  }

  /** Puts out what may go now: a commit, or what was hidden though nothing had changed. */
  move(outputs: Queue<Output | CommitOutput>, now: Instant): void {
    if (this.#committing !== undefined) return
    if (this.#source.hasChanges) {
      const id = ++this.#lastId
      this.#committing = { id, hidden: this.#hidden }
      outputs.push({ kind: 'commit', id, records: this.#source.takeRecords(now) })
    } else if (this.#hidden.length > 0) {
      for (const output of this.#hidden) outputs.push(output)
    } else return
    this.#hidden = []
  }

  /** The commit of that id is durable. Others are not ours. */
  committed(id: number, outputs: Queue<Output | CommitOutput>): void {
    if (this.#committing?.id !== id) return
    for (const output of this.#committing.hidden) outputs.push(output)
    this.#committing = undefined
  }
}
