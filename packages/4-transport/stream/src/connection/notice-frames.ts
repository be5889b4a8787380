/** Frames that say how things are at this end. Layer 4. Spec: IL-RFC 29 §5.3. */
import { StreamErrorCode } from '../error-code.ts'
import type { Frame } from '../wire/packet.ts'
import type { ConnectionNotice, StreamNotice } from './notices.ts'
import type { Shared } from './shared.ts'
import type { Stream } from './stream.ts'

/** STR-43, STR-45: empty where nothing can come back; either way the other end answers with its asset. */
export function addressFrame({ address }: Shared): Frame {
  return { type: 0x02, address: address ?? '' }
}

/** STR-51 */
export function assetFrame({ options }: Shared): Frame {
  return { type: 0x07, assetCode: options.assetCode, assetScale: options.assetScale }
}

export function limitFrame(kind: Exclude<ConnectionNotice, 'address' | 'asset'>, shared: Shared): Frame {
  switch (kind) {
    case 'max-data':
      return { type: 0x03, maxOffset: BigInt(shared.data.told) }
    case 'data-blocked':
      return { type: 0x04, maxOffset: BigInt(shared.data.peerMax) }
    case 'max-stream-id':
      return { type: 0x05, maxStreamId: shared.streams.peerMax }
    case 'stream-id-blocked':
      return { type: 0x06, maxStreamId: shared.streams.next }
  }
}

export function streamFrame(kind: StreamNotice, stream: Stream, shared: Shared): Frame {
  const { id: streamId } = stream
  switch (kind) {
    case 'close': {
      const { code, message } = stream.closing ?? { code: StreamErrorCode.NoError, message: '' }
      return { type: 0x10, streamId, code, message }
    }
    case 'max-money':
      return maxMoneyFrame(stream, shared)
    case 'money-blocked':
      return { type: 0x13, streamId, sendMax: stream.sendMax, totalSent: stream.sent }
    case 'max-data':
      return { type: 0x15, streamId, maxOffset: BigInt(stream.incoming.maxOffset) }
    case 'data-blocked':
      return { type: 0x16, streamId, maxOffset: BigInt(stream.outgoing.maxOffset) }
  }
}

/** STR-66, STR-67: what the stream has taken, and takes at most, in units of this end. */
export function maxMoneyFrame({ id, receiveMax, received }: Stream, { receiveMax: most }: Shared): Frame {
  const max = receiveMax < most ? receiveMax : most
  return { type: 0x12, streamId: id, receiveMax: max, totalReceived: received }
}
