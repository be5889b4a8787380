/** Captures on disk: a line for each entry. Layer 2, io. */
import { createReadStream, createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { createInterface } from 'node:readline/promises'
import { type CaptureEntry, decodeEntry, encodeEntry } from '../capture.ts'

export interface CaptureFile {
  readonly record: (entry: CaptureEntry) => void
  /** Resolves when all is written. Rejects where it could not be. */
  close(): Promise<void>
}

/** Makes the file anew, for its owner alone: tokens and money pass a link. */
export function openCapture(file: string): CaptureFile {
  const stream = createWriteStream(file, { mode: 0o600 })
  const written = finished(stream)
  // Told to whoever closes.
  written.catch(() => undefined)
  return {
    record: (entry) => void stream.write(`${encodeEntry(entry)}\n`),
    async close() {
      stream.end()
      await written
    },
  }
}

/** @throws UsageError where it is no capture */
export async function readCapture(file: string): Promise<CaptureEntry[]> {
  const entries: CaptureEntry[] = []
  for await (const line of createInterface(createReadStream(file))) entries.push(decodeEntry(line))
  return entries
}
