/** An account whose key we hold: it signs transactions. Layer 1, io. Spec: EIP-1559. */
import { UsageError } from '@hourglass/sansio'
import type { Hex } from 'viem'
import { keccak256, serializeTransaction } from 'viem/utils'
import { addressOfKey } from '../address.ts'
import type { Curve } from '../curve.ts'
import type { SignedTransaction, UnsignedTransaction } from '../outbox.ts'
import { toHex } from './contracts.ts'

/** The 32 bytes of a private key. @throws UsageError, which does not repeat the key */
export function decodePrivateKey(text: string): Uint8Array {
  const isKey = /^0x[0-9a-fA-F]{64}$/.test(text) && BigInt(text) > 0n && BigInt(text) < CURVE_ORDER
  if (!isKey)
    throw new UsageError('a private key is 0x and 64 hex digits, and a number below the order of the curve')
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'))
}

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

export class Signer {
  readonly address: string
  readonly #privateKey: Uint8Array
  readonly #curve: Curve

  constructor(privateKey: Uint8Array, curve: Curve) {
    this.#privateKey = privateKey
    this.#curve = curve
    this.address = addressOfKey(curve.publicKey(privateKey))
  }

  sign(transaction: UnsignedTransaction, chainId: number): SignedTransaction {
    const { to, data, value, gas, nonce, perGasMax, tipPerGas } = transaction
    const unsigned = {
      type: 'eip1559' as const,
      chainId,
      to: to as Hex,
      data: data as Hex,
      value,
      gas,
      nonce,
      maxFeePerGas: perGasMax,
      maxPriorityFeePerGas: tipPerGas,
    }
    const digest = keccak256(serializeTransaction(unsigned), 'bytes')
    const { rs, odd } = this.#curve.sign(digest, this.#privateKey)
    const signature = {
      r: toHex(rs.subarray(0, 32)),
      s: toHex(rs.subarray(32)),
      yParity: odd ? 1 : 0,
    }
    const raw = serializeTransaction(unsigned, signature)
    return { raw, hash: keccak256(raw) }
  }
}
