/** Reads sources of rates again and again, and tells the node. One that fails says nothing: its rates grow old. */
import { readFile } from 'node:fs/promises'
import type { NodeInput } from '@hourglass/connector'
import { now } from '@hourglass/sansio/io'
import type { Config } from './config.ts'
import type { Logger } from './log.ts'
import { readRateDocument } from './rate-document.ts'

type SourceConfig = Config['rateSources'][number]

const ANSWER_TIMEOUT_MS = 10_000
const DOCUMENT_BYTES_MAX = 1 << 20

export interface RateSources {
  /** Reads no more, and tells nothing of what is being read. */
  close(): void
}

export function openRateSources(
  sources: readonly SourceConfig[],
  push: (input: NodeInput) => void,
  log: Logger,
): RateSources {
  const ended = new AbortController()
  sources.forEach((source, rank) => {
    let timer: NodeJS.Timeout | undefined
    const refresh = async (): Promise<void> => {
      try {
        const text = await read(source, ended.signal)
        const table = readRateDocument(text, source.staleAfterMs, now())
        if (!ended.signal.aborted) push({ kind: 'rates', rank, table })
      } catch (error) {
        if (!ended.signal.aborted)
          log.warn({ source: nameOf(source), reason: reasonOf(error) }, 'rates.failed')
      }
      if (!ended.signal.aborted) timer = setTimeout(() => void refresh(), source.refreshMs)
    }
    ended.signal.addEventListener('abort', () => clearTimeout(timer))
    void refresh()
  })
  return { close: () => ended.abort() }
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
