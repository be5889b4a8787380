/**
 * Blocks and transactions as they travel. Layer 1, wire. Spec: Bitcoin's block and transaction format, BIP 144.
 * Read only: what we write, a library of transactions writes.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { encodeHex } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'

/** An output's name: `txid:index`. */
export type Outpoint = string

export interface TransactionOutput {
  readonly sats: bigint
  /** A view of the block. */
  readonly script: Uint8Array
}

export interface Transaction {
  /** With witnesses; a view of the block. */
  readonly raw: Uint8Array
  readonly inputs: readonly Outpoint[]
  readonly outputs: readonly TransactionOutput[]
}

export interface Block {
  /** 64 hex digits, as people write them. */
  readonly hash: string
  readonly previousHash: string
  /** 80 bytes. */
  readonly header: Uint8Array
  readonly transactions: readonly Transaction[]
}

export const HEADER_BYTES = 80

/** @throws DecodeError `short` | `trailing` | `bad-length` | `bad-flag` */
export function decodeBlock(bytes: Uint8Array): Block {
  const reader = new LittleReader(bytes)
  const header = reader.take(HEADER_BYTES)
  const transactions: Transaction[] = []
  for (let left = reader.size(); left > 0; left--) transactions.push(readTransaction(reader).transaction)
  reader.end()
  return { hash: hashOf(header), previousHash: previousHashOf(header), header, transactions }
}

/** @throws DecodeError `short` | `trailing` | `bad-length` | `bad-flag` */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  const reader = new LittleReader(bytes)
  const { transaction } = readTransaction(reader)
  reader.end()
  return transaction
}

/** A transaction's name: the hash of all but its witnesses. */
export function txidOf({ raw }: Transaction): string {
  const { bodyStart, witnessStart } = readTransaction(new LittleReader(raw))
  if (witnessStart === undefined) return hashOf(raw)
  const parts = [raw.subarray(0, 4), raw.subarray(bodyStart, witnessStart), raw.subarray(raw.length - 4)]
  const bare = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bare.set(part, at)
    at += part.length
  }
  return hashOf(bare)
}

/** Hash of a header, a transaction without witnesses: twice SHA-256, written backwards. */
export function hashOf(bytes: Uint8Array): string {
  return encodeHex(sha256(sha256(bytes)).reverse())
}

export function previousHashOf(header: Uint8Array): string {
  return encodeHex(header.slice(4, 36).reverse())
}

interface Layout {
  readonly transaction: Transaction
  /** Where the inputs begin, and the witnesses: undefined where there are none. */
  readonly bodyStart: number
  readonly witnessStart: number | undefined
}

function readTransaction(reader: LittleReader): Layout {
  const start = reader.at
  reader.take(VERSION_BYTES)
  const hasWitness = reader.peek() === 0
  // BIP 144: a marker of 0, where a count of inputs would stand, and a flag of 1.
  if (hasWitness && reader.take(MARKER_BYTES)[1] !== 1) throw new DecodeError('bad-flag', reader.at - 1)
  const bodyStart = reader.at
  const inputs = Array.from({ length: reader.size() }, () => readInput(reader))
  const outputs = Array.from({ length: reader.size() }, () => ({
    sats: reader.uint64(),
    script: reader.take(reader.size()),
  }))
  const witnessStart = hasWitness ? reader.at : undefined
  if (hasWitness) {
    inputs.forEach(() => skipWitness(reader))
  }
  reader.take(LOCK_TIME_BYTES)
  const raw = reader.since(start)
  return {
    transaction: { raw, inputs, outputs },
    bodyStart: bodyStart - start,
    witnessStart: witnessStart === undefined ? undefined : witnessStart - start,
  }
}

const VERSION_BYTES = 4
const MARKER_BYTES = 2
const LOCK_TIME_BYTES = 4
const SEQUENCE_BYTES = 4
const HASH_BYTES = 32

function skipWitness(reader: LittleReader): void {
  for (let left = reader.size(); left > 0; left--) reader.take(reader.size())
}

function readInput(reader: LittleReader): Outpoint {
  const txid = encodeHex(reader.take(HASH_BYTES).slice().reverse())
  const index = reader.uint32()
  reader.take(reader.size())
  reader.take(SEQUENCE_BYTES)
  return `${txid}:${index}`
}

/** Bitcoin's integers are little-endian, unlike everything of Interledger's. */
class LittleReader {
  at = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  peek(): number | undefined {
    return this.#bytes[this.at]
  }

  take(length: number): Uint8Array {
    const end = this.at + length
    if (end > this.#bytes.length) throw new DecodeError('short', this.at)
    const taken = this.#bytes.subarray(this.at, end)
    this.at = end
    return taken
  }

  uint32(): number {
    this.take(4)
    return this.#view.getUint32(this.at - 4, true)
  }

  uint64(): bigint {
    this.take(8)
    return this.#view.getBigUint64(this.at - 8, true)
  }

  /** A count or a length: never more than there are bytes left. */
  size(): number {
    const first = this.take(1)[0]!
    const size = first < 0xfd ? first : this.#wideSize(first)
    if (size > this.#bytes.length - this.at) throw new DecodeError('bad-length', this.at)
    return size
  }

  #wideSize(first: number): number {
    if (first === 0xfd) {
      this.take(2)
      return this.#view.getUint16(this.at - 2, true)
    }
    return first === 0xfe ? this.uint32() : Number(this.uint64())
  }

  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.at)
  }

  end(): void {
    if (this.at !== this.#bytes.length) throw new DecodeError('trailing', this.at)
  }
}
