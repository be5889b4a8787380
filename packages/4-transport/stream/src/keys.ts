/**
 * What a shared secret gives: an envelope for packets, and the fulfillments of Prepares. Layer 4.
 * Spec: IL-RFC 29 §5.1, §6. Keys are prepared once a connection, since that costs more than using them.
 *
 *   envelope: IV 12 octets | tag 16 octets | ciphertext
 */
import { encodeUtf8 } from '@hourglass/oer'
import { type Aead, type Crypto, DecodeError, type Hmac, type Rng } from '@hourglass/sansio'
import { type StreamPacket, decodeStreamPacket } from './wire/packet.ts'

export const SHARED_SECRET_BYTES = 32
const IV_BYTES = 12

const ENCRYPTION_LABEL = encodeUtf8('ilp_stream_encryption')
const FULFILLMENT_LABEL = encodeUtf8('ilp_stream_fulfillment')

export class ConnectionKeys {
  readonly #crypto: Crypto
  readonly #aead: Aead
  readonly #fulfillmentHmac: Hmac

  /** `sharedSecret` is 32 octets, known to both ends alone. */
  constructor(crypto: Crypto, sharedSecret: Uint8Array) {
    const hmac = crypto.hmacSha256(sharedSecret)
    this.#crypto = crypto
    this.#aead = crypto.aes256Gcm(hmac(ENCRYPTION_LABEL)) // STR-07
    this.#fulfillmentHmac = crypto.hmacSha256(hmac(FULFILLMENT_LABEL)) // STR-31
  }

  /** An envelope under a fresh IV (STR-08, STR-09). */
  seal(plaintext: Uint8Array, rng: Rng): Uint8Array {
    return this.#aead.seal(rng.bytes(IV_BYTES), plaintext)
  }

  /** Undefined where the envelope is not authentic, or too short to be one (STR-11). */
  open(envelope: Uint8Array): Uint8Array | undefined {
    return this.#aead.open(envelope)
  }

  /** Undefined where the envelope is not authentic, or holds no packet. */
  openPacket(envelope: Uint8Array): StreamPacket | undefined {
    const plaintext = this.open(envelope)
    if (plaintext === undefined) return undefined
    try {
      return decodeStreamPacket(plaintext)
    } catch (error) {
      if (error instanceof DecodeError) return undefined
      throw error
    }
  }

  /** The fulfillment of a Prepare that carries this envelope as its data. */
  fulfillment(envelope: Uint8Array): Uint8Array {
    return this.#fulfillmentHmac(envelope)
  }

  /** STR-32 */
  condition(fulfillment: Uint8Array): Uint8Array {
    return this.#crypto.sha256(fulfillment)
  }
}
