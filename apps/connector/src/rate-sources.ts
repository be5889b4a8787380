/** Reads sources of rates again and again, and tells the node. One that fails says nothing: its rates grow old. */
import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import type { NodeInput, RateTable } from '@hourglass/connector'
import { now } from '@hourglass/sansio/io'
import type { Config } from './config.ts'
import type { Logger } from './log.ts'
import { readRateDocument } from './rate-document.ts'

type SourceConfig = Config['rateSources'][number]

const ANSWER_TIMEOUT_MS = 10_000
const DOCUMENT_BYTES_MAX = 1 << 20

type Push = (input: NodeInput) => void

export class RateSources {
  readonly #push: Push
  readonly #log: Logger
  /** By rank. */
  #readers: Reader[] = []

  constructor(push: Push, log: Logger) {
    this.#push = push
    this.#log = log
  }

  /** Reads these from now on, in this order; what others have said is forgotten. */
  follow(sources: readonly SourceConfig[]): void {
    const before = this.#readers
    this.#readers = sources.map((source, rank) => {
      const reader = before[rank]
      if (reader !== undefined && isDeepStrictEqual(reader.source, source)) return reader
      return new Reader(source, rank, this.#push, this.#log)
    })
    for (const [rank, reader] of before.entries()) {
      if (this.#readers[rank] === reader) continue
      reader.close()
      this.#push({ kind: 'rates', rank, table: NOTHING })
    }
  }

  /** Reads no more, and tells nothing of what is being read. */
  close(): void {
    for (const reader of this.#readers) reader.close()
  }
}

const NOTHING: RateTable = { base: '', rates: new Map(), freshUntil: 0 }

/** One source. */
class Reader {
  readonly source: SourceConfig
  readonly #rank: number
  readonly #push: Push
  readonly #log: Logger
  readonly #ended = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(source: SourceConfig, rank: number, push: Push, log: Logger) {
    this.source = source
    this.#rank = rank
    this.#push = push
    this.#log = log
    void this.#refresh()
  }

  close(): void {
    this.#ended.abort()
    clearTimeout(this.#timer)
  }

  async #refresh(): Promise<void> {
    const { source } = this
    const { signal } = this.#ended
    try {
      const table = readRateDocument(await read(source, signal), source.staleAfterMs, now())
      if (!signal.aborted) this.#push({ kind: 'rates', rank: this.#rank, table })
    } catch (error) {
      if (!signal.aborted) {
        this.#log.warn({ source: nameOf(source), reason: reasonOf(error) }, 'rates.failed')
      }
    }
    if (!signal.aborted) this.#timer = setTimeout(() => void this.#refresh(), source.refreshMs)
  }
}

/** One case for each kind of source. */
async function read(source: SourceConfig, ended: AbortSignal): Promise<string> {
  switch (source.kind) {
    case 'file':
      return readFile(source.path, { encoding: 'utf8', signal: ended })
    case 'http': {
      const signal = AbortSignal.any([ended, AbortSignal.timeout(ANSWER_TIMEOUT_MS)])
      const response = await fetch(source.url, { headers: { accept: 'application/json' }, signal })
      if (!response.ok) throw new Error(`HTTP status ${response.status}`)
      return readLimited(response)
    }
  }
}

async function readLimited({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > DOCUMENT_BYTES_MAX) throw new Error(`more than ${DOCUMENT_BYTES_MAX} octets`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function nameOf(source: SourceConfig): string {
  return source.kind === 'file' ? source.path : new URL(source.url).host
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}
