/** Channels of LND. Layer 2, io. */
import { decodeHex, encodeBase64, encodeHex } from '@hourglass/oer'
import type { ChannelInfo, NodeEvent, OpenChannel } from '../../node.ts'
import { ChannelOpener } from '../daemon/opener.ts'
import type { Fields } from '../daemon/json.ts'
import { LightningError } from '../lightning-error.ts'
import type { LndClient } from './client.ts'

/** LND broadcasts the funding transaction before it answers. */
const OPEN_TIMEOUT_MS = 120_000
/** Of one payment in a commitment transaction. */
const HTLC_WEIGHT = 172n

export class LndChannels {
  readonly #client: LndClient
  readonly #opener: ChannelOpener = new ChannelOpener(() => this.list())

  constructor(client: LndClient) {
    this.#client = client
  }

  async list(): Promise<ChannelInfo[]> {
    const [open, pending] = await Promise.all([
      this.#client.get('/v1/channels'),
      this.#client.get('/v1/channels/pending'),
    ])
    const isClosing = [
      ...pending.list('waiting_close_channels'),
      ...pending.list('pending_force_closing_channels'),
    ]
    return [
      ...open.list('channels').map(describe),
      ...pending.list('pending_open_channels').map((each) => describePending(each, false)),
      ...isClosing.map((each) => describePending(each, true)),
    ]
  }

  open(channel: OpenChannel): Promise<void> {
    const { peerId, capacitySat, pushMsat = 0n } = channel
    const body = {
      node_pubkey: encodeBase64(decodeHex(peerId)!),
      local_funding_amount: String(capacitySat),
      push_sat: String(pushMsat / 1000n),
      private: true,
    }
    const request = { method: 'POST', path: '/v1/channels', body, timeoutMs: OPEN_TIMEOUT_MS } as const
    return this.#opener.open(channel, () => this.#client.ask(request))
  }

  /** Begins it: by agreement once no payment is under way. */
  async close(channelId: string, isForced: boolean): Promise<void> {
    const channels = (await this.#client.get('/v1/channels')).list('channels')
    const point = channels.map((each) => each.text('channel_point')).find((each) => idOf(each) === channelId)
    if (point === undefined) throw new LightningError('refused', `there is no channel ${channelId}`)
    const path = `/v1/channels/${point.replace(':', '/')}?${isForced ? 'force=true' : 'no_wait=true'}`
    const updates = this.#client.stream({ method: 'DELETE', path })
    await updates.next()
    await updates.return(undefined)
  }

  async follow(tell: (event: NodeEvent) => void, signal: AbortSignal): Promise<void> {
    const path = '/v1/channels/subscribe'
    const updates = this.#client.stream({ method: 'GET', path, signal })
    while ((await updates.next()).done !== true) tell({ kind: 'channels' })
  }
}

/** BOLT 2: the funding transaction's hash, its last two octets XORed with the index of the output. */
function idOf(point: string): string {
  const [txid = '', index = ''] = point.split(':')
  const id = decodeHex(txid)?.reverse()
  if (id?.length !== 32) throw new LightningError('unavailable', `LND names a channel '${point}'`)
  id[30]! ^= Number(index) >> 8
  id[31]! ^= Number(index) & 0xff
  return encodeHex(id)
}

function describe(channel: Fields): ChannelInfo {
  const outboundSat =
    channel.amount('local_balance') -
    channel.at('local_constraints').amount('chan_reserve_sat') -
    (channel.flag('initiator') ? feeBufferSat(channel) : 0n)
  const inboundSat =
    channel.amount('remote_balance') - channel.at('remote_constraints').amount('chan_reserve_sat')
  return {
    channelId: idOf(channel.text('channel_point')),
    peerId: channel.text('remote_pubkey'),
    capacitySat: channel.amount('capacity'),
    outboundMsat: msat(outboundSat),
    inboundMsat: msat(inboundSat),
    pending: channel.list('pending_htlcs').length,
    isUsable: channel.flag('active'),
    isClosing: false,
    isOurs: channel.flag('initiator'),
  }
}

/** Whoever opened it keeps as much for the fee of the commitment, at twice its rate and one payment more: BOLT 2. */
function feeBufferSat(channel: Fields): bigint {
  const weight = channel.amount('commit_weight') + 2n * HTLC_WEIGHT
  const bufferSat = (2n * channel.amount('fee_per_kw') * weight) / 1000n
  const paidSat = channel.amount('commit_fee')
  return bufferSat > paidSat ? bufferSat - paidSat : 0n
}

function msat(sat: bigint): bigint {
  return sat > 0n ? sat * 1000n : 0n
}

function describePending(pending: Fields, isClosing: boolean): ChannelInfo {
  const channel = pending.at('channel')
  return {
    channelId: idOf(channel.text('channel_point')),
    peerId: channel.text('remote_node_pub'),
    capacitySat: channel.amount('capacity'),
    outboundMsat: 0n,
    inboundMsat: 0n,
    pending: 0,
    isUsable: false,
    isClosing,
    isOurs: channel.text('initiator') === 'INITIATOR_LOCAL',
  }
}
