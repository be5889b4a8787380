/**
 * Whose fault? Errors that every layer shares. Base.
 * Outcomes of a protocol (a Reject, a close) are values, not errors: docs/ARCHITECTURE.md, "Errors".
 */

/** Bytes from a peer that are no valid message. Thrown by `decode…` only, caught by a machine's `handle`. */
export class DecodeError<Code extends string = string> extends Error {
  override readonly name = 'DecodeError'
  /** What is wrong: a literal that the decoder's docstring lists. */
  readonly code: Code
  /** Offset of the offending byte, from the start of the buffer that was handed in. */
  readonly at: number

  constructor(code: Code, at: number) {
    super(`${code} at byte ${at}`)
    this.code = code
    this.at = at
  }
}

/** Our own caller broke a function's contract. The message says what was wrong and what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** An invariant of ours is broken: going on could cost money, so nobody catches this. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Stops the process on a broken invariant; stays on in production. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new AssertionError(`broken invariant: ${invariant}`)
}
