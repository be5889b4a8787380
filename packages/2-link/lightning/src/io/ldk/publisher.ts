/**
 * Brings transactions to the chain. Layer 2, io.
 *
 * LDK sends its own again until they are confirmed. What spends from or into the wallet, the funding of a channel or
 * the sweep of what was spendable, it forgets: these are kept and sent again with each block.
 *
 *   ldk/transaction/TXID     one of the wallet's
 */
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import type { BitcoinRpc } from '../chain/bitcoin-rpc.ts'
import { type Transfer, decodeTransfer } from '../chain/block.ts'

const PREFIX = 'ldk/transaction/'
/** Confirmed as deep, a transaction stays. */
const DEPTH = 6

interface Kept {
  readonly raw: Uint8Array
  readonly transfer: Transfer
  confirmedAt: number | undefined
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
      const transfer = decodeTransfer(value)
      this.#kept.set(transfer.txid, { raw: value, transfer, confirmedAt: undefined })
      transfers.push(transfer)
      this.#queue.push(value)
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
    this.#kept.set(transfer.txid, { raw, transfer, confirmedAt: undefined })
    this.#records.push({ key: PREFIX + transfer.txid, value: raw })
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
      if (spenders.includes(txid)) kept.confirmedAt = height
      // Another one took its place: a replacement, or the peer's.
      else if (spenders.some((spender) => spender !== undefined)) this.#drop(txid)
      else if (kept.confirmedAt === undefined) this.#queue.push(kept.raw)
      else if (height - kept.confirmedAt >= DEPTH) this.#drop(txid)
    }
  }

  disconnect(height: number): void {
    for (const kept of this.#kept.values()) {
      if (kept.confirmedAt !== undefined && kept.confirmedAt >= height) kept.confirmedAt = undefined
    }
  }

  /** What is to be sent, for when it may leave. */
  takeTransactions(): () => void {
    const queue = this.#queue
    this.#queue = []
    return () => {
      if (queue.length > 0) void this.#send(queue)
    }
  }

  #drop(txid: string): void {
    this.#kept.delete(txid)
    this.#records.push({ key: PREFIX + txid, value: undefined })
  }

  /** One after the other: a child needs its parent. The chain refuses what it has already, or what came too late. */
  async #send(queue: readonly Uint8Array[]): Promise<void> {
    for (const raw of queue) {
      try {
        await this.#rpc.send(raw)
      } catch (error) {
        this.#log(`transaction not taken: ${(error as Error).message}`)
      }
    }
  }
}
