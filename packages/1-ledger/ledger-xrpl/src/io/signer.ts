/** Keys from secrets, and signatures on transactions. Layer 1, io. */
import { decodeHex, encodeUtf8 } from '@hourglass/oer'
import { UsageError } from '@hourglass/sansio'
import { encode, encodeForSigning } from 'ripple-binary-codec'
import { decodeSeed, deriveAddress, deriveKeypair, generateSeed, sign } from 'ripple-keypairs'
import type { KeyPair } from '../curves.ts'
import { sha512Half } from '../digest.ts'
import type { Envelope, Fields, SignedTransaction } from '../outbox.ts'
import { hashOfBlob } from './hash.ts'

/** The largest number of a network that its transactions do not name. */
const NETWORK_ID_UNNAMED_MAX = 1024

export class Signer {
  readonly address: string
  readonly #publicKey: string
  readonly #privateKey: string

  /** `secret` is a seed: `sEd…` makes an Ed25519 key, any other `s…` one of secp256k1. @throws UsageError */
  constructor(secret: string) {
    const { publicKey, privateKey } = keysOf(secret)
    this.address = deriveAddress(publicKey)
    this.#publicKey = publicKey
    this.#privateKey = privateKey
  }

  /** A transaction of our account on the network of that number. */
  sign(fields: Fields, { sequence, lastLedger, feeDrops }: Envelope, networkId: number): SignedTransaction {
    const unsigned = {
      Account: this.address,
      Flags: 0,
      ...fields,
      Sequence: sequence,
      LastLedgerSequence: lastLedger,
      Fee: feeDrops.toString(),
      SigningPubKey: this.#publicKey,
      ...(networkId > NETWORK_ID_UNNAMED_MAX && { NetworkID: networkId }),
    }
    const TxnSignature = sign(encodeForSigning(unsigned), this.#privateKey)
    const blob = encode({ ...unsigned, TxnSignature })
    return { blob, hash: hashOfBlob(blob) }
  }
}

/** The key of a seed, for claims. @throws UsageError */
export function keyPairOf(secret: string): KeyPair {
  const { publicKey, privateKey } = keysOf(secret)
  // Private keys carry the tag of their kind, too.
  return { publicKey: decodeHex(publicKey)!, privateKey: decodeHex(privateKey)!.subarray(1) }
}

/**
 * The key for claims that goes with an account where none is named: of Ed25519, the same after every restart, with no
 * way back from it to the account's. @throws UsageError
 */
export function claimKeyPairOf(secret: string): KeyPair {
  // Only what is a seed is derived from.
  keysOf(secret)
  const entropy = sha512Half(Uint8Array.of(...encodeUtf8(CLAIM_KEY_DOMAIN), ...decodeSeed(secret).bytes))
  return keyPairOf(generateSeed({ entropy: entropy.subarray(0, SEED_BYTES), algorithm: 'ed25519' }))
}

const CLAIM_KEY_DOMAIN = 'interledger/xrpl-claim-key:'
const SEED_BYTES = 16

function keysOf(secret: string): { readonly publicKey: string; readonly privateKey: string } {
  try {
    return deriveKeypair(secret)
  } catch {
    // The cause repeats the secret.
    throw new UsageError('the secret of an account is its seed: s…, or sEd…, as wallets show it')
  }
}
