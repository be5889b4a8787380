/**
 * Messages to those who subscribed: a ledger closed, a transaction was applied. Testing.
 */
import { fieldsOf, presentMessage, presentResult } from '../api/present.ts'
import type { Json } from '../api/call.ts'
import { BASE_FEE_DROPS, RESERVE_BASE_DROPS, RESERVE_INCREMENT_DROPS } from '../engine/rules.ts'
import type { Transaction } from '../engine/transaction.ts'
import type { Submission } from '../ledger/chain.ts'
import type { ClosedLedger } from '../ledger/closed-ledger.ts'
import { affectedAccounts } from '../ledger/history.ts'
import type { Node } from '../node.ts'
import type { Client, Interests } from './subscriptions.ts'

/** The ledger's own figures, as `subscribe` answers and each `ledgerClosed` repeats them. */
export function ledgerFigures(node: Node, ledger: ClosedLedger): Json {
  return {
    fee_base: Number(BASE_FEE_DROPS),
    ledger_hash: ledger.hash,
    ledger_index: ledger.index,
    ledger_time: ledger.closeTime,
    network_id: node.chain.rules.networkId,
    reserve_base: Number(RESERVE_BASE_DROPS),
    reserve_inc: Number(RESERVE_INCREMENT_DROPS),
    validated_ledgers: node.ledgerRange(ledger),
  }
}

/** `ledgerClosed` first, then each transaction: to the stream, and once more to those who follow its accounts. */
export function publishLedger(node: Node, ledger: ClosedLedger): void {
  const closed = {
    ...ledgerFigures(node, ledger),
    txn_count: ledger.transactions.length,
    type: 'ledgerClosed',
  }
  for (const [client, interests] of node.subscriptions) {
    if (interests.streams.has('ledger')) client.push(closed)
  }
  for (const applied of ledger.transactions) {
    const placed = { ...applied, ledger }
    const accounts = affectedAccounts(applied.metadata)
    for (const [client, interests] of node.subscriptions) {
      const times = audiences(interests, accounts)
      if (times === 0) continue
      const message = presentMessage(placed, interests.version, node.chain.rules.networkId)
      for (let time = 0; time < times; time += 1) client.push(message)
    }
  }
}

function audiences(
  { streams, accounts, accountsProposed }: Interests,
  affected: ReadonlySet<string>,
): number {
  const all = streams.has('transactions') || streams.has('transactions_proposed')
  const own = [...affected].some((account) => accounts.has(account) || accountsProposed.has(account))
  return Number(all) + Number(own)
}

/** A transaction entered the open ledger. */
export function publishProposed(node: Node, transaction: Transaction, submission: Submission): void {
  for (const [client, interests] of node.subscriptions) {
    const mine = interests.accountsProposed.has(transaction.fields.Account)
    if (mine || interests.streams.has('transactions_proposed')) {
      client.push(presentProposed(node, transaction, submission, interests.version))
    }
  }
}

function presentProposed(
  node: Node,
  transaction: Transaction,
  submission: Submission,
  version: number,
): Json {
  const fields = fieldsOf(transaction, version)
  return {
    ...presentResult(submission.result),
    ...(version === 1
      ? { transaction: { ...fields, hash: transaction.hash } }
      : { hash: transaction.hash, tx_json: fields }),
    ledger_current_index: node.chain.openIndex,
    status: 'proposed',
    type: 'transaction',
    validated: false,
  }
}

/** `serverStatus`, once in the beginning and whenever the load changes. */
export function publishStatus(node: Node): void {
  const load = Math.round(node.chain.loadFactor * LOAD_BASE)
  const message = {
    base_fee: Number(BASE_FEE_DROPS),
    load_base: LOAD_BASE,
    load_factor: load,
    load_factor_fee_escalation: load,
    load_factor_fee_queue: LOAD_BASE,
    load_factor_fee_reference: LOAD_BASE,
    load_factor_server: LOAD_BASE,
    server_status: 'full',
    type: 'serverStatus',
  }
  for (const [client, interests] of node.subscriptions) pushTo(client, interests, message)
}

/** A load factor of 1, as the server counts it. */
export const LOAD_BASE = 256

function pushTo(client: Client, interests: Interests, message: Json): void {
  if (interests.streams.has('server')) client.push(message)
}
