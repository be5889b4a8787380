/**
 * Records in PostgreSQL: one round trip writes a group of commits. Base, io.
 *
 * A write that fails may have been carried out all the same, so the session is given up with it. The next write opens
 * a new one, which must get the lock, and must find the journal as this node left it: at the last write that was
 * acknowledged, or at the one whose answer was lost. A server that has lost writes is at an earlier one, and one that
 * another node has used is of another epoch: neither is written to again.
 */
import { setTimeout } from 'node:timers/promises'
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { JournalError, type Store } from '@hourglass/journal/io'
import type { Client } from 'pg'
import { type Place, findSequence } from './schema.ts'
import { type Access, openSession } from './session.ts'

/** One statement is one transaction. */
const WRITE = `
  WITH marked AS (
    UPDATE hourglass.journal SET sequence = $2 WHERE id = $1
  ), removed AS (
    DELETE FROM hourglass.record WHERE journal = $1 AND key = ANY ($3::text[])
  )
  INSERT INTO hourglass.record (journal, key, value)
  SELECT $1, key, value FROM unnest($4::text[], $5::bytea[]) AS put (key, value)
  ON CONFLICT (journal, key) DO UPDATE SET value = excluded.value`

const LOAD = `
  SELECT key, value FROM hourglass.record
  WHERE journal = $1 AND key >= $2 AND starts_with(key, $2) ORDER BY key`

/** A server that does not answer is not waited for: it ends the session by itself. */
const CLOSE_TIMEOUT_MS = 2000

export class PostgresStore implements Store {
  readonly #access: Access
  readonly #place: Place
  /** Told when the connection is lost; the next write makes a new one. */
  readonly #lost: () => void
  #session: Client | undefined
  /** The write that was acknowledged last. */
  #sequence: bigint

  constructor(access: Access, session: Client, place: Place, lost: () => void) {
    this.#access = access
    this.#place = place
    this.#lost = lost
    this.#sequence = place.sequence
    this.#use(session)
  }

  async write(commits: readonly (readonly JournalRecord[])[]): Promise<void> {
    const session = this.#session ?? (await this.#resume())
    const sequence = this.#sequence + 1n
    const { removed, keys, values } = mergeCommits(commits)
    try {
      await session.query({
        name: 'write',
        text: WRITE,
        values: [this.#place.id, String(sequence), removed, keys, values],
      })
    } catch (error) {
      this.#session = undefined
      void session.end().catch(() => undefined)
      throw error
    }
    this.#sequence = sequence
  }

  async load(prefix: string): Promise<StoredRecord[]> {
    if (this.#session === undefined)
      throw new JournalError('unusable', 'the connection to PostgreSQL is lost')
    const { rows } = await this.#session.query<{ key: string; value: Buffer }>(LOAD, [this.#place.id, prefix])
    return rows.map(({ key, value }) => ({
      key,
      value: new Uint8Array(value.buffer, value.byteOffset, value.length),
    }))
  }

  async close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await Promise.race([session?.end(), setTimeout(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
  }

  #use(session: Client): void {
    this.#session = session
    session.once('end', () => {
      if (this.#session !== session) return
      this.#session = undefined
      this.#lost()
    })
  }

  /** A session that may go on where the last one ended. */
  async #resume(): Promise<Client> {
    const session = await openSession(this.#access)
    try {
      const found = await findSequence(session, this.#place)
      if (found !== this.#sequence && found !== this.#sequence + 1n) {
        throw new JournalError(
          'lost',
          'PostgreSQL has lost what it had reported durable: start the node again',
        )
      }
    } catch (error) {
      void session.end().catch(() => undefined)
      throw error
    }
    this.#use(session)
    return session
  }
}

interface Changes {
  readonly removed: readonly string[]
  readonly keys: readonly string[]
  readonly values: readonly Uint8Array[]
}

/** What is left of the commits when all are written: each key once. */
function mergeCommits(commits: readonly (readonly JournalRecord[])[]): Changes {
  const changes = new Map<string, Uint8Array | undefined>()
  for (const records of commits) for (const { key, value } of records) changes.set(key, value)
  const removed: string[] = []
  const keys: string[] = []
  const values: Uint8Array[] = []
  for (const [key, value] of changes) {
    if (value === undefined) removed.push(key)
    else {
      keys.push(key)
      values.push(value)
    }
  }
  return { removed, keys, values }
}
