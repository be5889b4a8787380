/**
 * The token that ends a connection's address: all that a server keeps of it, kept by the payer. Layer 4.
 * Spec: IL-RFC 29 §4.2; STR-03 … STR-06, STR-120.
 *
 *   base64url of: IV 12 octets | tag 16 octets | sealed: chance 8 octets, receiveMax u64
 *
 * It is sealed under a key of the server's, so a stranger's token costs one decryption and leaves nothing behind,
 * and any process with the server's secret can answer. The connection's secret is derived from the token's text.
 */
import { Reader, UINT64_MAX, Writer, decodeBase64, encodeBase64Url, encodeUtf8 } from '@hourglass/oer'
import { type Aead, type Crypto, type Hmac, type Rng, UsageError } from '@hourglass/sansio'

const IV_BYTES = 12
const CHANCE_BYTES = 8
const TOKEN_BYTES = 44
const TOKEN_LENGTH = 59
const SERVER_SECRET_BYTES = 32

const SHARED_SECRET_LABEL = encodeUtf8('ilp_stream_shared_secret')
const TOKEN_LABEL = encodeUtf8('hourglass_stream_token')

/** The secret that belongs to a token, for whoever has the server's secret (STR-03). */
export function secretOfToken(crypto: Crypto, serverSecret: Uint8Array): Hmac {
  const key = crypto.hmacSha256(serverSecret)(SHARED_SECRET_LABEL)
  return crypto.hmacSha256(key)
}

export class Tokens {
  readonly #rng: Rng
  readonly #aead: Aead
  readonly #secretOf: Hmac

  /** `serverSecret`: 32 octets. */
  constructor(crypto: Crypto, rng: Rng, serverSecret: Uint8Array) {
    if (serverSecret.length !== SERVER_SECRET_BYTES) {
      throw new UsageError(`a server's secret has ${SERVER_SECRET_BYTES} octets`)
    }
    this.#rng = rng
    this.#aead = crypto.aes256Gcm(crypto.hmacSha256(serverSecret)(TOKEN_LABEL))
    this.#secretOf = secretOfToken(crypto, serverSecret)
  }

  /** A fresh token: whoever uses it can pay `receiveMax` at most, in base units of the receiver. */
  issue(receiveMax: bigint = UINT64_MAX): string {
    const iv = this.#rng.bytes(IV_BYTES)
    const plaintext = new Writer().bytes(this.#rng.bytes(CHANCE_BYTES)).uint64(receiveMax).finish()
    return encodeBase64Url(new Writer().bytes(iv).bytes(this.#aead.seal(iv, plaintext)).finish())
  }

  /** The token's receiveMax; undefined where this server did not issue it. */
  receiveMaxOf(token: string): bigint | undefined {
    if (token.length !== TOKEN_LENGTH) return undefined
    const bytes = decodeBase64(token)
    if (bytes?.length !== TOKEN_BYTES) return undefined
    const plaintext = this.#aead.open(bytes.subarray(0, IV_BYTES), bytes.subarray(IV_BYTES))
    return plaintext && new Reader(plaintext, CHANCE_BYTES).uint64()
  }

  /** 32 octets: the shared secret of the connection. */
  secretOf(token: string): Uint8Array {
    return this.#secretOf(encodeUtf8(token))
  }
}
