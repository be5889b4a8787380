/** Transactions of validated ledgers, as servers show them. Layer 1. Spec: XRP Ledger, API version 2. */
import { type Json, countAt, hashAt, objectAt, textAt } from './json.ts'

export interface ValidatedTransaction {
  /** 64 upper-case hex digits. */
  readonly hash: string
  readonly ledgerIndex: number
  /** Place in its ledger. */
  readonly position: number
  /** Engine result: `tesSUCCESS`, or a `tec…`, which took a fee and did nothing else. */
  readonly result: string
  readonly feeDrops: bigint
  /** Its own fields. */
  readonly fields: Json
  readonly meta: Json
}

/** Reads an answer to `tx`, or an entry of `account_tx`. Undefined for what is malformed or not validated. */
export function decodeTransaction(json: Json): ValidatedTransaction | undefined {
  const fields = objectAt(json, 'tx_json')
  const meta = objectAt(json, 'meta')
  const hash = hashAt(json, 'hash')
  const ledgerIndex = countAt(json, 'ledger_index')
  const position = countAt(meta, 'TransactionIndex')
  const result = textAt(meta, 'TransactionResult')
  const fee = textAt(fields, 'Fee')
  if (json['validated'] !== true || hash === undefined || ledgerIndex === undefined) return undefined
  if (position === undefined || result === undefined || fee === undefined || !/^\d{1,18}$/.test(fee))
    return undefined
  return { hash, ledgerIndex, position, result, feeDrops: BigInt(fee), fields, meta }
}

/** Orders what is known of the ledger: a later transaction has the higher number. */
export function orderOf({ ledgerIndex, position }: { ledgerIndex: number; position: number }): number {
  return ledgerIndex * POSITIONS_MAX + position
}

/** The ledger of what has that order. */
export function ledgerOfOrder(order: number): number {
  return Math.floor(order / POSITIONS_MAX)
}

/** The order of what a whole ledger leads to. */
export function orderOfLedger(ledgerIndex: number): number {
  return orderOf({ ledgerIndex, position: POSITIONS_MAX - 1 })
}

/** Far more transactions than a ledger holds; and ledger numbers stay exact for some thousand years. */
const POSITIONS_MAX = 2 ** 20
