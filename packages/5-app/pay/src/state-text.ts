/**
 * A payment's state as text, for a file or a row of a database. Layer 5, wire.
 * JSON; amounts are decimal strings. It holds the secret of a connection: keep it where only the payer reads.
 */
import { isAddress } from '@hourglass/ilp'
import { decodeBase64, encodeBase64 } from '@hourglass/oer'
import { DecodeError, type Instant } from '@hourglass/sansio'
import type { PaymentAmount, Ratio } from '@hourglass/stream'
import type { ConnectionState, PaymentState } from './state.ts'

const VERSION = 1
const SECRET_BYTES = 32
/** Digits; what exact ratios need, and no more. */
const NUMBER_LENGTH_MAX = 400

export function encodePaymentState({ connection, ...state }: PaymentState): string {
  const { sharedSecret, ...rest } = connection
  const fields = { version: VERSION, ...state, connection: { ...rest, secret: encodeBase64(sharedSecret) } }
  return JSON.stringify(fields, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
}

/** @throws DecodeError `bad-json` | `bad-state`; `at` is 0 */
export function decodePaymentState(text: string): PaymentState {
  const fields = objectOf(decodeJson(text))
  if (fields['version'] !== VERSION) throw new DecodeError('bad-state', 0)
  return {
    amount: decodeAmount(objectOf(fields['amount'])),
    minimumRate: decodeRatio(objectOf(fields['minimumRate'])),
    sendMax: decodeNumber(fields['sendMax']),
    sent: decodeNumber(fields['sent']),
    delivered: decodeNumber(fields['delivered']),
    packets: decodeCount(fields['packets']),
    uncertain: decodeNumber(fields['uncertain']),
    unconfirmed: decodeNumber(fields['unconfirmed']),
    connection: decodeConnection(objectOf(fields['connection'])),
  }
}

type Fields = Readonly<Record<string, unknown>>

function decodeAmount(fields: Fields): PaymentAmount {
  return 'send' in fields
    ? { send: decodeNumber(fields['send']) }
    : { deliver: decodeNumber(fields['deliver']) }
}

function decodeRatio(fields: Fields): Ratio {
  const ratio = {
    numerator: decodeNumber(fields['numerator']),
    denominator: decodeNumber(fields['denominator']),
  }
  if (ratio.denominator === 0n) throw new DecodeError('bad-state', 0)
  return ratio
}

function decodeConnection(fields: Fields): ConnectionState {
  const { destination, secret } = fields
  const sharedSecret = typeof secret === 'string' ? decodeBase64(secret) : undefined
  if (typeof destination !== 'string' || !isAddress(destination) || sharedSecret?.length !== SECRET_BYTES) {
    throw new DecodeError('bad-state', 0)
  }
  return {
    destination,
    sharedSecret,
    lastSequence: decodeNumber(fields['lastSequence']),
    delivered: decodeNumber(fields['delivered']),
    uncertain: decodeNumber(fields['uncertain']),
    expiresAt: decodeInstant(fields['expiresAt']),
  }
}

function decodeCount(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new DecodeError('bad-state', 0)
}

/** Clocks may count parts of a millisecond. */
function decodeInstant(value: unknown): Instant {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw new DecodeError('bad-state', 0)
}

function decodeNumber(value: unknown): bigint {
  if (typeof value === 'string' && value.length <= NUMBER_LENGTH_MAX && /^\d+$/.test(value))
    return BigInt(value)
  throw new DecodeError('bad-state', 0)
}

function objectOf(value: unknown): Fields {
  if (typeof value === 'object' && value !== null) return value as Fields
  throw new DecodeError('bad-state', 0)
}

function decodeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new DecodeError('bad-json', 0)
  }
}
