/**
 * The token that ends a connection's address: all that a server keeps of it, kept by the payer. Layer 4.
 * Spec: IL-RFC 29 §4.2; STR-03 … STR-06, STR-120.
 *
 *   base64url of: IV 12 octets | tag 16 octets | sealed: chance 8 octets, receiveMax u64, and where there are receipts
 *   or a connection tag: receipt nonce and secret (octets, 48 or none), connection tag (text)
 *
 * It is sealed under a key of the server's, so a stranger's token costs one decryption and leaves nothing behind,
 * and any process with the server's secret can answer. The connection's secret is derived from the token's text.
 */
import { Reader, UINT64_MAX, Writer, decodeBase64, encodeBase64Url, encodeUtf8 } from '@hourglass/oer'
import { type Aead, type Crypto, type Hmac, type Rng, UsageError } from '@hourglass/sansio'
import type { ReceiptDetails } from './connection/face.ts'
import { RECEIPT_NONCE_BYTES, RECEIPT_SECRET_BYTES } from './wire/receipt.ts'

const IV_BYTES = 12
const CHANCE_BYTES = 8
/** Without receipts and tag; with both at their longest. */
const TOKEN_BYTES_MIN = 44
const TOKEN_LENGTH_MAX = 400
/** Octets of a connection tag: the address has to hold it. */
export const CONNECTION_TAG_BYTES_MAX = 160
const SERVER_SECRET_BYTES = 32

const SHARED_SECRET_LABEL = encodeUtf8('ilp_stream_shared_secret')
const TOKEN_LABEL = encodeUtf8('hourglass_stream_token')

/** The secret that belongs to a token, for whoever has the server's secret (STR-03). */
export function secretOfToken(crypto: Crypto, serverSecret: Uint8Array): Hmac {
  const key = crypto.hmacSha256(serverSecret)(SHARED_SECRET_LABEL)
  return crypto.hmacSha256(key)
}

/** What a server wants to know of a connection when its first packet comes. */
export interface TokenContents {
  /** The payer can pay so much in all, in base units of the receiver; default: any amount. */
  readonly receiveMax?: bigint
  /** RCPT-19: receipts are made; nobody but the server reads them in the token. */
  readonly receipts?: ReceiptDetails
  /** The application's own words (STR-123). */
  readonly connectionTag?: string
}

export type OpenedToken = TokenContents & { readonly receiveMax: bigint }

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

  /** A fresh token. @throws UsageError where a part of it has the wrong size */
  issue({ receiveMax = UINT64_MAX, receipts, connectionTag = '' }: TokenContents = {}): string {
    const writer = new Writer().bytes(this.#rng.bytes(CHANCE_BYTES)).uint64(receiveMax)
    if (receipts !== undefined || connectionTag !== '') {
      const tag = encodeUtf8(connectionTag)
      if (tag.length > CONNECTION_TAG_BYTES_MAX) {
        throw new UsageError(`a connection tag has at most ${CONNECTION_TAG_BYTES_MAX} octets`)
      }
      writer.octets(receiptOctets(receipts)).octets(tag)
    }
    return encodeBase64Url(this.#aead.seal(this.#rng.bytes(IV_BYTES), writer.finish()))
  }

  /** What a token says; undefined where this server did not issue it. */
  open(token: string): OpenedToken | undefined {
    if (token.length > TOKEN_LENGTH_MAX) return undefined
    const bytes = decodeBase64(token)
    if (bytes === undefined || bytes.length < TOKEN_BYTES_MIN) return undefined
    const plaintext = this.#aead.open(bytes)
    if (plaintext === undefined) return undefined
    const reader = new Reader(plaintext, CHANCE_BYTES)
    const receiveMax = reader.uint64()
    if (reader.remaining === 0) return { receiveMax }
    const octets = reader.octets()
    const connectionTag = reader.text()
    if (octets.length === 0) return { receiveMax, connectionTag }
    const receipts = {
      nonce: octets.slice(0, RECEIPT_NONCE_BYTES),
      secret: octets.slice(RECEIPT_NONCE_BYTES),
    }
    return { receiveMax, receipts, connectionTag }
  }

  /** 32 octets: the shared secret of the connection. */
  secretOf(token: string): Uint8Array {
    return this.#secretOf(encodeUtf8(token))
  }
}

function receiptOctets(receipts: ReceiptDetails | undefined): Uint8Array {
  if (receipts === undefined) return new Uint8Array(0)
  const { nonce, secret } = receipts
  if (nonce.length !== RECEIPT_NONCE_BYTES || secret.length !== RECEIPT_SECRET_BYTES) {
    throw new UsageError(
      `receipts need a nonce of ${RECEIPT_NONCE_BYTES} octets, a secret of ${RECEIPT_SECRET_BYTES}`,
    )
  }
  return new Writer().bytes(nonce).bytes(secret).finish()
}
