/** A chain in memory: only what a wallet can notice of one. Testing. */
import { Transaction as LibraryTransaction } from '@scure/btc-signer'
import { encodeHex } from '@hourglass/oer'
import { HEADER_BYTES, type Outpoint, type Transaction, decodeTransaction, hashOf, txidOf } from '../block.ts'
import { sumOf } from '../coin.ts'
import type { Header } from '../header-chain.ts'
import { Keys } from '../keys.ts'

export const keys: Keys = new Keys(new Uint8Array(32).fill(1), 'regtest')
export const ours: Uint8Array = keys.change.script
/** Somebody else's. */
export const payee: Uint8Array = new Keys(new Uint8Array(32).fill(2), 'regtest').change.script
/** Each block's first transaction makes money for a miner: nobody here. */
export const REWARD: Transaction = { raw: new Uint8Array(0), inputs: [], outputs: [] }

interface ModelBlock {
  readonly header: Header
  /** All but the first. */
  readonly transactions: readonly Transaction[]
}

/** Who spends what, and in which block. */
export class ModelChain {
  readonly blocks: ModelBlock[] = []
  mempool: Transaction[] = []
  /** Nothing that is sent arrives. */
  isDeaf = false
  #count = 0

  constructor() {
    this.mine(0)
  }

  get tip(): Header {
    return this.blocks.at(-1)!.header
  }

  /** A block with the first `size` transactions that wait. */
  mine(size = Infinity): void {
    const transactions = this.mempool.slice(0, size)
    this.mempool = this.mempool.slice(transactions.length)
    const bytes = new Uint8Array(HEADER_BYTES)
    new DataView(bytes.buffer).setUint32(0, this.#count++)
    const previous = this.blocks.at(-1)?.header
    if (previous !== undefined) bytes.set(reversed(previous.hash), 4)
    const header = { height: (previous?.height ?? 99) + 1, hash: hashOf(bytes), bytes }
    this.blocks.push({ header, transactions })
  }

  /** Money from nowhere. */
  mint(sats: bigint, script = ours): Transaction {
    const tx = new LibraryTransaction({ allowUnknownInputs: true })
    const txid = encodeHex(new Uint8Array(32).fill(0xee))
    tx.addInput({ txid, index: this.#count++, finalScriptSig: new Uint8Array(0) })
    tx.addOutput({ script, amount: sats })
    const minted = decodeTransaction(tx.toBytes(true, false))
    this.mempool.push(minted)
    return minted
  }

  /** As a mempool does: refuses what spends nothing that is there, replaces what pays less. */
  submit(raw: Uint8Array): string | undefined {
    if (this.isDeaf) return 'nobody hears'
    const transaction = decodeTransaction(raw)
    const txid = txidOf(transaction)
    const known = [...this.blocks.flatMap(({ transactions }) => transactions), ...this.mempool]
    if (known.some((other) => txidOf(other) === txid)) return undefined
    const conflicts = this.mempool.filter((other) => shares(other, transaction))
    const rest = this.#without(conflicts)
    const coins = this.coins(rest)
    if (!transaction.inputs.every((outpoint) => coins.has(outpoint))) return 'missing inputs'
    if (conflicts.some((other) => feeOf(other, this.#all()) >= feeOf(transaction, this.#all()))) {
      return 'insufficient fee'
    }
    this.mempool = [...rest, transaction]
    return undefined
  }

  /** Takes blocks back and adds as many and one; what they held waits again, or is forgotten. */
  reorganise(depth: number, isForgetful: boolean): void {
    const taken = this.blocks.splice(-depth)
    const waiting = this.mempool
    this.mempool = []
    for (let added = 0; added <= depth; added++) this.mine(0)
    const back = taken.flatMap(({ transactions }) => transactions)
    const isMinted = ({ inputs }: Transaction): boolean => inputs[0]!.startsWith('ee')
    // Other people's payments come back in any case.
    this.mempool = back.filter(isMinted)
    for (const transaction of isForgetful ? waiting : [...back, ...waiting]) {
      if (isMinted(transaction)) this.mempool = [...new Set([...this.mempool, transaction])]
      else this.submit(transaction.raw)
    }
  }

  /** What can be spent. */
  coins(waiting: readonly Transaction[] = []): Map<Outpoint, { sats: bigint; script: Uint8Array }> {
    const coins = new Map<Outpoint, { sats: bigint; script: Uint8Array }>()
    for (const transaction of [...this.blocks.flatMap(({ transactions }) => transactions), ...waiting]) {
      for (const outpoint of transaction.inputs) coins.delete(outpoint)
      const txid = txidOf(transaction)
      transaction.outputs.forEach((output, index) => coins.set(`${txid}:${index}`, output))
    }
    return coins
  }

  /** What blocks paid to the payee: each amount as often as it was paid. */
  paid(): bigint[] {
    const outputs = this.blocks.flatMap(({ transactions }) => transactions).flatMap(({ outputs }) => outputs)
    return outputs.filter(({ script }) => isSame(script, payee)).map(({ sats }) => sats)
  }

  #all(): Map<Outpoint, bigint> {
    const all = [...this.blocks.flatMap(({ transactions }) => transactions), ...this.mempool]
    return new Map(
      all.flatMap((tx) => tx.outputs.map(({ sats }, index) => [`${txidOf(tx)}:${index}`, sats] as const)),
    )
  }

  /** The mempool without those and what descends from them. */
  #without(conflicts: readonly Transaction[]): Transaction[] {
    const gone = new Set(conflicts)
    const names = new Set(conflicts.map(txidOf))
    for (const transaction of this.mempool) {
      if (!transaction.inputs.some((outpoint) => names.has(outpoint.split(':')[0]!))) continue
      gone.add(transaction)
      names.add(txidOf(transaction))
    }
    return this.mempool.filter((transaction) => !gone.has(transaction))
  }
}

export const isSame = (a: Uint8Array, b: Uint8Array): boolean => encodeHex(a) === encodeHex(b)
const shares = (a: Transaction, b: Transaction): boolean =>
  a.inputs.some((outpoint) => b.inputs.includes(outpoint))
const feeOf = (tx: Transaction, all: ReadonlyMap<Outpoint, bigint>): bigint =>
  tx.inputs.reduce((sum, outpoint) => sum + (all.get(outpoint) ?? 0n), 0n) - sumOf(tx.outputs)
const reversed = (hash: string): Uint8Array => new Uint8Array(Buffer.from(hash, 'hex').reverse())
