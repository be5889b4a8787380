/**
 * Holds back commitments that may be old ones: whoever sends such a one loses all that the channel held. Layer 2, io.
 *
 * A journal that was copied back is older than what the peer has seen of us, and only the peer can tell (BOLT 2,
 * `channel_reestablish`). LDK says so and then stops for good. What is noted of it here lets the next start close
 * those channels without a word to the chain; the peer closes them, and what is ours of that comes to the wallet.
 * Until the chain has gone on once after a start, no channel of before is closed by force, so that peers can tell.
 *
 *   ldk/stale/CHANNEL     our copy of it is old
 */
import { type ChannelManager, ChannelId } from 'lightningdevkit'
import type { Journal, StoredRecord } from '@hourglass/journal'
import { decodeHex, encodeHex } from '@hourglass/oer'
import type { Transfer } from '../chain/block.ts'
import { reversed } from '../chain/hash.ts'
import type { Outpoint } from '../wallet/coins.ts'

const PREFIX = 'ldk/stale/'
/** A channel's monitor, by the output that funds it. */
const MONITOR = 'ldk/monitor/'
/** BOLT 3: the upper 8 bits of a commitment's sequence; a close by agreement has others. */
const COMMITMENT_SEQUENCE = 0x80
/** How LDK's message begins when it learns that its state is old, before it panics. */
const FALLEN_BEHIND = 'We have fallen behind'

export class CloseGuard {
  readonly #journal: Journal
  readonly #log: (message: string) => void
  readonly #stale = new Set<string>()
  /** Channels that were there when the node was started. */
  readonly #doubtful = new Set<string>()

  constructor(journal: Journal, log: (message: string) => void) {
    this.#journal = journal
    this.#log = log
  }

  restore(records: Iterable<StoredRecord>): void {
    for (const { key } of records) {
      if (key.startsWith(PREFIX)) this.#stale.add(key.slice(PREFIX.length))
      if (!key.startsWith(MONITOR)) continue
      const [txid = '', index] = key.slice(MONITOR.length).split(':')
      this.#doubtful.add(channelIdOf(decodeHex(txid)!, Number(index)))
    }
  }

  /** What LDK logs of a channel. To be called while LDK can still be read from, that is: at once. */
  hear(message: string, channelId: () => ChannelId): void {
    if (!message.startsWith(FALLEN_BEHIND)) return
    const id = encodeHex(channelId().write())
    this.#stale.add(id)
    // LDK panics now: this is the last that is written.
    this.#journal.commit([{ key: PREFIX + id, value: new Uint8Array(0) }], () => undefined)
    this.#log(`our copy of channel ${id} is old: it is left to the peer to close it`)
  }

  /** Gives up channels whose copy is old. */
  giveUp(manager: ChannelManager): void {
    for (const channel of manager.list_channels()) {
      const id = encodeHex(channel.get_channel_id().write())
      if (!this.#stale.has(id)) continue
      const peer = channel.get_counterparty().get_node_id()
      const channelId = ChannelId.constructor_new(decodeHex(id)!)
      manager.force_close_without_broadcasting_txn(channelId, peer, 'our copy of this channel is old')
    }
  }

  /** A block came after the start: peers who are there have had time to tell. */
  trust(): void {
    this.#doubtful.clear()
  }

  /** Whether it is a commitment of a channel whose newest state this may not be. What both have agreed on is final. */
  refuses({ inputs }: Transfer): boolean {
    return inputs.some((input) => {
      if (input.sequence >>> 24 !== COMMITMENT_SEQUENCE) return false
      const id = channelIdByOutpoint(input)
      return this.#stale.has(id) || this.#doubtful.has(id)
    })
  }
}

function channelIdByOutpoint({ txid, index }: Outpoint): string {
  return channelIdOf(reversed(txid), index)
}

/** BOLT 2, "Definition of channel_id". `txid` as transactions hold it. */
function channelIdOf(txid: Uint8Array, index: number): string {
  const id = Uint8Array.from(txid)
  id[30]! ^= index >>> 8
  id[31]! ^= index & 0xff
  return encodeHex(id)
}
