/**
 * Brings transactions to the chain. Layer 2, io.
 *
 * LDK sends its own again until they are confirmed. What spends from or into the wallet, the funding of a channel or
 * the sweep of what was spendable, it forgets: these are kept and sent again with each block.
 *
 *   ldk/transaction/TXID     one of the wallet's: height u32 of the block that has it, or 0, and its bytes
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { Reader, Writer } from '@hourglass/oer'
import type { BitcoinRpc } from '../chain/bitcoin-rpc.ts'
import { type Transfer, decodeTransfer } from '../chain/block.ts'

const PREFIX = 'ldk/transaction/'
const HEIGHT_BYTES = 4
/** Confirmed as deep, a transaction stays. */
const DEPTH = 6

interface Kept {
  readonly raw: Uint8Array
  readonly transfer: Transfer
  readonly confirmedAt: number | undefined
}

export class Publisher {
  readonly #rpc: BitcoinRpc
  readonly #log: (message: string) => void
  readonly #kept = new Map<string, Kept>()
  #queue: Uint8Array[] = []
  #records: JournalRecord[] = []

  constructor(rpc: BitcoinRpc, log: (message: string) => void) {
    this.#rpc = rpc
    this.#log = log
  }

  /** Our transactions that may not be confirmed yet. */
  restore(records: Iterable<StoredRecord>): Transfer[] {
    const transfers: Transfer[] = []
    for (const { key, value } of records) {
      if (!key.startsWith(PREFIX)) continue
      const height = new Reader(value).uint32()
      const raw = value.slice(HEIGHT_BYTES)
      const transfer = decodeTransfer(raw)
      this.#kept.set(transfer.txid, { raw, transfer, confirmedAt: height === 0 ? undefined : height })
      transfers.push(transfer)
      if (height === 0) this.#queue.push(raw)
    }
    return transfers
  }

  takeChanges(): JournalRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  /** Sends them once the next commit is durable. */
  publish(transactions: readonly Uint8Array[]): void {
    this.#queue.push(...transactions)
  }

  /** Sends it with each block until it is confirmed. */
  keep(raw: Uint8Array): void {
    const transfer = decodeTransfer(raw)
    this.#set(transfer.txid, { raw, transfer, confirmedAt: undefined })
    this.#queue.push(raw)
  }

  connect(transfers: readonly Transfer[], height: number): void {
    const spent = new Map<string, string>()
    for (const { txid, inputs } of transfers) {
      for (const input of inputs) spent.set(`${input.txid}:${input.index}`, txid)
    }
    for (const [txid, kept] of this.#kept) {
      const { inputs } = kept.transfer
      const spenders = inputs.map((input) => spent.get(`${input.txid}:${input.index}`))
      if (spenders.includes(txid)) this.#set(txid, { ...kept, confirmedAt: height })
      // Another one took its place: a replacement, or the peer's.
      else if (spenders.some((spender) => spender !== undefined)) this.#drop(txid)
      else if (kept.confirmedAt === undefined) this.#queue.push(kept.raw)
      else if (height - kept.confirmedAt >= DEPTH) this.#drop(txid)
    }
  }

  disconnect(height: number): void {
    for (const [txid, kept] of this.#kept) {
      const isUndone = kept.confirmedAt !== undefined && kept.confirmedAt >= height
      if (isUndone) this.#set(txid, { ...kept, confirmedAt: undefined })
    }
  }

  /** What is to be sent, for when it may leave; undefined: nothing. */
  takeTransactions(): (() => void) | undefined {
    const queue = this.#queue
    if (queue.length === 0) return undefined
    this.#queue = []
    return () => void this.#send(queue)
  }

  #set(txid: string, kept: Kept): void {
    this.#kept.set(txid, kept)
    const { raw, confirmedAt = 0 } = kept
    const value = new Writer(raw.length + HEIGHT_BYTES).uint32(confirmedAt).bytes(raw).finish()
    this.#records.push({ key: PREFIX + txid, value })
  }

  #drop(txid: string): void {
    this.#kept.delete(txid)
    this.#records.push({ key: PREFIX + txid, value: undefined })
  }

  /** One after the other: a child needs its parent. The chain refuses what it has already, or what came too late. */
  async #send(queue: readonly Uint8Array[]): Promise<void> {
    for (const raw of queue) {
      try {
        await this.#rpc.send([raw])
      } catch (error) {
        this.#log(`transaction not taken: ${(error as Error).message}`)
      }
    }
  }
}
