/**
 * The tables, and one journal's place in them. Base, io.
 *
 * All lie in a schema of their own, `hourglass`: `version` has one row, `journal` a row for each journal, `record` the
 * records of all of them. A journal's row counts who has opened it (`epoch`) and its writes (`sequence`), so that a
 * node which was cut off sees afterwards whether all is as it left it.
 */
import { JournalError } from '@hourglass/journal/io'
import type { ClientBase } from 'pg'

/** The version of these tables. */
const SCHEMA_VERSION = 1

/** For as long as a transaction, so that two nodes do not make the tables at once. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtextextended('hourglass.schema', 0))`

const FIND_SCHEMA = `
  SELECT count(*)::integer AS tables, coalesce(bool_or(relname = 'version'), false) AS is_ours
  FROM pg_class JOIN pg_namespace ON relnamespace = pg_namespace.oid
  WHERE nspname = 'hourglass' AND relkind = 'r'`

/** Keys in the order of their octets. */
const CREATE = `
  CREATE SCHEMA IF NOT EXISTS hourglass;
  CREATE TABLE hourglass.version (version integer NOT NULL);
  INSERT INTO hourglass.version VALUES (${SCHEMA_VERSION});
  CREATE TABLE hourglass.journal (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    epoch bigint NOT NULL,
    sequence bigint NOT NULL
  );
  CREATE TABLE hourglass.record (
    journal integer NOT NULL REFERENCES hourglass.journal,
    key text COLLATE "C" NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (journal, key)
  )`

/** Makes the tables where there are none. @throws JournalError `foreign` */
export async function prepareSchema(session: ClientBase): Promise<void> {
  await session.query('BEGIN')
  await session.query(LOCK)
  const { rows } = await session.query<{ tables: number; is_ours: boolean }>(FIND_SCHEMA)
  if (rows[0]?.tables === 0) await session.query(CREATE)
  else if (rows[0]?.is_ours !== true) {
    throw new JournalError('foreign', 'the schema "hourglass" of this database is of another program')
  }
  const found = await session.query<{ version: number }>('SELECT version FROM hourglass.version')
  const version = found.rows[0]?.version
  if (version !== SCHEMA_VERSION) {
    throw new JournalError(
      'foreign',
      `the database has version ${version} of the journal, and this program knows ${SCHEMA_VERSION}: use a newer one`,
    )
  }
  await session.query('COMMIT')
}

/** A journal as one node has opened it. */
export interface Place {
  readonly id: number
  /** The database counts in bigint, which the client hands over as decimal digits. */
  readonly epoch: string
  readonly sequence: bigint
}

const CLAIM = `
  INSERT INTO hourglass.journal AS mine (name, epoch, sequence) VALUES ($1, 1, 0)
  ON CONFLICT (name) DO UPDATE SET epoch = mine.epoch + 1
  RETURNING id, epoch, sequence`

interface PlaceRow {
  readonly id: number
  readonly epoch: string
  readonly sequence: string
}

/** Opens the journal of that name, whose lock the session holds. */
export async function claimPlace(session: ClientBase, name: string): Promise<Place> {
  const { rows } = await session.query<PlaceRow>(CLAIM, [name])
  const { id, epoch, sequence } = rows[0]!
  return { id, epoch, sequence: BigInt(sequence) }
}

/**
 * How many writes the journal has taken, where nobody else has opened it meanwhile.
 * @throws JournalError `in-use`
 */
export async function findSequence(session: ClientBase, { id, epoch }: Place): Promise<bigint> {
  const { rows } = await session.query<PlaceRow>(
    'SELECT epoch, sequence FROM hourglass.journal WHERE id = $1',
    [id],
  )
  const row = rows[0]
  if (row?.epoch !== epoch) {
    throw new JournalError('in-use', 'another node has used this journal while the connection was lost')
  }
  return BigInt(row.sequence)
}
