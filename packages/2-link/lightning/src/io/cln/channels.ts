/** Channels and peers of Core Lightning. Layer 2, io. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChannelInfo, NodeAddress, NodeEvent, OpenChannel } from '../../node.ts'
import type { Fields } from '../daemon/json.ts'
import { ChannelOpener } from '../daemon/opener.ts'
import { LightningError } from '../lightning-error.ts'
import { type ClnClient, ClnRefusal } from './client.ts'

/** It tells of no changes to those who do not stay connected: they look. */
const POLL_MS = 1000
const CONNECT_TIMEOUT_MS = 90_000
const OPEN_TIMEOUT_MS = 120_000
/** It answers when the channel is closed; that it is being closed shows before. */
const CLOSE_TIMEOUT_MS = 5000
const FORCE_AFTER_S = 1

const CLOSING = new Set([
  'CHANNELD_SHUTTING_DOWN',
  'CLOSINGD_SIGEXCHANGE',
  'CLOSINGD_COMPLETE',
  'AWAITING_UNILATERAL',
  'FUNDING_SPEND_SEEN',
  'ONCHAIN',
])

export class ClnChannels {
  readonly #client: ClnClient
  readonly #opener: ChannelOpener = new ChannelOpener(() => this.list())
  /** Core Lightning connects again to those with whom it has channels. */
  readonly #wanted = new Map<string, NodeAddress>()

  constructor(client: ClnClient) {
    this.#client = client
  }

  async list(): Promise<ChannelInfo[]> {
    return (await this.#client.call('listpeerchannels')).list('channels').map(describe)
  }

  open(channel: OpenChannel): Promise<void> {
    const { peerId, capacitySat, pushMsat = 0n } = channel
    const order = { id: peerId, amount: `${capacitySat}sat`, push_msat: `${pushMsat}msat`, announce: false }
    return this.#opener.open(channel, () =>
      this.#client.call('fundchannel', order, { timeoutMs: OPEN_TIMEOUT_MS }),
    )
  }

  async close(channelId: string, isForced: boolean): Promise<void> {
    const order = { id: channelId, unilateraltimeout: isForced ? FORCE_AFTER_S : 0 }
    try {
      await this.#client.call('close', order, { timeoutMs: CLOSE_TIMEOUT_MS })
    } catch (error) {
      const channel = (await this.list()).find((each) => each.channelId === channelId)
      if (channel?.isClosing !== true) throw error
    }
  }

  async connect(peer: NodeAddress): Promise<void> {
    this.#wanted.set(peer.nodeId, peer)
    try {
      await this.#connect(peer)
    } catch (error) {
      if (!(error instanceof ClnRefusal)) throw error
      throw new LightningError('unavailable', error.message, { cause: error })
    }
  }

  async disconnect(peerId: string): Promise<void> {
    this.#wanted.delete(peerId)
    if (!(await this.#connected()).has(peerId)) return
    await this.#client.call('disconnect', { id: peerId, force: true })
  }

  async follow(tell: (event: NodeEvent) => void, signal: AbortSignal): Promise<void> {
    for (let before: string | undefined; !signal.aborted;) {
      const now = stateOf(await this.list())
      if (before !== undefined && now !== before) tell({ kind: 'channels' })
      before = now
      await this.#keepConnected()
      await sleep(POLL_MS, undefined, { signal })
    }
  }

  async #keepConnected(): Promise<void> {
    if (this.#wanted.size === 0) return
    const connected = await this.#connected()
    for (const [peerId, peer] of this.#wanted) {
      if (!connected.has(peerId)) await this.#connect(peer).catch(unlessRefused)
    }
  }

  async #connected(): Promise<Set<string>> {
    const peers = (await this.#client.call('listpeers')).list('peers')
    return new Set(peers.filter((peer) => peer.flag('connected')).map((peer) => peer.text('id')))
  }

  async #connect({ nodeId, host, port }: NodeAddress): Promise<void> {
    await this.#client.call('connect', { id: nodeId, host, port }, { timeoutMs: CONNECT_TIMEOUT_MS })
  }
}

function unlessRefused(error: unknown): void {
  if (!(error instanceof ClnRefusal)) throw error
}

/** What others act on. */
function stateOf(channels: readonly ChannelInfo[]): string {
  return channels
    .map(({ channelId, isUsable, isClosing }) => `${channelId} ${isUsable} ${isClosing}`)
    .join('\n')
}

function describe(channel: Fields): ChannelInfo {
  const state = channel.text('state')
  return {
    channelId: channel.text('channel_id'),
    peerId: channel.text('peer_id'),
    capacitySat: channel.amount('total_msat') / 1000n,
    outboundMsat: channel.amount('spendable_msat'),
    inboundMsat: channel.amount('receivable_msat'),
    pending: channel.list('htlcs').length,
    isUsable: state === 'CHANNELD_NORMAL' && channel.flag('peer_connected'),
    isClosing: CLOSING.has(state),
    isOurs: channel.text('opener') === 'local',
  }
}
