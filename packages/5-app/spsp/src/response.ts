/**
 * What an SPSP endpoint answers: where to send, and the secret to send with. Layer 5, wire.
 * Spec: IL-RFC 9 "Response Body"; IL-RFC 39 for receipts.
 *
 * Leniency: the secret is read as base64 or base64url, padded or not, and unknown fields are ignored (X-SPSP).
 */
import { type Address, isAddress } from '@hourglass/ilp'
import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8 } from '@hourglass/oer'
import { DecodeError, UsageError } from '@hourglass/sansio'

/** Everything that a STREAM connection to the receiver needs. */
export interface SpspDetails {
  /** The STREAM destination. */
  readonly destinationAccount: Address
  /** The STREAM secret: 32 bytes, known to the receiver and this one sender. */
  readonly sharedSecret: Uint8Array
  /** Whether the receiver took the receipt details that the request carried (SPSP-22). */
  readonly receiptsEnabled?: boolean
}

export type SpspDetailsErrorCode = 'too-long' | 'bad-utf8' | 'bad-json' | 'bad-address' | 'bad-secret'

/** Of an answer's body; details take a tenth of it, applications may add fields. */
export const SPSP_BODY_BYTES_MAX = 16_384

export const SHARED_SECRET_BYTES = 32

/** SPSP-05, SPSP-33: strict JSON, the secret in standard base64 with padding, as every client reads it. */
export function encodeSpspDetails(details: SpspDetails): Uint8Array {
  if (details.sharedSecret.length !== SHARED_SECRET_BYTES) {
    throw new UsageError(
      `a shared secret has ${SHARED_SECRET_BYTES} bytes, not ${details.sharedSecret.length}`,
    )
  }
  return encodeUtf8(
    JSON.stringify({
      destination_account: details.destinationAccount,
      shared_secret: encodeBase64(details.sharedSecret),
      ...(details.receiptsEnabled === true && { receipts_enabled: true }),
    }),
  )
}

/**
 * Reads an answer's body.
 * @throws DecodeError with an `SpspDetailsErrorCode`; `at` is 0 for everything inside the JSON
 */
export function decodeSpspDetails(body: Uint8Array): SpspDetails {
  if (body.length > SPSP_BODY_BYTES_MAX) throw new DecodeError('too-long', SPSP_BODY_BYTES_MAX)
  const fields = decodeJsonObject(body)
  const destinationAccount = fields['destination_account']
  if (typeof destinationAccount !== 'string' || !isAddress(destinationAccount)) {
    throw new DecodeError('bad-address', 0)
  }
  const secretText = fields['shared_secret']
  const sharedSecret = typeof secretText === 'string' ? decodeBase64(secretText) : undefined
  // SPSP-07
  if (sharedSecret?.length !== SHARED_SECRET_BYTES) throw new DecodeError('bad-secret', 0)
  return { destinationAccount, sharedSecret, receiptsEnabled: fields['receipts_enabled'] === true }
}

function decodeJsonObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(decodeUtf8(body))
  } catch (error) {
    if (error instanceof DecodeError) throw error
    throw new DecodeError('bad-json', 0)
  }
  if (typeof value !== 'object' || value === null) throw new DecodeError('bad-json', 0)
  return value as Readonly<Record<string, unknown>>
}
