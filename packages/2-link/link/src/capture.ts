/**
 * What went into a link and came out, to look at and to run again. Layer 2, face.
 *
 * A link has no clock, chance or sockets of its own, so the same inputs at the same instants have the same outputs: a
 * capture of a session that went wrong is a test of it. It holds all that passed, secrets among it.
 */
import { decodeHex, encodeHex } from '@hourglass/oer'
import { type Instant, Queue, UsageError } from '@hourglass/sansio'
import type { Link, LinkInput, LinkOutput } from './link.ts'

/** One thing that happened, in order. */
export type CaptureEntry<WireIn = unknown, WireOut = unknown> =
  | { readonly at: Instant; readonly input: LinkInput<WireIn> }
  | { readonly at: Instant; readonly output: LinkOutput<WireOut> }

/** Tells all that goes into a link and comes out of it. */
export class RecordingLink<WireIn, WireOut> implements Link<WireIn, WireOut> {
  readonly #link: Link<WireIn, WireOut>
  readonly #record: (entry: CaptureEntry<WireIn, WireOut>) => void
  readonly #outputs = new Queue<LinkOutput<WireOut>>()

  /** `record` is handed what is valid during its call: bodies may change after it. */
  constructor(link: Link<WireIn, WireOut>, record: (entry: CaptureEntry<WireIn, WireOut>) => void) {
    this.#link = link
    this.#record = record
  }

  handle(input: LinkInput<WireIn>, now: Instant): void {
    this.#record({ at: now, input })
    this.#link.handle(input, now)
    for (let output = this.#link.poll(); output !== undefined; output = this.#link.poll()) {
      this.#record({ at: now, output })
      this.#outputs.push(output)
    }
  }

  poll(): LinkOutput<WireOut> | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    return this.#link.nextTimeout()
  }
}

/** Where a link does something else than was captured. */
export interface Difference {
  /** Index of the entry. */
  readonly at: number
  /** Undefined: nothing (more) was captured there, or comes. */
  readonly captured: string | undefined
  readonly replayed: string | undefined
}

/** Hands the captured inputs to a new link; the first output that differs, or undefined where all agree. */
export function replay<WireIn, WireOut>(
  link: Link<WireIn, WireOut>,
  entries: readonly CaptureEntry<WireIn, WireOut>[],
): Difference | undefined {
  let now: Instant = 0
  /** What the link says there, against what was captured. */
  const compare = (at: number, captured: string | undefined): Difference | undefined => {
    const output = link.poll()
    const replayed = output === undefined ? undefined : encodeEntry({ at: now, output })
    return replayed === captured ? undefined : { at, captured, replayed }
  }
  for (const [at, entry] of entries.entries()) {
    now = entry.at
    const difference = compare(at, 'input' in entry ? undefined : encodeEntry(entry))
    if (difference !== undefined) return difference
    if ('input' in entry) link.handle(entry.input, now)
  }
  return compare(entries.length, undefined)
}

/** One line of JSON, without its end; octets as `{"hex":"…"}`. */
export function encodeEntry(entry: CaptureEntry): string {
  return JSON.stringify(entry, (_, value: unknown) =>
    value instanceof Uint8Array ? { hex: encodeHex(new Uint8Array(value)) } : value,
  )
}

/** @throws UsageError where the line is no entry */
export function decodeEntry(line: string): CaptureEntry {
  let entry: unknown
  try {
    entry = JSON.parse(line, (_, value: unknown) => (isHex(value) ? decodeHex(value.hex) : value))
  } catch {
    throw new UsageError('a line of a capture is JSON')
  }
  if (!isEntry(entry)) throw new UsageError('a line of a capture has an instant, and an input or an output')
  return entry
}

function isHex(value: unknown): value is { hex: string } {
  return typeof value === 'object' && value !== null && 'hex' in value && typeof value.hex === 'string'
}

function isEntry(value: unknown): value is CaptureEntry {
  if (typeof value !== 'object' || value === null || !('at' in value)) return false
  const message: unknown = 'input' in value ? value.input : 'output' in value ? value.output : undefined
  return typeof value.at === 'number' && typeof message === 'object' && message !== null && 'kind' in message
}
