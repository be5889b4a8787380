/**
 * submit, tx, account_tx. Testing.
 */
import { BASE_FEE_DROPS } from '../engine/rules.ts'
import { scaled } from '../engine/engine.ts'
import {
  checkFields,
  checkSignature,
  decodeTransaction,
  InvalidTransactionError,
} from '../engine/transaction.ts'
import type { Transaction } from '../engine/transaction.ts'
import { transactionType } from '../engine/types.ts'
import type { Placed } from '../ledger/history.ts'
import { isIndex } from '../state/indexes.ts'
import { accountParameter, ApiError, type Call, invalidParameters, type Json, textParameter } from './call.ts'
import { presentHistoric, presentPending, presentResult, presentTransaction } from './present.ts'

export function submit({ node, parameters }: Call): Json {
  // Signing for others is nothing a server should do; the client does it.
  if (parameters['tx_blob'] === undefined && parameters['tx_json'] !== undefined)
    throw new ApiError('notImpl')
  const transaction = readTransaction(textParameter(parameters, 'tx_blob'))
  const submission = node.submit(transaction)
  return {
    accepted: true,
    account_sequence_available: submission.sequenceNext,
    account_sequence_next: submission.sequenceNext,
    applied: submission.applied,
    broadcast: submission.applied || submission.queued,
    ...presentResult(submission.result),
    kept: true,
    open_ledger_cost: String(scaled(BASE_FEE_DROPS, node.chain.loadFactor)),
    queued: submission.queued,
    tx_blob: transaction.blob,
    tx_json: { ...transaction.fields, hash: transaction.hash },
    validated_ledger_index: node.chain.validated.index,
  }
}

/** @throws ApiError `invalidTransaction` */
function readTransaction(blob: string): Transaction {
  try {
    const transaction = decodeTransaction(blob)
    const type = transactionType(transaction.fields.TransactionType)
    if (type !== undefined) checkFields(transaction.fields, type)
    checkSignature(transaction)
    return transaction
  } catch (error) {
    if (!(error instanceof InvalidTransactionError)) throw error
    throw new ApiError('invalidTransaction', { error_exception: error.message })
  }
}

export function tx(call: Call): Json {
  const { node, parameters, version } = call
  const { networkId } = node.chain.rules
  const placed = find(call)
  if (placed !== undefined) return presentTransaction(placed, version, networkId)
  const hash = String(parameters['transaction']).toUpperCase()
  const pending = node.submitted(hash)
  if (pending === undefined) throw new ApiError('txnNotFound', searchedAll(call))
  return presentPending(pending, version)
}

/** By hash, or by compact id. */
function find({ node, parameters }: Call): Placed | undefined {
  const { transaction: hash, ctid } = parameters
  if (typeof ctid === 'string' && /^C[0-9A-F]{15}$/i.test(ctid)) {
    const applied = node.ledgerAt(parseInt(ctid.slice(1, 8), 16))?.transactions[
      parseInt(ctid.slice(8, 12), 16)
    ]
    return applied === undefined ? undefined : node.placed(applied.transaction.hash)
  }
  if (hash === undefined) throw invalidParameters("Missing field 'transaction'.")
  return isIndex(hash) ? node.placed(hash.toUpperCase()) : undefined
}

/** Whether the server knows all of the ledgers asked about, the first of which it never does. */
function searchedAll({ node, parameters }: Call): Json {
  const { min_ledger: min, max_ledger: max } = parameters
  if (typeof min !== 'number' || typeof max !== 'number') return {}
  return { searched_all: min > node.chain.history.oldest.index && max <= node.seenLedger().index }
}

/** Newest first unless `forward`; pages by a marker that names the next transaction. */
export function accountTx({ node, parameters, version }: Call): Json {
  const account = accountParameter(parameters)
  const { history, rules } = node.chain
  const first = bound(parameters['ledger_index_min'], history.oldest.index, Math.max)
  const last = bound(parameters['ledger_index_max'], node.seenLedger().index, Math.min)
  const inRange = history
    .ofAccount(account)
    .filter(({ ledger }) => ledger.index >= first && ledger.index <= last)
  const ordered = parameters['forward'] === true ? inRange : inRange.toReversed()
  const from = startOf(ordered, parameters['marker'])
  const { limit } = parameters
  const count = typeof limit === 'number' && limit > 0 ? limit : ACCOUNT_TX_DEFAULT
  const next = ordered[from + count]
  return {
    account,
    ledger_index_max: last,
    ledger_index_min: first,
    ...(limit === undefined ? {} : { limit: count }),
    ...(next === undefined
      ? {}
      : { marker: { ledger: next.ledger.index, seq: next.metadata.TransactionIndex } }),
    transactions: ordered
      .slice(from, from + count)
      .map((placed) => presentHistoric(placed, version, rules.networkId)),
    validated: true,
  }
}

const ACCOUNT_TX_DEFAULT = 200

/** -1 and nothing stand for all there is. */
function bound(value: unknown, limit: number, narrow: (one: number, other: number) => number): number {
  return typeof value === 'number' && value >= 0 ? narrow(value, limit) : limit
}

function startOf(ordered: readonly Placed[], marker: unknown): number {
  if (marker === undefined) return 0
  const { ledger, seq } = marker as { readonly ledger?: unknown; readonly seq?: unknown }
  const at = ordered.findIndex(
    (placed) => placed.ledger.index === ledger && placed.metadata.TransactionIndex === seq,
  )
  if (at < 0) throw invalidParameters("Invalid field 'marker'.")
  return at
}
