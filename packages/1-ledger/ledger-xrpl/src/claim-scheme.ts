/**
 * Claims on payment channels. Layer 1.
 * Spec: XRP Ledger, PaymentChannelClaim; what is signed is `CLM\0 | channel 32 | drops 8`.
 *
 * Ed25519 signs that as it stands, secp256k1 the first half of its SHA-512. A claim is good here exactly where the
 * ledger pays it: there is one encoding of each signature, and no second one that only we would take.
 */
import type { ClaimScheme } from '@hourglass/ledger'
import { decodeHex, encodeHex, writeUint64 } from '@hourglass/oer'
import { UsageError } from '@hourglass/sansio'
import { decodeChannelId } from './channel-id.ts'
import { type Curves, ED25519_TAG, type KeyPair, isPublicKey } from './curves.ts'
import { sha512Half } from './digest.ts'

export interface XrplClaimSchemeOptions {
  /** Signs our claims. */
  readonly key: KeyPair
  readonly curves: Curves
}

/** Drops: all that there are, 100 billion XRP. */
export const DROPS_MAX: bigint = 10n ** 17n

export class XrplClaimScheme implements ClaimScheme {
  readonly claimKey: string
  readonly signatureBytes: number
  readonly #key: KeyPair
  readonly #curves: Curves

  constructor({ key, curves }: XrplClaimSchemeOptions) {
    this.#key = key
    this.#curves = curves
    this.claimKey = encodeHex(key.publicKey)
    this.signatureBytes = isEd25519(key.publicKey) ? ED25519_SIGNATURE_BYTES : DER_BYTES_MAX
  }

  /** @throws UsageError for what is no channel's name, and for an amount that no channel can hold. */
  sign(channelId: string, amount: bigint): Uint8Array {
    const message = claimMessage(channelId, amount)
    if (message === undefined) throw new UsageError(`no claim can be for ${amount} on channel ${channelId}`)
    const { publicKey, privateKey } = this.#key
    return isEd25519(publicKey)
      ? this.#curves.signEd25519(message, privateKey)
      : this.#curves.signSecp256k1(sha512Half(message), privateKey)
  }

  verify(channelId: string, claimKey: string, amount: bigint, signature: Uint8Array): boolean {
    const message = claimMessage(channelId, amount)
    if (message === undefined || !isPublicKey(claimKey)) return false
    const publicKey = decodeHex(claimKey)!
    return isEd25519(publicKey)
      ? this.#curves.verifyEd25519(message, signature, publicKey.subarray(1))
      : this.#curves.verifySecp256k1(sha512Half(message), signature, publicKey)
  }
}

/** What is signed, 44 bytes. Undefined for what is no channel's name, and for an amount that no channel can hold. */
export function claimMessage(channelId: string, amount: bigint): Uint8Array | undefined {
  const id = decodeChannelId(channelId)
  if (id === undefined || amount < 0n || amount > DROPS_MAX) return undefined
  const message = new Uint8Array(MESSAGE_BYTES)
  message.set(PREFIX)
  message.set(decodeHex(id.index)!, CHANNEL_AT)
  writeUint64(message, DROPS_AT, amount)
  return message
}

const isEd25519 = (publicKey: Uint8Array): boolean => publicKey[0] === ED25519_TAG

const ED25519_SIGNATURE_BYTES = 64
/** Two integers of 32 bytes and a sign each, in DER. */
const DER_BYTES_MAX = 72

/** `CLM` and a zero. */
const PREFIX = Uint8Array.of(0x43, 0x4c, 0x4d, 0x00)
const CHANNEL_AT = 4
const DROPS_AT = 36
const MESSAGE_BYTES = 44
