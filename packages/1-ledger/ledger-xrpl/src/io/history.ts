/** All validated transactions that concern an account, between two ledgers. Layer 1, io. */
import { type Json, countAt, objectsAt } from '../json.ts'
import type { ValidatedTransaction } from '../transaction.ts'
import type { Connection } from './connection.ts'
import { ServerError } from './errors.ts'
import { checkTransaction } from './hash.ts'
import type { Head } from './head.ts'

export interface Reading {
  /** First ledger. */
  readonly from: number
  /** The last one, given up to which one the server has read. May throw. */
  readonly upTo: (last: number) => Head
  /** Hears of each transaction in its order; of some again where the reading has to be begun anew. */
  readonly see: (transaction: ValidatedTransaction) => void
}

/**
 * Returns up to which ledger it has read; undefined where the server does not remember all of them.
 * @throws ServerError `nonsense`; XrplError `closed`
 */
export async function readHistory(
  connection: Connection,
  account: string,
  { from, upTo, see }: Reading,
): Promise<Head | undefined> {
  let head: Head | undefined
  for (let marker: unknown; ;) {
    const page = await ask(connection, account, from, marker)
    if (page.first > from) return undefined
    head ??= upTo(page.last)
    for (const item of page.items) {
      // What is in a later ledger is read with it. What is in none that we hear of is not validated, whoever says so.
      if ((countAt(item, 'ledger_index') ?? 0) > head.index) continue
      see(checked(item, from))
    }
    marker = page.marker
    if (marker === undefined) return head
  }
}

interface Page {
  /** The ledgers that were searched. */
  readonly first: number
  readonly last: number
  readonly items: readonly Json[]
  /** Where the next page begins; undefined where there is none. */
  readonly marker: unknown
}

async function ask(connection: Connection, account: string, from: number, marker: unknown): Promise<Page> {
  const query = { command: 'account_tx', account, ledger_index_max: -1, forward: true, limit: PAGE }
  const position = marker === undefined ? {} : { marker }
  try {
    return pageOf(await connection.request({ ...query, ledger_index_min: from, ...position }))
  } catch (error) {
    if (!(error instanceof ServerError && OUT_OF_RANGE.has(error.code))) throw error
    // That is said of ledgers that are no more, and of those that are not yet.
    const { first, last } = pageOf(await connection.request({ ...query, ledger_index_min: -1, limit: 1 }))
    return { first, last, items: [], marker: undefined }
  }
}

function pageOf(answer: Json): Page {
  const first = countAt(answer, 'ledger_index_min')
  const last = countAt(answer, 'ledger_index_max')
  if (first === undefined || last === undefined) {
    throw new ServerError('nonsense', 'the answer does not say which ledgers it is about')
  }
  return { first, last, items: objectsAt(answer, 'transactions'), marker: answer['marker'] }
}

function checked(item: Json, from: number): ValidatedTransaction {
  const transaction = checkTransaction(item)
  if (transaction !== undefined && transaction.ledgerIndex >= from) return transaction
  throw new ServerError('nonsense', 'the answer holds what is no validated transaction of these ledgers')
}

/** Transactions that are asked for at a time. */
const PAGE = 200
const OUT_OF_RANGE: ReadonlySet<string> = new Set(['lgrIdxMalformed', 'lgrIdxsInvalid', 'invalidLgrRange'])
