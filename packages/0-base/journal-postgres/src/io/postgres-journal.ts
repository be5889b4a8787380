/** Opens durable records in a PostgreSQL database. Base, io. */
import { randomUUID } from 'node:crypto'
import type { Durability, Journal } from '@hourglass/journal'
import { DurableJournal, type DurableJournalOptions } from '@hourglass/journal/io'
import { PostgresStore } from './postgres-store.ts'
import { claimPlace, prepareSchema } from './schema.ts'
import { openSession } from './session.ts'

export interface PostgresJournalOptions extends DurableJournalOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string
  /**
   * `power`: a commit waits for the server's disk (`synchronous_commit = on`). `process`: it does not; it survives the
   * end of this process, and the end of the server but for about its last second. Where the server has lost what it
   * reported, the journal stays failing until the node starts again from what is there.
   */
  readonly durability: Durability
  /** Journals of several nodes may share a database, each under a name of its own. Default `node`. */
  readonly name?: string | undefined
}

/** @throws JournalError `unusable` | `in-use` | `foreign` */
export async function openPostgresJournal(options: PostgresJournalOptions): Promise<Journal> {
  const { url, durability, name = 'node', report } = options
  // Names the sessions of this journal in the server's lists, and no others.
  const access = { url, durability, name, sessionName: `hourglass-journal ${randomUUID()}` }
  const session = await openSession(access)
  try {
    await prepareSchema(session)
    const place = await claimPlace(session, name)
    const store = new PostgresStore(access, session, place, () => journal.check())
    const journal = new DurableJournal(store, { report })
    return journal
  } catch (error) {
    await session.end()
    throw error
  }
}
