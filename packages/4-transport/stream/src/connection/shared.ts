/** What both halves of a connection know. Layer 4. */
import type { Address } from '@hourglass/ilp'
import { UINT64_MAX } from '@hourglass/oer'
import { Queue, UsageError } from '@hourglass/sansio'
import { ConnectionKeys } from '../keys.ts'
import { PeerAsset } from '../peer-asset.ts'
import type { ConnectionOptions, ConnectionOutput, Ending } from './face.ts'
import { type Notice, Notices } from './notices.ts'
import type { Stream } from './stream.ts'
import { Streams } from './streams.ts'

/** Octets of one stream that may be unread, where nobody says otherwise. */
export const DATA_WINDOW_BYTES = 65_536
/** STR-68: what other ends send before they are told of any window. */
export const DATA_WINDOW_BYTES_MIN = 16_384
/** The windows of so many streams may be full at once. */
const CONNECTION_WINDOWS = 4
/** STR-68: octets that a connection may send before the other end says more. */
const PEER_MAX_DATA = 65_534

/** Characters of the message with which a stream or connection is closed; the rest is cut off. */
export const MESSAGE_LENGTH_MAX = 64

/** Octets of all streams together. */
export interface DataTotals {
  /** What this end lets the other one send. */
  told: number
  /** What has come in, holes counted. */
  received: number
  read: number
  /** What the other end lets this one send, and what was sent of it. */
  peerMax: number
  sent: number
}

export class Shared {
  readonly options: ConnectionOptions
  readonly keys: ConnectionKeys
  readonly streams: Streams
  readonly notices: Notices = new Notices()
  readonly outputs: Queue<ConnectionOutput> = new Queue<ConnectionOutput>()
  readonly asset: PeerAsset = new PeerAsset()
  readonly data: DataTotals
  readonly receiveMax: bigint
  address: Address | undefined
  destination: Address | undefined
  /** Whether the other end has answered from `destination` (SEC-52). */
  isPathProven = false
  /** Money that came in, on all streams. */
  received = 0n
  /** Set once nothing new is sent. */
  ending: Ending | undefined
  readonly #windowBytes: number

  constructor(options: ConnectionOptions) {
    const { role, streamReceiveMax = UINT64_MAX, dataWindowBytes = DATA_WINDOW_BYTES } = options
    if (dataWindowBytes !== 0 && dataWindowBytes < DATA_WINDOW_BYTES_MIN) {
      throw new UsageError(`a window has at least ${DATA_WINDOW_BYTES_MIN} octets, or none`)
    }
    this.options = options
    this.keys = new ConnectionKeys(options.crypto, options.sharedSecret)
    this.streams = new Streams(role, { receiveMax: streamReceiveMax, windowBytes: dataWindowBytes })
    this.#windowBytes = CONNECTION_WINDOWS * dataWindowBytes
    this.data = { told: this.#windowBytes, received: 0, read: 0, peerMax: PEER_MAX_DATA, sent: 0 }
    this.receiveMax = options.receiveMax ?? UINT64_MAX
    this.address = options.address
    this.destination = options.destination
  }

  /** So many octets are done with: as many more may come. */
  read(stream: Stream, bytes: number): void {
    const { data, notices } = this
    if (stream.incoming.read(bytes)) notices.addOf(stream.id, 'max-data')
    data.read = Math.min(data.read + bytes, data.received)
    const free = data.read + this.#windowBytes - data.told
    if (free === 0 || free * 2 < this.#windowBytes) return
    data.told += free
    notices.add('max-data')
  }

  /** The other end has been told: streams that were to close are closed (STR-78: half-open ones are not kept). */
  said(notices: readonly Notice[]): void {
    for (const { streamId, kind } of notices) {
      const stream = streamId !== undefined && kind === 'close' ? this.streams.find(streamId) : undefined
      if (stream?.closing !== undefined) this.closeStream(stream, stream.closing.code, stream.closing.message)
    }
  }

  /** The stream is over at both ends. */
  closeStream(stream: Stream, code: number, message: string): void {
    if (this.streams.close(stream)) this.notices.add('max-stream-id')
    // What it never read must not fill the connection's window for good.
    const { unread } = stream
    if (unread > 0) this.read(stream, unread)
    this.outputs.push({ kind: 'streamClosed', streamId: stream.id, code, message })
  }

  /** Nothing new is sent from now on; the first reason counts. */
  end(code: number, message: string, isByPeer: boolean): void {
    this.ending ??= { code, message: message.slice(0, MESSAGE_LENGTH_MAX), isByPeer }
  }

  /** The other end broke a rule. */
  fail(code: number): void {
    this.end(code, '', false)
  }
}
