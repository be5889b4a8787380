/**
 * What the receiver of a payment says of it, reply after reply. Layer 4. Spec: IL-RFC 29 §5.3; IL-RFC 39.
 * It is the receiver's word and no more: a receipt proves it, to whoever made the receipt's secret.
 */
import type { Frame } from './wire/packet.ts'
import { decodeReceipt } from './wire/receipt.ts'

/** The stream of payments that have one. */
export const PAYMENT_STREAM_ID = 1n

export interface ReceiverWord {
  /** What the stream has brought it, in its base units; one without memory says 0 (STR-66, STR-113). */
  readonly received: bigint
  /** What the stream takes in all; undefined where it does not say. */
  readonly receiveMax: bigint | undefined
  /** The highest receipt, unread (RCPT-14, RCPT-15). */
  readonly receipt: Uint8Array | undefined
  /** Why it ended the connection, or the stream. */
  readonly closed: { readonly code: number; readonly message: string } | undefined
}

export class Hearing {
  #received = 0n
  #receiveMax: bigint | undefined
  #receipt: Uint8Array | undefined
  #receiptTotal = -1n
  #closed: ReceiverWord['closed']

  get word(): ReceiverWord {
    const [received, receiveMax, receipt, closed] = [
      this.#received,
      this.#receiveMax,
      this.#receipt,
      this.#closed,
    ]
    return { received, receiveMax, receipt, closed }
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  /** Frames of an authentic reply, in any order of replies; returns a receipt that is better than all before. */
  learn(frames: readonly Frame[]): Uint8Array | undefined {
    let better: Uint8Array | undefined
    for (const frame of frames) {
      if (frame.type === 0x01 || frame.type === 0x10) {
        const { code, message } = frame
        this.#closed ??= { code, message }
      } else if (frame.type === 0x12 && frame.streamId === PAYMENT_STREAM_ID) {
        this.#hearTotals(frame.totalReceived, frame.receiveMax)
      } else if (frame.type === 0x17 && this.#isBetter(frame.receipt)) {
        this.#receipt = frame.receipt.slice()
        better = this.#receipt
      }
    }
    return better
  }

  /** STR-65: neither of them falls. */
  #hearTotals(received: bigint, receiveMax: bigint): void {
    if (received > this.#received) this.#received = received
    if (receiveMax > (this.#receiveMax ?? -1n)) this.#receiveMax = receiveMax
  }

  /** One that cannot be read is passed on, whatever it holds. */
  #isBetter(receipt: Uint8Array): boolean {
    const total = decodeReceipt(receipt)?.totalReceived
    if (total === undefined) return true
    if (total <= this.#receiptTotal) return false
    this.#receiptTotal = total
    return true
  }
}
