/** What one process says to another in one turn of the event loop is one message of theirs. Layer 2, io. */
import { atTurnEnd } from '@hourglass/sansio/io'

/** A message costs a system call and wakes the other process: more than all that is in it. */
export class Outbox<Message> {
  readonly #send: (messages: readonly Message[]) => void
  #waiting: Message[] = []

  constructor(send: (messages: readonly Message[]) => void) {
    this.#send = send
  }

  say(message: Message): void {
    if (this.#waiting.push(message) === 1) atTurnEnd('send', () => this.flush())
  }

  /** For whoever has no turn left. */
  flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length > 0) this.#send(waiting)
  }
}
