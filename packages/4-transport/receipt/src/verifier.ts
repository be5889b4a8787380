/**
 * Verifies receipts for a third party that sells something for money it never sees. Layer 4. Spec: IL-RFC 39.
 *
 *   nonce and secret → receiver → receipts → payer → verifier → credit
 *
 * A receipt is the receiver's word alone: whoever receives can make any (SEC-59), so verify for receivers you trust.
 * Nonces are kept in memory until they expire; receipts of others, or of another life of the process, are refused.
 */
import { decodeBase64, encodeHex, encodeUtf8 } from '@hourglass/oer'
import type { Crypto, Hmac, Instant, Rng } from '@hourglass/sansio'
import {
  RECEIPT_BYTES,
  RECEIPT_NONCE_BYTES,
  type ReceiptDetails,
  decodeReceipt,
  isReceiptSigned,
} from '@hourglass/stream'

/** RCPT-08: so long after its nonce was made a receipt is good for anything. */
export const RECEIPT_LIFETIME_MS = 300_000
/** Nonces that are kept at once; the oldest makes room. */
export const NONCES_MAX = 100_000

/** RCPT-18 */
const SECRET_LABEL = encodeUtf8('receipt_secret')

export interface ReceiptVerifierOptions {
  readonly crypto: Crypto
  readonly rng: Rng
  /** 32 octets: secrets of all nonces are derived from it, so that none has to be kept. */
  readonly seed: Uint8Array
  readonly lifetimeMs?: number
}

export type Verdict =
  /** So much more than the receipts before it said, in base units of the receiver (RCPT-07). */
  | { readonly kind: 'credit'; readonly amount: bigint; readonly total: bigint; readonly streamId: number }
  | {
      readonly kind: 'refused'
      /** `malformed`: no receipt; `forged`: not signed with our secret; `unknown`: no nonce of ours, or too late. */
      readonly reason: 'malformed' | 'forged' | 'unknown' | 'not-higher'
    }

interface Issued {
  readonly expiresAt: Instant
  /** The highest amount of each stream. */
  readonly totals: Map<number, bigint>
}

export class ReceiptVerifier {
  readonly #crypto: Crypto
  readonly #rng: Rng
  readonly #secretOf: Hmac
  readonly #lifetimeMs: number
  /** By nonce; oldest first. */
  readonly #issued = new Map<string, Issued>()

  constructor({ crypto, rng, seed, lifetimeMs = RECEIPT_LIFETIME_MS }: ReceiptVerifierOptions) {
    this.#crypto = crypto
    this.#rng = rng
    this.#secretOf = crypto.hmacSha256(crypto.hmacSha256(seed)(SECRET_LABEL))
    this.#lifetimeMs = lifetimeMs
  }

  /** RCPT-09, RCPT-10: for one receiver and one payment; the payer must not see the secret. */
  issue(now: Instant): ReceiptDetails {
    const nonce = this.#rng.bytes(RECEIPT_NONCE_BYTES)
    this.#forget(now)
    this.#issued.set(encodeHex(nonce), { expiresAt: now + this.#lifetimeMs, totals: new Map() })
    return { nonce, secret: this.secretOf(nonce) }
  }

  /** 32 octets. */
  secretOf(nonce: Uint8Array): Uint8Array {
    return this.#secretOf(nonce)
  }

  /** A receipt, as octets or in base64 (RCPT-24). Each amount is credited once (RCPT-06, SEC-58). */
  verify(receipt: Uint8Array | string, now: Instant): Verdict {
    const bytes = typeof receipt === 'string' ? decodeReceiptText(receipt) : receipt
    const decoded = bytes && decodeReceipt(bytes)
    if (bytes === undefined || decoded === undefined) return refused('malformed')
    const { nonce, streamId, totalReceived: total } = decoded
    if (!isReceiptSigned(bytes, this.secretOf(nonce), this.#crypto)) return refused('forged')
    const issued = this.#issued.get(encodeHex(nonce))
    if (issued === undefined || now >= issued.expiresAt) return refused('unknown')
    const before = issued.totals.get(streamId) ?? 0n
    if (total <= before) return refused('not-higher')
    issued.totals.set(streamId, total)
    return { kind: 'credit', amount: total - before, total, streamId }
  }

  #forget(now: Instant): void {
    for (const [nonce, { expiresAt }] of this.#issued) {
      if (expiresAt > now && this.#issued.size < NONCES_MAX) return
      this.#issued.delete(nonce)
    }
  }
}

/** Longer texts are not looked at. */
const TEXT_LENGTH_MAX = 2 * RECEIPT_BYTES

function decodeReceiptText(text: string): Uint8Array | undefined {
  return text.length > TEXT_LENGTH_MAX ? undefined : decodeBase64(text)
}

function refused(reason: Extract<Verdict, { kind: 'refused' }>['reason']): Verdict {
  return { kind: 'refused', reason }
}
