/** A link that somebody looks at: what passes between a node and one of its links, in both directions. Testing. */
import type { Link, LinkFailure, LinkInput, LinkOutput } from '@hourglass/link'
import type { Instant } from '@hourglass/sansio'

/** Told of every message, before whoever it is for acts on it. */
export interface LinkWatch {
  /** The peer asks. */
  asked(id: number, protocol: string, body: Uint8Array): void
  /** We answer; undefined: with a refusal. */
  answers(id: number, body: Uint8Array | undefined): void
  /** We ask. */
  asks(request: Extract<LinkInput<unknown>, { kind: 'request' }>): void
  /** The peer answers, or the link says why it does not. */
  answered(id: number, answer: Uint8Array | LinkFailure): void
}

export class WatchedLink<WireIn, WireOut> implements Link<WireIn, WireOut> {
  readonly #link: Link<WireIn, WireOut>
  readonly #watch: LinkWatch

  constructor(link: Link<WireIn, WireOut>, watch: LinkWatch) {
    this.#link = link
    this.#watch = watch
  }

  handle(input: LinkInput<WireIn>, now: Instant): void {
    if (input.kind === 'request') this.#watch.asks(input)
    else if (input.kind === 'reply') this.#watch.answers(input.id, input.body)
    else if (input.kind === 'refuse') this.#watch.answers(input.id, undefined)
    this.#link.handle(input, now)
  }

  poll(): LinkOutput<WireOut> | undefined {
    const output = this.#link.poll()
    if (output === undefined || output.kind === 'wire') return output
    if (output.kind === 'request') this.#watch.asked(output.id, output.protocol, output.body)
    else if (output.kind === 'reply') this.#watch.answered(output.id, output.body)
    else if (output.kind === 'failed') this.#watch.answered(output.id, output.failure)
    return output
  }

  nextTimeout(): Instant | undefined {
    return this.#link.nextTimeout()
  }
}
