/**
 * How transactions and ledgers look in answers and streams, in both versions of the API. Testing.
 */
import { resultCode, resultMessage } from '../engine/results.ts'
import type { Transaction } from '../engine/transaction.ts'
import { isoTime } from '../ledger/clock.ts'
import type { Placed } from '../ledger/history.ts'
import { without } from '../state/entries.ts'
import type { Json } from './call.ts'

/** Compact transaction id: ledger, position, network. */
function compactId(placed: Placed, networkId: number): string {
  const ledger = placed.ledger.index.toString(16).padStart(7, '0')
  const position = placed.metadata.TransactionIndex.toString(16).padStart(4, '0')
  return `C${ledger}${position}${networkId.toString(16).padStart(4, '0')}`.toUpperCase()
}

/** Version 1 names the amount of a payment twice, version 2 renames it. */
export function fieldsOf(transaction: Transaction, version: number): Json {
  const fields = transaction.fields as unknown as Json
  if (transaction.fields.TransactionType !== 'Payment') return fields
  const { Amount: amount, ...rest } = fields
  return version === 1 ? { ...fields, DeliverMax: amount } : { ...rest, DeliverMax: amount }
}

/** The answer to `tx`. */
export function presentTransaction(placed: Placed, version: number, networkId: number): Json {
  const { transaction, metadata, ledger } = placed
  const ctid = compactId(placed, networkId)
  const fields = {
    ...fieldsOf(transaction, version),
    ctid,
    date: ledger.closeTime,
    ledger_index: ledger.index,
  }
  if (version === 1) {
    return { ...fields, hash: transaction.hash, inLedger: ledger.index, meta: metadata, validated: true }
  }
  return { ...presentInLedger(placed), ctid, tx_json: fields }
}

/** The answer to `tx` where the transaction is in no closed ledger. */
export function presentPending(transaction: Transaction, version: number): Json {
  const fields = fieldsOf(transaction, version)
  if (version === 1) return { ...fields, hash: transaction.hash, validated: false }
  return { hash: transaction.hash, tx_json: fields, validated: false }
}

/** One line of `account_tx`. */
export function presentHistoric(placed: Placed, version: number, networkId: number): Json {
  const shown = presentTransaction(placed, version, networkId)
  if (version === 1) {
    const { meta, validated, ...fields } = shown
    return { meta, tx: fields, validated }
  }
  return without(shown, 'ctid')
}

/** One transaction of an expanded `ledger`. */
export function presentExpanded(placed: Placed, version: number): Json {
  if (version === 1) {
    const fields = { ...(placed.transaction.fields as unknown as Json), hash: placed.transaction.hash }
    return { ...fields, metaData: placed.metadata }
  }
  return { ...presentInLedger(placed), tx_json: fieldsOf(placed.transaction, version) }
}

function presentInLedger({ transaction, metadata, ledger }: Placed): Json {
  return {
    close_time_iso: isoTime(ledger.closeTime),
    hash: transaction.hash,
    ledger_hash: ledger.hash,
    ledger_index: ledger.index,
    meta: metadata,
    validated: true,
  }
}

/** A message of the streams `transactions` and `accounts`. */
export function presentMessage(placed: Placed, version: number, networkId: number): Json {
  const { transaction, result, ledger } = placed
  const fields = { ...fieldsOf(transaction, version), date: ledger.closeTime }
  return {
    ...presentInLedger(placed),
    ...presentResult(result),
    ctid: compactId(placed, networkId),
    status: 'closed',
    type: 'transaction',
    ...(version === 1 ? { transaction: { ...fields, hash: transaction.hash } } : { tx_json: fields }),
  }
}

export function presentResult(result: Placed['result']): Json {
  return {
    engine_result: result,
    engine_result_code: resultCode(result),
    engine_result_message: resultMessage(result),
  }
}
