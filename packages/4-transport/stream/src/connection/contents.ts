/** What one packet of a connection carries besides its envelope. Layer 4. */
import { NO_MONEY, type Part } from '../plan.ts'
import type { Outstanding } from '../sending-end.ts'
import type { Spending } from '../spending.ts'
import type { Frame } from '../wire/packet.ts'
import { framesOf, type Notice } from './notices.ts'
import type { Segment } from './outgoing-data.ts'
import type { Shared } from './shared.ts'
import type { Stream } from './stream.ts'

/** Part of a packet's money, in base units of this end. */
export interface StreamPart {
  readonly stream: Stream
  readonly amount: bigint
}

export interface StreamSegment {
  readonly stream: Stream
  readonly segment: Segment
}

export interface Contents {
  readonly kind: 'plain' | 'probe' | 'money' | 'close'
  /** Nothing, but for a probe's amount or a packet's money. */
  readonly part: Part
  /** Whose money it is, or whose question. */
  readonly spending?: Spending
  readonly parts: readonly StreamPart[]
  readonly segments: readonly StreamSegment[]
  readonly notices: readonly Notice[]
}

/** Contents on their way. */
export interface Sent {
  readonly contents: Contents
  readonly outstanding: Outstanding
}

export const NOTHING: Contents = { kind: 'plain', part: NO_MONEY, parts: [], segments: [], notices: [] }

export function framesOfContents(contents: Contents, shared: Shared): Frame[] {
  const { kind, notices, parts, segments } = contents
  const frames = framesOf(notices, shared)
  for (const { stream, segment } of segments) {
    const { offset, data } = segment
    frames.push({ type: 0x14, streamId: stream.id, offset: BigInt(offset), data })
  }
  for (const { stream, amount } of parts) frames.push({ type: 0x11, streamId: stream.id, shares: amount })
  if (kind === 'close' && shared.ending !== undefined) {
    const { code, message } = shared.ending
    frames.push({ type: 0x01, code, message })
  }
  return frames
}
