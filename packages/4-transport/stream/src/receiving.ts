/**
 * What a server takes of one packet, and what it says to its frames. Layer 4. Spec: IL-RFC 29 §4.4, §5.3.
 * All of it is bounded by the number of stream ids, whatever a payer packs into a packet.
 */
import { UINT64_MAX } from '@hourglass/oer'
import type { AssetDetails } from './credentials.ts'
import { StreamErrorCode } from './error-code.ts'
import type { Frame, StreamPacket } from './wire/packet.ts'

/** STR-55: ids of the payer's streams are odd, up to this one. */
const STREAM_ID_MAX = 20n
/** STR-64: rates move, so the last packet may bring this part of the rest on top, rounded up. */
const EXTRA_PARTS = 100n

/** What has come in on one connection. */
export class Received {
  readonly receiveMax: bigint
  #total = 0n
  readonly #perStream = new Map<bigint, bigint>()

  /** `receiveMax`: what all streams take together. */
  constructor(receiveMax: bigint) {
    this.receiveMax = receiveMax
  }

  get total(): bigint {
    return this.#total
  }

  /** STR-63: what more is taken; STR-26: a total above 2^64-1 could not be said. */
  get #room(): bigint {
    const rest = this.receiveMax > this.#total ? this.receiveMax - this.#total : 0n
    const room = rest + (rest + EXTRA_PARTS - 1n) / EXTRA_PARTS
    return room < UINT64_MAX - this.#total ? room : UINT64_MAX - this.#total
  }

  /** Whether `amount` finds streams that take it: STR-62, STR-63. */
  takes(amount: bigint, packet: StreamPacket): boolean {
    return amount === 0n || (amount <= this.#room && sharesOf(packet) > 0n)
  }

  /** STR-60: each stream gets its share, rounded down; STR-61, X-STR4: what is left goes to the lowest. */
  credit(amount: bigint, packet: StreamPacket): void {
    if (amount === 0n) return
    const sum = sharesOf(packet)
    let left = amount
    let lowest = STREAM_ID_MAX
    for (const frame of packet.frames) {
      if (frame.type !== 0x11) continue
      const part = (amount * frame.shares) / sum
      left -= part
      this.#add(frame.streamId, part)
      if (frame.streamId < lowest) lowest = frame.streamId
    }
    this.#add(lowest, left)
    this.#total += amount
  }

  /** STR-66: what was fulfilled on this stream. */
  ofStream(streamId: bigint): bigint {
    return this.#perStream.get(streamId) ?? 0n
  }

  #add(streamId: bigint, amount: bigint): void {
    this.#perStream.set(streamId, this.ofStream(streamId) + amount)
  }
}

/** What a payer must not do, as the code that closes the connection. */
export function violationOf({ frames }: StreamPacket): number | undefined {
  for (const frame of frames) {
    if (!('streamId' in frame)) continue
    if (frame.streamId % 2n === 0n) return StreamErrorCode.ProtocolViolation // STR-53
    if (frame.streamId > STREAM_ID_MAX) return StreamErrorCode.StreamIdError // STR-56
    // STR-70: this server takes money alone and announces a data limit of 0.
    if (frame.type === 0x14 && frame.data.length > 0) return StreamErrorCode.FlowControlError
  }
  return undefined
}

/** Whether the payer says that it sends nothing more (STR-79). */
export function closes({ frames }: StreamPacket): boolean {
  return frames.some(({ type }) => type === 0x01)
}

/**
 * STR-45, STR-51: asset details in the first reply, and to whoever says an address; STR-66: the totals of each
 * stream that was offered money, once.
 */
export function replyFrames(
  { frames }: StreamPacket,
  received: Received,
  { assetCode, assetScale }: AssetDetails,
  isFirst: boolean,
): Frame[] {
  const reply: Frame[] = []
  if (isFirst || frames.some(({ type }) => type === 0x02)) {
    reply.push({ type: 0x07, assetCode, assetScale }, { type: 0x03, maxOffset: 0n })
  }
  const streamIds = new Set<bigint>()
  for (const frame of frames) if (frame.type === 0x11) streamIds.add(frame.streamId)
  for (const streamId of streamIds) {
    const totalReceived = received.ofStream(streamId)
    reply.push({ type: 0x12, streamId, receiveMax: received.receiveMax, totalReceived })
  }
  return reply
}

function sharesOf({ frames }: StreamPacket): bigint {
  let sum = 0n
  for (const frame of frames) if (frame.type === 0x11) sum += frame.shares
  return sum
}
