/** Reads of a certain validated ledger. Layer 1, io. */
import type { Json } from '../json.ts'
import type { Command, Connection } from './connection.ts'
import { ServerError } from './errors.ts'
import type { Head } from './head.ts'

/**
 * Asks for what that ledger holds; default: the newest validated one. Servers would rather tell of the open ledger,
 * which is not final, so the answer has to name the very ledger.
 * @throws ServerError also where the answer is of another ledger; XrplError `unreachable` | `closed`
 */
export async function readValidated(
  connection: Connection,
  command: Command,
  ledger?: Head,
  patienceMs?: number,
): Promise<Json> {
  const which = { ledger_index: ledger?.index ?? 'validated' }
  const answer = await connection.request({ ...command, ...which }, patienceMs)
  return checked(answer, ledger)
}

/** The same for an entry; undefined where the ledger has none there. */
export async function readEntry(
  connection: Connection,
  command: Command,
  ledger: Head,
): Promise<Json | undefined> {
  try {
    return await readValidated(connection, command, ledger)
  } catch (error) {
    if (!(error instanceof ServerError && error.code === 'entryNotFound')) throw error
    // Some servers do not say of which ledger; who concludes anything from it finds the deletion, too.
    if ('ledger_hash' in error.answer) checked(error.answer, ledger)
    return undefined
  }
}

function checked(answer: Json, ledger: Head | undefined): Json {
  const isSame =
    ledger === undefined || (answer['ledger_index'] === ledger.index && answer['ledger_hash'] === ledger.hash)
  if (answer['validated'] === true && isSame) return answer
  throw new ServerError('nonsense', 'the answer is not of the validated ledger that was asked for')
}
