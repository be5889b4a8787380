/**
 * Opens channels where the answer may be lost: a channel that has come of an order whose outcome was unknown is the one
 * that is ordered again. Layer 2, io.
 */
import type { ChannelInfo, OpenChannel } from '../../node.ts'
import { LightningError } from '../lightning-error.ts'

export class ChannelOpener {
  readonly #channels: () => Promise<readonly ChannelInfo[]>
  /** The channels that there were before, by what was ordered. */
  readonly #unknown = new Map<string, ReadonlySet<string>>()

  constructor(channels: () => Promise<readonly ChannelInfo[]>) {
    this.#channels = channels
  }

  async open(channel: OpenChannel, begin: () => Promise<unknown>): Promise<void> {
    const order = `${channel.peerId} ${channel.capacitySat}`
    const now = (await this.#channels()).filter(
      ({ peerId, capacitySat, isOurs }) => isOurs && `${peerId} ${capacitySat}` === order,
    )
    const before = this.#unknown.get(order)
    this.#unknown.delete(order)
    if (before !== undefined && now.some(({ channelId }) => !before.has(channelId))) return
    try {
      await begin()
    } catch (error) {
      const isUnknown = error instanceof LightningError && error.code === 'unavailable'
      if (isUnknown) this.#unknown.set(order, before ?? new Set(now.map(({ channelId }) => channelId)))
      throw error
    }
  }
}
