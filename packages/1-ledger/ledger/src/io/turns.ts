/** One at a time. Layer 1, io. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `work` when all that came before it has ended, however it ended. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
