/**
 * The one shape of everything that decides. Base.
 * A machine has no clock, no chance, no socket, no disk: whoever drives it owns those.
 */

/** Milliseconds since the UNIX epoch; whoever drives a machine never lets it fall. Durations are named `…Ms`. */
export type Instant = number

/** A protocol state machine. `Input` and `Output` are unions that differ by `kind`. */
export interface Machine<Input, Output> {
  /** Takes one input. Bounded work; never throws on anything that a peer sent. */
  handle(input: Input, now: Instant): void
  /** The next output; drain until undefined after every `handle`. */
  poll(): Output | undefined
  /** When to hand in `{ kind: 'timeout' }`. Early, late and repeated timeouts are harmless. */
  nextTimeout(): Instant | undefined
}

/** The input that every machine with a `nextTimeout` takes. */
export interface TimeoutInput {
  readonly kind: 'timeout'
}

/** Shared, since a timeout carries nothing. */
export const TIMEOUT: TimeoutInput = { kind: 'timeout' }
