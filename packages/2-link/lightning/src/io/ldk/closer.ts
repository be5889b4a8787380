/**
 * Closes channels by agreement: asks as soon as the peer is there. Layer 2, io.
 *
 *   ldk/closing/CHANNEL     it is to be closed
 */
import {
  APIError_APIMisuseError as Misuse,
  APIError_ChannelUnavailable as Unavailable,
  type ChannelDetails,
  ChannelId,
  type ChannelManager,
  Result_NoneAPIErrorZ_Err as NotClosed,
  type Result_NoneAPIErrorZ as Closed,
} from 'lightningdevkit'
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { decodeHex, encodeHex } from '@hourglass/oer'
import { LightningError } from '../lightning-error.ts'

const PREFIX = 'ldk/closing/'

export class Closer {
  readonly #manager: ChannelManager
  readonly #wanted = new Set<string>()
  #records: JournalRecord[] = []

  constructor(manager: ChannelManager) {
    this.#manager = manager
  }

  restore(records: Iterable<StoredRecord>): void {
    for (const { key } of records) if (key.startsWith(PREFIX)) this.#wanted.add(key.slice(PREFIX.length))
  }

  takeChanges(): JournalRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  isWanted(channelId: string): boolean {
    return this.#wanted.has(channelId)
  }

  /** @throws LightningError `refused` */
  close(channelId: string, isForced: boolean): void {
    const channel = this.#manager.list_channels().find((each) => idOf(each) === channelId)
    if (channel === undefined) throw new LightningError('refused', `there is no channel ${channelId}`)
    if (isForced) {
      const [id, peer] = namesOf(channel)
      check(channelId, this.#manager.force_close_broadcasting_latest_txn(id, peer, 'closed by order'))
    } else {
      this.#set(channelId, true)
      this.#ask(channel)
    }
  }

  /** To be called now and then: asks those who are there now. */
  look(): void {
    if (this.#wanted.size === 0) return
    const channels = new Map(this.#manager.list_channels().map((channel) => [idOf(channel), channel]))
    for (const channelId of this.#wanted) {
      const channel = channels.get(channelId)
      if (channel === undefined) this.#set(channelId, false)
      else this.#ask(channel)
    }
  }

  /** LDK refuses where the peer is not there, or it was asked before; and remembers what it was asked. */
  #ask(channel: ChannelDetails): void {
    this.#manager.close_channel(...namesOf(channel))
  }

  #set(channelId: string, isWanted: boolean): void {
    if (isWanted) this.#wanted.add(channelId)
    else this.#wanted.delete(channelId)
    this.#records.push({ key: PREFIX + channelId, value: isWanted ? new Uint8Array(0) : undefined })
  }
}

export function idOf(channel: ChannelDetails): string {
  return encodeHex(channel.get_channel_id().write())
}

function namesOf(channel: ChannelDetails): [ChannelId, Uint8Array] {
  const id = ChannelId.constructor_new(decodeHex(idOf(channel))!)
  return [id, channel.get_counterparty().get_node_id()]
}

function check(channelId: string, result: Closed): void {
  if (!(result instanceof NotClosed)) return
  const { err } = result
  const why = err instanceof Misuse || err instanceof Unavailable ? err.err : 'it does not close'
  throw new LightningError('refused', `channel ${channelId}: ${why}`)
}
