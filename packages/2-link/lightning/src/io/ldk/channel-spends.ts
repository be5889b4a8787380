/**
 * What LDK spends of channels that are closed by force, until a block has it, or what somebody else spends it by.
 * Layer 2, io.
 *
 * LDK 0.1.2 sends these again by itself, but forgets them when the chain takes back the block at which it sent them
 * first: a commitment, or a payment whose preimage came after the commitment was in a block, would never be claimed.
 * So each is noted here, and sent again with each block. Commitments with anchors are paid for anew, at the fee of
 * the day; after a restart LDK is asked for them once more.
 *
 *   ldk/spend/TXID:INDEX     of the output that is spent: height u32 of the block in which it is, or 0; by which
 *                            transaction, nothing for a commitment with anchors
 */
import {
  BumpTransactionEvent,
  BumpTransactionEvent_ChannelClose as ChannelClose,
  type ChannelMonitor,
} from 'lightningdevkit'
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { Reader, Writer } from '@hourglass/oer'
import { equalBytes } from '@hourglass/sansio'
import { type Transfer, decodeTransfer } from '../chain/block.ts'
import { nameOfHash } from '../chain/hash.ts'
import { type Outpoint, nameOf } from '../wallet/coins.ts'

const PREFIX = 'ldk/spend/'
/** Confirmed as deep, it stays. */
const DEPTH = 6
/** LDK goes on for ever to claim what somebody else has claimed: what it has not told for a week is let go of. */
const PATIENCE_BLOCKS = 1008
const HEIGHT_BYTES = 4

interface Spend {
  /** Of the block in which the output is spent. */
  readonly spentAt: number | undefined
  /** When LDK said so last, or this life of the node began to wait; undefined: just restored. */
  readonly toldAt: number | undefined
  /** What spends it, signed and paid for. */
  readonly raw?: Uint8Array | undefined
  /** How to have a commitment with anchors paid for, once LDK has told. */
  readonly event?: ChannelClose
}

export interface ChannelSpendsParts {
  /** Has a commitment paid for, and sent. */
  readonly bump: (event: BumpTransactionEvent) => void
  readonly send: (raw: Uint8Array) => void
  /** Whether it is the wallet's. */
  readonly owns: (coin: Outpoint) => boolean
}

export class ChannelSpends {
  readonly #parts: ChannelSpendsParts
  /** By the names of the outputs. */
  readonly #spends = new Map<string, Spend>()
  #records: JournalRecord[] = []
  /** Undefined before the first block of this life of the node. */
  #height: number | undefined

  constructor(parts: ChannelSpendsParts) {
    this.#parts = parts
  }

  restore(records: Iterable<StoredRecord>): void {
    for (const { key, value } of records) {
      if (!key.startsWith(PREFIX)) continue
      const height = new Reader(value).uint32()
      const raw = value.length > HEIGHT_BYTES ? value.slice(HEIGHT_BYTES) : undefined
      const spentAt = height === 0 ? undefined : height
      this.#spends.set(key.slice(PREFIX.length), { spentAt, toldAt: undefined, raw })
    }
  }

  takeChanges(): JournalRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  /** Whether LDK is to be asked again for the commitment of this channel. */
  isOwed(monitor: ChannelMonitor): boolean {
    const funding = monitor.get_funding_txo().get_a()
    const name = nameOf({ txid: nameOfHash(funding.get_txid()), index: funding.get_index() })
    const spend = this.#spends.get(name)
    return spend !== undefined && spend.spentAt === undefined && spend.raw === undefined
  }

  /** What LDK wants to have paid for. */
  tell(event: BumpTransactionEvent): void {
    if (event instanceof ChannelClose) {
      const [funding] = decodeTransfer(event.commitment_tx).inputs
      const name = nameOf(funding!)
      const spentAt = this.#spends.get(name)?.spentAt
      this.#set(name, { spentAt, toldAt: this.#height, event })
    }
    this.#parts.bump(event)
  }

  /** What LDK wants on the chain: what it spends beside the wallet's coins is a channel's. */
  sent(raw: Uint8Array, { inputs }: Transfer): void {
    for (const input of inputs) {
      if (this.#parts.owns(input)) continue
      const name = nameOf(input)
      const known = this.#spends.get(name)
      // What we send again comes by here, too.
      if (known?.raw === raw) continue
      const spend = { spentAt: undefined, ...known, toldAt: this.#height, raw }
      if (known?.raw !== undefined && equalBytes(known.raw, raw)) this.#spends.set(name, spend)
      else this.#set(name, spend)
    }
  }

  /** May be told of a block twice. */
  connect(transfers: readonly Transfer[], height: number): void {
    this.#height = height
    for (const { inputs } of transfers) {
      for (const name of inputs.map(nameOf)) {
        const spend = this.#spends.get(name)
        if (spend !== undefined) this.#set(name, { ...spend, spentAt: height })
      }
    }
    for (const [name, { spentAt, toldAt, raw }] of this.#spends) {
      const isOld = raw !== undefined && toldAt !== undefined && toldAt + PATIENCE_BLOCKS <= height
      if (isOld || (spentAt !== undefined && spentAt + DEPTH <= height)) this.#set(name, undefined)
    }
  }

  disconnect(height: number): void {
    this.#height = height - 1
    for (const [name, spend] of this.#spends) {
      if (spend.spentAt !== undefined && spend.spentAt >= height) {
        this.#set(name, { ...spend, spentAt: undefined })
      }
    }
  }

  /** The newest block is known: what LDK has not told since is sent again. */
  synced(height: number, feeRate: number): void {
    const { bump, send } = this.#parts
    const raws = new Set<Uint8Array>()
    for (const [name, spend] of this.#spends) {
      const { spentAt, toldAt, event, raw } = spend
      if (toldAt === undefined) this.#spends.set(name, { ...spend, toldAt: height })
      if (spentAt !== undefined || toldAt === height) continue
      if (event !== undefined) bump(withFeeRate(event, feeRate))
      else if (raw !== undefined) raws.add(raw)
    }
    for (const raw of raws) send(raw)
  }

  #set(name: string, spend: Spend | undefined): void {
    if (spend === undefined) this.#spends.delete(name)
    else this.#spends.set(name, spend)
    this.#records.push({ key: PREFIX + name, value: spend && encodeSpend(spend) })
  }
}

function encodeSpend({ spentAt, raw = NOTHING }: Spend): Uint8Array {
  return new Writer(HEIGHT_BYTES + raw.length)
    .uint32(spentAt ?? 0)
    .bytes(raw)
    .finish()
}

const NOTHING = new Uint8Array(0)

function withFeeRate(event: ChannelClose, feeRate: number): BumpTransactionEvent {
  return BumpTransactionEvent.constructor_channel_close(
    event.channel_id,
    event.counterparty_node_id,
    event.claim_id,
    Math.max(event.package_target_feerate_sat_per_1000_weight, feeRate),
    event.commitment_tx,
    event.commitment_tx_fee_satoshis,
    event.anchor_descriptor,
    event.pending_htlcs,
  )
}
