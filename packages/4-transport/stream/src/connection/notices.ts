/**
 * What this end has to say about itself, until the other end has heard it. Layer 4. Spec: IL-RFC 29 §4.4, §5.3.
 * A notice names a fact; its frame is made when it is sent, from how things are then. So notices can be lost, sent
 * twice and out of order (STR-37).
 */
import { addressFrame, assetFrame, limitFrame, streamFrame } from './notice-frames.ts'
import type { Frame } from '../wire/packet.ts'
import type { Shared } from './shared.ts'

export type ConnectionNotice =
  | 'address'
  | 'asset'
  | 'max-data'
  | 'data-blocked'
  | 'max-stream-id'
  | 'stream-id-blocked'
export type StreamNotice = 'close' | 'max-money' | 'money-blocked' | 'max-data' | 'data-blocked'

/** `streamId` undefined: of the whole connection. */
export interface Notice {
  readonly streamId: bigint | undefined
  readonly kind: ConnectionNotice | StreamNotice
}

/** As many go into one packet. */
const NOTICES_PER_PACKET = 32

export class Notices {
  readonly #due = new Map<string, Notice>()

  get isEmpty(): boolean {
    return this.#due.size === 0
  }

  add(kind: ConnectionNotice): void {
    this.#put({ streamId: undefined, kind })
  }

  addOf(streamId: bigint, kind: StreamNotice): void {
    this.#put({ streamId, kind })
  }

  /** Those of a packet that was lost. */
  again(notices: readonly Notice[]): void {
    for (const notice of notices) this.#put(notice)
  }

  /** As many as go into one packet; they count as said. */
  take(): Notice[] {
    const taken: Notice[] = []
    for (const [key, notice] of this.#due) {
      if (taken.length === NOTICES_PER_PACKET) break
      this.#due.delete(key)
      taken.push(notice)
    }
    return taken
  }

  #put(notice: Notice): void {
    this.#due.set(`${notice.streamId ?? ''} ${notice.kind}`, notice)
  }
}

/** Frames of notices that are still true. */
export function framesOf(notices: readonly Notice[], shared: Shared): Frame[] {
  return notices.flatMap((notice) => frameOf(notice, shared) ?? [])
}

function frameOf({ streamId, kind }: Notice, shared: Shared): Frame | undefined {
  if (streamId !== undefined) {
    const stream = shared.streams.find(streamId)
    return stream && streamFrame(kind as StreamNotice, stream, shared)
  }
  if (kind === 'address') return addressFrame(shared)
  if (kind === 'asset') return assetFrame(shared)
  return limitFrame(kind as Exclude<ConnectionNotice, 'address' | 'asset'>, shared)
}
