/** The thread that has the database: it waits for the disk, so that the event loop does not. Base, io. */
import { parentPort, workerData } from 'node:worker_threads'
import type { StoredRecord } from '@hourglass/journal'
import { JournalError } from '@hourglass/journal/io'
import { openDatabase } from './sqlite-database.ts'
import { SqliteStore } from './sqlite-store.ts'
import {
  type WorkerAnswer,
  type WorkerOptions,
  type WorkerRequest,
  unpackRecords,
} from './worker-protocol.ts'

const port = parentPort!
const { file, durability } = workerData as WorkerOptions
let store: SqliteStore | undefined

answer(() => {
  store = new SqliteStore(openDatabase(file, durability))
  return []
})
port.on('message', (request: WorkerRequest) => {
  answer(() => perform(store!, request))
  if (request.kind === 'close') port.close()
})

function perform(database: SqliteStore, request: WorkerRequest): StoredRecord[] {
  switch (request.kind) {
    case 'write':
      database.write([unpackRecords(request.records)])
      return []
    case 'load':
      return database.load(request.prefix)
    case 'close':
      database.close()
      return []
  }
}

function answer(act: () => StoredRecord[]): void {
  let said: WorkerAnswer
  try {
    said = { kind: 'done', records: act() }
  } catch (error) {
    const code = error instanceof JournalError ? error.code : undefined
    said = { kind: 'failed', code, message: (error as Error).message }
  }
  port.postMessage(said)
}
