/** A block's parts, cut out of its bytes; all in wire order. Layer 2, io. */
import { RawOldTx, RawTx } from '@scure/btc-signer/script.js'
import { equalBytes } from '@hourglass/sansio'
import { LightningError } from '../lightning-error.ts'
import { doubleSha256, nameOfHash, reversed } from './hash.ts'
import { HEADER_BYTES, hashOfHeader } from './header.ts'

export interface Block {
  readonly hash: string
  readonly raw: Uint8Array
  readonly header: Uint8Array
  /** The first is its coinbase. */
  readonly transactions: readonly Uint8Array[]
  /** The same, read. */
  readonly transfers: readonly Transfer[]
}

/** A block whose transactions are those that its header commits to. @throws LightningError `chain` */
export function decodeBlock(raw: Uint8Array): Block {
  const header = raw.slice(0, HEADER_BYTES)
  const hash = hashOfHeader(header)
  const transactions = cutTransactions(raw, hash)
  const transfers = transactions.map(decodeTransfer)
  const root = merkleRoot(transfers.map(({ txid }) => reversed(txid)))
  const isAsSaid = root !== undefined && equalBytes(root, header.subarray(36, 68))
  if (!isAsSaid || !hasItsWitnesses(transactions, transfers)) {
    throw new LightningError('chain', `block ${hash} holds other transactions than its header says`)
  }
  return { hash, raw, header, transactions, transfers }
}

function cutTransactions(raw: Uint8Array, hash: string): Uint8Array[] {
  try {
    const cursor = new Cursor(raw, HEADER_BYTES)
    const transactions: Uint8Array[] = []
    for (let left = cursor.varInt(); left > 0; left--) transactions.push(cursor.transaction())
    cursor.end()
    return transactions
  } catch (error) {
    throw new LightningError('chain', `block ${hash} cannot be read`, { cause: error })
  }
}

/** BIP 141: the coinbase commits to the witnesses, where there are any. */
function hasItsWitnesses(transactions: readonly Uint8Array[], transfers: readonly Transfer[]): boolean {
  const hasAny = transactions.slice(1).some((raw) => raw[4] === 0)
  const outputs = transfers[0]?.outputs.map(({ script }) => script) ?? []
  const commitment = outputs.findLast((script) => equalBytes(script.subarray(0, 6), WITNESS_COMMITMENT))
  if (!hasAny || commitment === undefined) return !hasAny
  const root = merkleRoot([new Uint8Array(32), ...transactions.slice(1).map(doubleSha256)])
  // What the coinbase's own witness holds: 32 bytes before its lock time.
  const reserved = transactions[0]!.subarray(-36, -4)
  const expected = root && doubleSha256(Buffer.concat([root, reserved]))
  return expected !== undefined && equalBytes(commitment.subarray(6, 38), expected)
}

const WITNESS_COMMITMENT = Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed)

/** Undefined: two of one kind stand for one. */
function merkleRoot(hashes: readonly Uint8Array[]): Uint8Array | undefined {
  let level = hashes
  while (level.length > 1) {
    const pairs: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) {
      const [left, right = left] = [level[i]!, level[i + 1]]
      // An odd one out is its own partner: whoever doubles it gets the same root.
      if (right !== left && equalBytes(left, right)) return undefined
      pairs.push(doubleSha256(Buffer.concat([left, right])))
    }
    level = pairs
  }
  return level[0]
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
    if (this.#at > this.#bytes.length) throw new RangeError('a transaction ends too early')
    return this.#bytes.slice(start, this.#at)
  }

  /** Nothing is to follow. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new RangeError('bytes after the last transaction')
  }

  #skipBytes(): void {
    const length = this.varInt()
    this.#at += length
  }
}

/** What a transaction spends and pays. */
export interface Transfer {
  readonly txid: string
  /** Of its bytes, those of witnesses counting a quarter: 4 to a virtual byte. */
  readonly weight: number
  readonly inputs: readonly { readonly txid: string; readonly index: number; readonly sequence: number }[]
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
  // The witness is no part of what a transaction is named by.
  const named = RawOldTx.encode({ version, inputs, outputs, lockTime })
  return {
    txid: nameOfHash(doubleSha256(named)),
    weight: 3 * named.length + raw.length,
    inputs: inputs.map(({ txid, index, sequence }) => ({
      txid: Buffer.from(txid).toString('hex'),
      index,
      sequence,
    })),
    outputs: outputs.map(({ amount, script }) => ({ amountSat: amount, script })),
  }
}
