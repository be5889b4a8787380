/** A SQLite store in a thread of its own. Base, io. */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { JournalError, type Store } from '@hourglass/journal/io'
import { type WorkerAnswer, type WorkerOptions, type WorkerRequest, packRecords } from './worker-protocol.ts'

/** `.ts` from sources, `.js` as shipped: the thread runs what this file is. */
const EXTENSION = extname(import.meta.url)
const PROGRAM = new URL(`./sqlite-worker${EXTENSION}`, import.meta.url)
const CONDITIONS = EXTENSION === '.ts' ? ['--conditions=@hourglass/source'] : []

interface Asked {
  readonly resolve: (records: StoredRecord[]) => void
  readonly reject: (error: Error) => void
}

export class WorkerStore implements Store {
  readonly #worker: Worker
  /** Whose answers are to come, in order. */
  readonly #asked: Asked[] = []

  private constructor(options: WorkerOptions) {
    this.#worker = new Worker(PROGRAM, { workerData: options, execArgv: CONDITIONS })
    this.#worker.on('message', (answer: WorkerAnswer) => this.#answered(answer))
  }

  /** @throws JournalError `unusable` | `in-use` | `foreign` */
  static async open(options: WorkerOptions): Promise<WorkerStore> {
    const store = new WorkerStore(options)
    try {
      await store.#answer()
      return store
    } catch (error) {
      await store.#worker.terminate()
      throw error
    }
  }

  async write(commits: readonly (readonly JournalRecord[])[]): Promise<void> {
    const records = packRecords(commits.flat())
    await this.#ask({ kind: 'write', records }, [records.values.buffer])
  }

  load(prefix: string): Promise<StoredRecord[]> {
    return this.#ask({ kind: 'load', prefix })
  }

  async close(): Promise<void> {
    await this.#ask({ kind: 'close' })
  }

  #ask(request: WorkerRequest, transfer: ArrayBuffer[] = []): Promise<StoredRecord[]> {
    this.#worker.postMessage(request, transfer)
    return this.#answer()
  }

  /** The next answer, until which the process stays alive. */
  #answer(): Promise<StoredRecord[]> {
    this.#worker.ref()
    return new Promise((resolve, reject) => this.#asked.push({ resolve, reject }))
  }

  #answered(answer: WorkerAnswer): void {
    const { resolve, reject } = this.#asked.shift()!
    if (this.#asked.length === 0) this.#worker.unref()
    if (answer.kind === 'done') resolve(answer.records)
    else if (answer.code === undefined) reject(new Error(answer.message))
    else reject(new JournalError(answer.code, answer.message))
  }
}
