/**
 * Commit before reveal: outputs wait here until what they show is durable. Layer 3, connector.
 *
 *   books change, hide … → move: `commit` goes out → its records are taken → committed: what was hidden then goes out
 *
 * One commit is under way at a time, and has all that changed until its records are taken; what comes later shares
 * the next one. So the cost of durability falls as load rises, with no batch size to choose.
 */
import type { CommitOutput, JournalRecord } from '@hourglass/journal'
import type { Instant, Queue } from '@hourglass/sansio'

/** Whose changes the gate commits. */
interface Source {
  readonly hasChanges: boolean
  takeRecords(now: Instant): JournalRecord[]
}

/** One that went out. */
class Commit<Output> implements CommitOutput {
  readonly kind = 'commit'
  readonly id: number
  readonly #take: (commit: Commit<Output>) => JournalRecord[]
  #records: JournalRecord[] | undefined
  /** What its records show. */
  hidden: Output[] = []

  constructor(id: number, take: (commit: Commit<Output>) => JournalRecord[]) {
    this.id = id
    this.#take = take
  }

  get records(): readonly JournalRecord[] {
    return this.take()
  }

  take(): readonly JournalRecord[] {
    return (this.#records ??= this.#take(this))
  }
}

export class CommitGate<Output> {
  readonly #source: Source
  #hidden: Output[] = []
  #committing: Commit<Output> | undefined
  #lastId = 0
  #now: Instant = 0

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
    this.#now = now
    if (this.#committing !== undefined) return
    if (this.#source.hasChanges) {
      this.#committing = new Commit(++this.#lastId, (commit) => this.#take(commit))
      outputs.push(this.#committing)
    } else if (this.#hidden.length > 0) {
      for (const output of this.#hidden) outputs.push(output)
      this.#hidden = []
    }
  }

  #take(commit: Commit<Output>): JournalRecord[] {
    commit.hidden = this.#hidden
    this.#hidden = []
    return this.#source.takeRecords(this.#now)
  }

  /** The commit of that id is durable. Others are not ours. */
  committed(id: number, outputs: Queue<Output | CommitOutput>): void {
    const commit = this.#committing
    if (commit?.id !== id) return
    // Who has not looked at the records keeps none: no more is hidden for their sake.
    commit.take()
    for (const output of commit.hidden) outputs.push(output)
    this.#committing = undefined
  }
}
