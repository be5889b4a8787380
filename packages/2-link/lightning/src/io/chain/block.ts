/** A block's parts, cut out of its bytes; all in wire order. Layer 2, io. */
import { createHash } from 'node:crypto'
import { RawOldTx, RawTx } from '@scure/btc-signer/script.js'

export const HEADER_BYTES = 80

export interface Block {
  readonly hash: string
  readonly header: Uint8Array
  readonly transactions: readonly Uint8Array[]
}

/** The bytes of a hash the other way round: as people write it, or as blocks hold it. */
export function reversed(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex').reverse())
}

/** As people write it. */
function hashOfHeader(header: Uint8Array): string {
  return doubleSha256(header)
}

/** Hash of the block before, as people write it. */
export function parentOf(header: Uint8Array): string {
  return Buffer.from(header.slice(4, 36)).reverse().toString('hex')
}

export function decodeBlock(raw: Uint8Array): Block {
  const header = raw.slice(0, HEADER_BYTES)
  const cursor = new Cursor(raw, HEADER_BYTES)
  const transactions: Uint8Array[] = []
  for (let left = cursor.varInt(); left > 0; left--) transactions.push(cursor.transaction())
  return { hash: hashOfHeader(header), header, transactions }
}

/** Walks over transactions without decoding them. */
class Cursor {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = at
  }

  varInt(): number {
    const first = this.#view.getUint8(this.#at++)
    if (first < 0xfd) return first
    const value = first === 0xfd ? this.#view.getUint16(this.#at, true) : this.#view.getUint32(this.#at, true)
    this.#at += first === 0xfd ? 2 : 4
    return value
  }

  transaction(): Uint8Array {
    const start = this.#at
    this.#at += 4
    const hasWitness = this.#view.getUint8(this.#at) === 0
    if (hasWitness) this.#at += 2
    const inputs = this.varInt()
    for (let i = 0; i < inputs; i++) {
      this.#at += 36
      this.#skipBytes()
      this.#at += 4
    }
    for (let left = this.varInt(); left > 0; left--) {
      this.#at += 8
      this.#skipBytes()
    }
    for (let i = 0; hasWitness && i < inputs; i++) {
      for (let left = this.varInt(); left > 0; left--) this.#skipBytes()
    }
    this.#at += 4
    return this.#bytes.slice(start, this.#at)
  }

  #skipBytes(): void {
    const length = this.varInt()
    this.#at += length
  }
}

/** What a transaction spends and pays. */
export interface Transfer {
  readonly txid: string
  readonly inputs: readonly { readonly txid: string; readonly index: number }[]
  readonly outputs: readonly { readonly amountSat: bigint; readonly script: Uint8Array }[]
}

/** What the codec's own types leave open. */
interface RawParts {
  readonly version: number
  readonly lockTime: number
  readonly inputs: { txid: Uint8Array; index: number; finalScriptSig: Uint8Array; sequence: number }[]
  readonly outputs: { amount: bigint; script: Uint8Array }[]
}

export function decodeTransfer(raw: Uint8Array): Transfer {
  const { version, inputs, outputs, lockTime } = RawTx.decode(raw) as RawParts
  return {
    // The witness is no part of what a transaction is named by.
    txid: doubleSha256(RawOldTx.encode({ version, inputs, outputs, lockTime })),
    inputs: inputs.map(({ txid, index }) => ({ txid: Buffer.from(txid).toString('hex'), index })),
    outputs: outputs.map(({ amount, script }) => ({ amountSat: amount, script })),
  }
}

/** As people write it. */
function doubleSha256(data: Uint8Array): string {
  const sha256 = (part: Uint8Array): Buffer => createHash('sha256').update(part).digest()
  return sha256(sha256(data)).reverse().toString('hex')
}
