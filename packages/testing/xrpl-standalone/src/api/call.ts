/**
 * One request of the WebSocket API: parameters in, result or error out. Testing.
 */
import { isValidClassicAddress } from 'ripple-address-codec'
import type { Node } from '../node.ts'
import type { Client } from '../streams/subscriptions.ts'

export type Json = Readonly<Record<string, unknown>>

export interface Call {
  readonly node: Node
  readonly client: Client
  readonly parameters: Json
  /** 1 or 2. */
  readonly version: number
}

export type Command = (call: Call) => Json

const ERRORS = {
  actMalformed: [35, 'Account malformed.'],
  actNotFound: [19, 'Account not found.'],
  badSeed: [41, 'Disallowed seed.'],
  channelAmtMalformed: [46, 'Payment channel amount is malformed.'],
  channelMalformed: [45, 'Payment channel is malformed.'],
  entryNotFound: [98, 'Entry not found.'],
  invalidParams: [31, 'Invalid parameters.'],
  invalidTransaction: undefined,
  invalid_API_version: undefined,
  lgrIdxMalformed: [58, 'Ledger index malformed.'],
  lgrNotFound: [21, 'ledgerNotFound'],
  malformedStream: [71, 'Stream malformed.'],
  notImpl: [74, 'Not implemented.'],
  publicMalformed: [62, 'Public key is malformed.'],
  txnNotFound: [29, 'Transaction not found.'],
  unknownCmd: [32, 'Unknown method.'],
} as const

export type ErrorName = keyof typeof ERRORS

/** The answer is an error; `details` stand beside it. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly error: ErrorName
  readonly details: Json

  constructor(error: ErrorName, details: Json = {}) {
    super(error)
    this.error = error
    this.details = details
  }

  /** As the server words it. */
  describe(): Json {
    const row = ERRORS[this.error]
    const words = row === undefined ? {} : { error_code: row[0], error_message: row[1] }
    return { error: this.error, ...words, ...this.details }
  }
}

export function invalidParameters(message: string): ApiError {
  return new ApiError('invalidParams', { error_message: message })
}

/** @throws ApiError where the parameter is missing or no text */
export function textParameter(parameters: Json, name: string): string {
  const value = parameters[name]
  if (value === undefined) throw invalidParameters(`Missing field '${name}'.`)
  if (typeof value !== 'string') throw invalidParameters(`Invalid field '${name}'.`)
  return value
}

/** @throws ApiError `invalidParams` | `actMalformed` */
export function accountParameter(parameters: Json, name = 'account', details: Json = {}): string {
  const account = textParameter(parameters, name)
  if (!isValidClassicAddress(account)) throw new ApiError('actMalformed', details)
  return account
}

const LIMIT_MIN = 10
const LIMIT_MAX = 400
const LIMIT_DEFAULT = 200

/** How many entries a page may have; a small wish is raised, as the server does for those who are no admins. */
export function limitParameter(parameters: Json): number {
  const { limit } = parameters
  if (limit === undefined) return LIMIT_DEFAULT
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1)
    throw invalidParameters("Invalid field 'limit'.")
  return Math.min(Math.max(limit, LIMIT_MIN), LIMIT_MAX)
}
