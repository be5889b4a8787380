/**
 * Keeps commitments with anchors on their way to the chain until it has them, or what the peer sent instead.
 * Layer 2, io.
 *
 * LDK 0.1.2 sends them again by itself, but forgets those that it has not seen in a block when the chain takes back
 * the block at which it sent them first: whoever closes a channel in a reorganisation would never have its money.
 * What LDK wants to have paid for is noted here, and paid for again with each block; a restart tells LDK of it anew.
 *
 *   ldk/commitment/TXID:INDEX     of the output that it spends: height u32 of the block in which it is spent, or 0
 */
import {
  BumpTransactionEvent,
  BumpTransactionEvent_ChannelClose as ChannelClose,
  type ChannelMonitor,
} from 'lightningdevkit'
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { Reader, Writer } from '@hourglass/oer'
import { type Transfer, decodeTransfer } from '../chain/block.ts'
import { nameOfHash } from '../chain/hash.ts'
import { nameOf } from '../wallet/coins.ts'

const PREFIX = 'ldk/commitment/'
/** Confirmed as deep, it stays. */
const DEPTH = 6
const HEIGHT_BYTES = 4

interface Owed {
  readonly spentAt: number | undefined
  /** What LDK has told of it in this life of the node, and the height at which it did so last. */
  readonly told?: { readonly event: ChannelClose; readonly height: number }
}

export class Commitments {
  /** Has it paid for, and sent. */
  readonly #bump: (event: BumpTransactionEvent) => void
  readonly #owed = new Map<string, Owed>()
  #records: JournalRecord[] = []
  #height = 0

  constructor(bump: (event: BumpTransactionEvent) => void) {
    this.#bump = bump
  }

  restore(records: Iterable<StoredRecord>): void {
    for (const { key, value } of records) {
      if (!key.startsWith(PREFIX)) continue
      const height = new Reader(value).uint32()
      this.#owed.set(key.slice(PREFIX.length), { spentAt: height === 0 ? undefined : height })
    }
  }

  takeChanges(): JournalRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  /** Whether the chain still lacks the commitment of this channel, which was closed by force. */
  isOwed(monitor: ChannelMonitor): boolean {
    const funding = monitor.get_funding_txo().get_a()
    const owed = this.#owed.get(nameOf({ txid: nameOfHash(funding.get_txid()), index: funding.get_index() }))
    return owed !== undefined && owed.spentAt === undefined
  }

  /** What LDK wants to have paid for. */
  tell(event: BumpTransactionEvent): void {
    if (event instanceof ChannelClose) {
      const [funding] = decodeTransfer(event.commitment_tx).inputs
      const name = nameOf(funding!)
      this.#set(name, { spentAt: this.#owed.get(name)?.spentAt, told: { event, height: this.#height } })
    }
    this.#bump(event)
  }

  /** May be told of a block twice. */
  connect(transfers: readonly Transfer[], height: number): void {
    this.#height = height
    for (const { inputs } of transfers) {
      for (const name of inputs.map(nameOf)) {
        const owed = this.#owed.get(name)
        if (owed !== undefined) this.#set(name, { ...owed, spentAt: height })
      }
    }
    for (const [name, { spentAt }] of this.#owed) {
      if (spentAt !== undefined && spentAt + DEPTH <= height) this.#set(name, undefined)
    }
  }

  disconnect(height: number): void {
    this.#height = height - 1
    for (const [name, owed] of this.#owed) {
      if (owed.spentAt !== undefined && owed.spentAt >= height)
        this.#set(name, { ...owed, spentAt: undefined })
    }
  }

  /** The newest block is known: those of which LDK has said nothing since are paid for at the fee of the day. */
  synced(height: number, feeRate: number): void {
    for (const { spentAt, told } of this.#owed.values()) {
      if (spentAt === undefined && told !== undefined && told.height < height) {
        this.#bump(withFeeRate(told.event, feeRate))
      }
    }
  }

  #set(name: string, owed: Owed | undefined): void {
    if (owed === undefined) this.#owed.delete(name)
    else this.#owed.set(name, owed)
    const value = owed && new Writer(HEIGHT_BYTES).uint32(owed.spentAt ?? 0).finish()
    this.#records.push({ key: PREFIX + name, value })
  }
}

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
