/**
 * The receiving half of a connection: a Prepare in, a Fulfill or Reject out. Layer 4. Spec: IL-RFC 29 §4, §5, §6.3.
 *
 *   frames → violations → what the other end says → condition, minimum, shares, data → Fulfill or Reject, with a reply
 *
 * All of it is bounded by the number of streams, whatever is packed into a packet.
 */
import { ErrorCode, PacketType, type Prepare, type Reply } from '@hourglass/ilp'
import { equalBytes } from '@hourglass/sansio'
import { StreamErrorCode } from '../error-code.ts'
import { type Frame, type StreamPacket, encodeStreamPacket } from '../wire/packet.ts'
import { encodeReceipt } from '../wire/receipt.ts'
import type { Verdict } from './face.ts'
import { hear, hearCloses } from './hearing.ts'
import type { Fit } from './incoming-data.ts'
import { type Share, divide } from './money.ts'
import { assetFrame, limitFrame, maxMoneyFrame } from './notice-frames.ts'
import { framesOf } from './notices.ts'
import type { Shared } from './shared.ts'

/** RCPT-16: a receipt has one octet for the stream. */
const RECEIPT_STREAM_ID_MAX = 255n
/** Larger offsets are beyond any window, and beyond what a number holds exactly. */
const OFFSET_MAX = 2n ** 53n - 1n

/** How each verdict is told. */
const CODES: Readonly<Record<Verdict, string | undefined>> = {
  take: undefined,
  decline: ErrorCode.F99_APPLICATION_ERROR,
  later: ErrorCode.T99_APPLICATION_ERROR,
}

export class Incoming {
  readonly #shared: Shared
  #isFirst = true

  constructor(shared: Shared) {
    this.#shared = shared
  }

  /** The reply to a packet that opened with the connection's keys. */
  answer(prepare: Prepare, packet: StreamPacket): Reply {
    const shared = this.#shared
    const { ending } = shared
    if (ending !== undefined) {
      return this.#refuse(prepare, packet, ending.isByPeer ? StreamErrorCode.StreamStateError : ending.code)
    }
    const heard = shared.options.dataWindowBytes === 0 ? withoutData(packet) : packet
    const violation = this.#meet(heard.frames) ?? hear(heard.frames, shared)
    if (violation !== undefined) {
      shared.fail(violation)
      return this.#refuse(prepare, heard, violation)
    }
    return this.#receive(prepare, heard)
  }

  /** A final rejection that ends the connection, and that only the other end can read (STR-35, STR-80). */
  #refuse(prepare: Prepare, packet: StreamPacket, code: number): Reply {
    return this.#reject(prepare, packet, [{ type: 0x01, code, message: '' }])
  }

  /** Opens new streams (STR-54) and looks at data; returns the code that closes the connection. */
  #meet(frames: readonly Frame[]): number | undefined {
    const { streams, outputs } = this.#shared
    for (const frame of frames) {
      if (!('streamId' in frame)) continue
      const violation = streams.violationOf(frame.streamId)
      if (violation !== undefined) return violation
    }
    for (const frame of frames) {
      if (!('streamId' in frame)) continue
      const { streamId } = frame
      if (streams.meet(streamId)?.isNew === true) outputs.push({ kind: 'opened', streamId })
    }
    return frames.some(isData) ? this.#violationOfData(frames) : undefined
  }

  /** STR-70, STR-72 */
  #violationOfData(frames: readonly Frame[]): number | undefined {
    const { streams, data } = this.#shared
    const highest = new Map<bigint, number>()
    for (const frame of frames) {
      if (frame.type !== 0x14) continue
      const stream = streams.find(frame.streamId)
      if (stream === undefined) continue
      if (frame.offset > OFFSET_MAX) return StreamErrorCode.FlowControlError
      const fit = stream.incoming.fit(Number(frame.offset), frame.data.length)
      if (fit === 'beyond') return StreamErrorCode.FlowControlError
      if (fit === 'overlaps') return StreamErrorCode.ProtocolViolation
      const end = Number(frame.offset) + frame.data.length
      highest.set(stream.id, Math.max(highest.get(stream.id) ?? stream.incoming.highest, end))
    }
    let total = data.received
    for (const [id, end] of highest) total += end - streams.find(id)!.incoming.highest
    return total > data.told ? StreamErrorCode.FlowControlError : undefined
  }

  #receive(prepare: Prepare, packet: StreamPacket): Reply {
    const { keys } = this.#shared
    const { amount, data, executionCondition } = prepare
    const fulfillment = keys.fulfillment(data)
    const isFulfillable =
      equalBytes(keys.condition(fulfillment), executionCondition) && // STR-34
      amount >= packet.prepareAmount && // STR-85
      this.#takesData(packet.frames)
    const shares = isFulfillable ? divide(amount, packet.frames, this.#shared) : undefined
    const verdict = shares === undefined ? 'decline' : this.#judge(amount)
    if (shares === undefined || verdict !== 'take') {
      return this.#reject(prepare, packet, this.#conclude(packet, false), CODES[verdict])
    }
    this.#credit(shares)
    this.#takeData(packet.frames)
    const frames = [...this.#conclude(packet, true), ...this.#receipts(shares)]
    return {
      type: PacketType.Fulfill,
      fulfillment,
      data: this.#seal(PacketType.Fulfill, prepare, packet, frames),
    }
  }

  /** STR-117: what the application says to money that nothing else speaks against. */
  #judge(amount: bigint): Verdict {
    const { options, received } = this.#shared
    return amount === 0n ? 'take' : (options.judge?.({ amount, received }) ?? 'take')
  }

  /** What to say to a packet; then the streams that it closes are closed. */
  #conclude(packet: StreamPacket, isTaken: boolean): Frame[] {
    const frames = this.#replyFrames(packet)
    hearCloses(packet.frames, this.#shared, isTaken)
    return frames
  }

  /** STR-74, STR-76: data of closed streams, or more holes than are kept, is not taken. */
  #takesData(frames: readonly Frame[]): boolean {
    return frames.every((frame) => {
      if (frame.type !== 0x14) return true
      const stream = this.#shared.streams.find(frame.streamId)
      return stream !== undefined && stream.incoming.fit(Number(frame.offset), frame.data.length) !== 'full'
    })
  }

  /** STR-66: what is fulfilled is counted, and told before the reply. */
  #credit(shares: readonly Share[]): void {
    const shared = this.#shared
    for (const { stream, amount } of shares) {
      if (amount === 0n) continue
      stream.received += amount
      shared.received += amount
      shared.outputs.push({ kind: 'money', streamId: stream.id, amount, total: shared.received })
    }
  }

  /** STR-73 */
  #takeData(frames: readonly Frame[]): void {
    const { streams, outputs, data } = this.#shared
    for (const frame of frames) {
      if (frame.type !== 0x14) continue
      const { incoming } = streams.find(frame.streamId)!
      const before = incoming.highest
      const fit: Fit = incoming.fit(Number(frame.offset), frame.data.length)
      if (fit !== 'new' || frame.data.length === 0) continue
      for (const piece of incoming.take(Number(frame.offset), frame.data)) {
        outputs.push({ kind: 'data', streamId: frame.streamId, data: piece })
      }
      data.received += incoming.highest - before
    }
  }

  /**
   * STR-45, STR-51, STR-112: asset details in the first reply, and to whoever says an address; the totals of each
   * stream that was offered money, once; and all that is due to be said.
   */
  #replyFrames({ frames }: StreamPacket): Frame[] {
    const shared = this.#shared
    const reply: Frame[] = []
    if (this.#isFirst || frames.some(({ type }) => type === 0x02)) {
      reply.push(assetFrame(shared), limitFrame('max-data', shared))
    }
    this.#isFirst = false
    const told = new Set<bigint>()
    for (const frame of frames) {
      if ((frame.type !== 0x11 && frame.type !== 0x14) || told.has(frame.streamId)) continue
      told.add(frame.streamId)
      const stream = shared.streams.find(frame.streamId)
      const { streamId } = frame
      if (stream === undefined) {
        reply.push({ type: 0x10, streamId, code: StreamErrorCode.StreamStateError, message: '' })
      } else if (frame.type === 0x11) reply.push(maxMoneyFrame(stream, shared))
    }
    if (shared.notices.isEmpty) return reply
    const notices = shared.notices.take()
    reply.push(...framesOf(notices, shared))
    // Nobody tells whether a reply arrived, so what this end can say in packets of its own is said there, too.
    if (shared.destination !== undefined) shared.notices.again(notices)
    else shared.said(notices)
    return reply
  }

  /** RCPT-11, RCPT-12, RCPT-16 */
  #receipts(shares: readonly Share[]): Frame[] {
    const { receipts, crypto } = this.#shared.options
    if (receipts === undefined) return []
    const { nonce } = receipts
    return shares.flatMap(({ stream: { id: streamId, received: totalReceived } }) => {
      if (streamId > RECEIPT_STREAM_ID_MAX) return []
      const receipt = encodeReceipt(
        { nonce, streamId: Number(streamId), totalReceived },
        receipts.secret,
        crypto,
      )
      return [{ type: 0x17, streamId, receipt }]
    })
  }

  #reject(
    prepare: Prepare,
    packet: StreamPacket,
    frames: readonly Frame[],
    code: string = ErrorCode.F99_APPLICATION_ERROR,
  ): Reply {
    return {
      type: PacketType.Reject,
      code,
      triggeredBy: this.#shared.address ?? '',
      message: '', // STR-119
      data: this.#seal(PacketType.Reject, prepare, packet, frames),
    }
  }

  #seal(
    type: 13 | 14,
    { amount }: Prepare,
    { sequence }: StreamPacket,
    frames: readonly Frame[],
  ): Uint8Array {
    const reply: StreamPacket = {
      type,
      sequence, // STR-14
      prepareAmount: amount, // STR-19
      frames,
    }
    return this.#shared.keys.seal(encodeStreamPacket(reply), this.#shared.options.rng)
  }
}

/** STR-126: a receiver without room for data takes the money and ignores what comes with it. */
function withoutData(packet: StreamPacket): StreamPacket {
  const { frames } = packet
  if (!frames.some(isData)) return packet
  return { ...packet, frames: frames.filter((frame) => !isData(frame)) }
}

function isData({ type }: Frame): boolean {
  return type === 0x14
}
