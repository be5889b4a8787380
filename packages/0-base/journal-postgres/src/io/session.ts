/**
 * One session with the server, which holds the journal's lock for as long as it lasts. Base, io.
 * Whoever holds the lock is the only one to write: a second node on these books would be ruinous.
 */
import type { Durability } from '@hourglass/journal'
import { JournalError } from '@hourglass/journal/io'
import { Client, DatabaseError } from 'pg'

export interface Access {
  readonly url: string
  readonly durability: Durability
  /** Of the journal. */
  readonly name: string
  /** Nobody else's sessions have it. */
  readonly sessionName: string
}

const CONNECT_TIMEOUT_MS = 5000
/** The server gives a statement up after this. */
const STATEMENT_TIMEOUT_MS = 10_000
/** How long the lock is waited for: the session of a node that was killed still ends what it was about. */
const LOCK_TIMEOUT_MS = 3000
/** Without an answer for this long the connection is dead. */
const QUERY_TIMEOUT_MS = 15_000

/** Keep-alives let go of a node that has vanished in half a minute, so that another may take its place. */
const SETTINGS = (durability: Durability): string => `
  SET synchronous_commit = ${durability === 'power' ? 'on' : 'off'};
  SET statement_timeout = ${STATEMENT_TIMEOUT_MS};
  SET lock_timeout = ${LOCK_TIMEOUT_MS};
  SET tcp_keepalives_idle = 10;
  SET tcp_keepalives_interval = 5;
  SET tcp_keepalives_count = 4`

/** A session of ours that the server has not yet missed would keep the lock from us. */
const END_EARLIER_SESSIONS = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE application_name = $1 AND pid <> pg_backend_pid()`

const TAKE_LOCK = `SELECT pg_advisory_lock(hashtextextended('hourglass.journal ' || $1, 0))`
/** SQLSTATE of a lock that was waited for in vain. */
const LOCK_NOT_AVAILABLE = '55P03'

/** @throws JournalError `unusable` | `in-use` */
export async function openSession(access: Access): Promise<Client> {
  let session: Client | undefined
  try {
    session = connectClient(access)
    await session.connect()
    await session.query(SETTINGS(access.durability))
    await session.query(END_EARLIER_SESSIONS, [access.sessionName])
    if (access.durability === 'power') await checkFlushing(session)
    await takeLock(session, access.name)
    return session
  } catch (error) {
    void session?.end().catch(() => undefined)
    if (error instanceof JournalError) throw error
    throw new JournalError('unusable', `cannot use PostgreSQL: ${describe(error as Error)}`, { cause: error })
  }
}

function connectClient({ url, sessionName }: Access): Client {
  const client = new Client({
    connectionString: url,
    application_name: sessionName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  })
  // What a lost connection says as an event, the statement under way and the event `end` say as well.
  client.on('error', () => undefined)
  return client
}

async function checkFlushing(session: Client): Promise<void> {
  const { rows } = await session.query<{ fsync: string }>('SHOW fsync')
  if (rows[0]?.fsync !== 'on') {
    throw new JournalError(
      'unusable',
      'PostgreSQL runs with fsync off: nothing in it survives the loss of power',
    )
  }
}

async function takeLock(session: Client, name: string): Promise<void> {
  try {
    await session.query(TAKE_LOCK, [name])
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== LOCK_NOT_AVAILABLE) throw error
    throw new JournalError('in-use', `the journal "${name}" is in use by another node`, { cause: error })
  }
}

/** Without the URL, which may hold a password. */
function describe(error: Error & { readonly code?: string }): string {
  if (error instanceof DatabaseError) return error.message
  return [error.code, error.message].filter(Boolean).join(' ')
}
