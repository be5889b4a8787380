/**
 * A submitted transaction: bytes, fields, hash; what is wrong with it in itself. Testing.
 */
import { decode, encodeForSigning } from 'ripple-binary-codec'
import type { Amount } from '../state/entries.ts'
import { sha512Half } from '../state/indexes.ts'
import { isSignature, publicKeyType } from './signature.ts'

/** The fields all types share, as the codec writes them. */
export interface TransactionFields {
  readonly TransactionType: string
  readonly Account: string
  readonly Fee: Amount
  readonly Sequence: number
  readonly SigningPubKey: string
  readonly TxnSignature?: string
  readonly Flags?: number
  readonly LastLedgerSequence?: number
  readonly TicketSequence?: number
  readonly NetworkID?: number
  readonly AccountTxnID?: string
  readonly Signers?: readonly unknown[]
}

export interface Transaction {
  readonly fields: TransactionFields
  /** Hex, upper case. */
  readonly blob: string
  readonly hash: string
  /** In drops; what is no XRP or negative stands as -1. */
  readonly fee: bigint
  readonly flags: number
  /** Ticket or sequence: what makes this transaction the only one of its kind. */
  readonly sequence: number
}

/** Why bytes are no transaction at all; the server answers `invalidTransaction`. */
export class InvalidTransactionError extends Error {
  override readonly name = 'InvalidTransactionError'
}

/** `TXN\0` */
const HASH_PREFIX = '54584E00'
const BYTES_MIN = 32

/** @throws InvalidTransactionError */
export function decodeTransaction(hex: string): Transaction {
  if (hex.length < 2 * BYTES_MIN) throw new InvalidTransactionError('Transaction length invalid')
  const blob = hex.toUpperCase()
  const fields = decodeFields(blob)
  return {
    fields,
    blob,
    hash: sha512Half(HASH_PREFIX, blob),
    fee: typeof fields.Fee === 'string' && /^\d+$/.test(fields.Fee) ? BigInt(fields.Fee) : -1n,
    flags: fields.Flags ?? 0,
    sequence: fields.TicketSequence ?? fields.Sequence,
  }
}

const COMMON_REQUIRED = ['TransactionType', 'Account', 'Fee', 'Sequence', 'SigningPubKey'] as const

function decodeFields(blob: string): TransactionFields {
  let fields: Record<string, unknown>
  try {
    fields = decode(blob)
  } catch (error) {
    throw new InvalidTransactionError((error as Error).message)
  }
  for (const name of COMMON_REQUIRED) requireField(fields, name)
  return fields as unknown as TransactionFields
}

function requireField(fields: object, name: string): void {
  if (!Object.hasOwn(fields, name)) {
    throw new InvalidTransactionError(`Field '${name}' is required but missing.`)
  }
}

const COMMON_FIELDS: readonly string[] = [
  ...COMMON_REQUIRED,
  ...['TxnSignature', 'Flags', 'LastLedgerSequence', 'TicketSequence', 'NetworkID', 'AccountTxnID'],
  ...['Signers', 'Memos', 'SourceTag', 'OperationLimit'],
]

/** Which fields a type may have. */
interface FieldRules {
  readonly required: readonly string[]
  readonly optional: readonly string[]
  readonly unsupported?: readonly string[]
}

/** Checks the fields against the type's own. @throws InvalidTransactionError */
export function checkFields(fields: TransactionFields, type: FieldRules): void {
  for (const name of type.required) requireField(fields, name)
  const known = [COMMON_FIELDS, type.required, type.optional, type.unsupported ?? []]
  for (const name of Object.keys(fields)) {
    if (known.some((names) => names.includes(name))) continue
    throw new InvalidTransactionError(`Field '${name}' found in disallowed location.`)
  }
}

/** @throws InvalidTransactionError where the signature is not one of SigningPubKey over the rest */
export function checkSignature(transaction: Transaction): void {
  const { SigningPubKey: key, TxnSignature: signature, Signers: signers } = transaction.fields
  // Several signers: no account here has a list of them, so the engine refuses it later.
  if (signers !== undefined && key === '') return
  const message = publicKeyType(key) === undefined ? undefined : encodeForSigning({ ...transaction.fields })
  if (signature === undefined || message === undefined || !isSignature(message, signature, key)) {
    throw new InvalidTransactionError('fails local checks: Invalid signature.')
  }
}
