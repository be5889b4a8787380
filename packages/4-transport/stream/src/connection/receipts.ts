/** Receipts that come in replies, for the application to pass on. Layer 4. Spec: IL-RFC 39. */
import { type Frame } from '../wire/packet.ts'
import { decodeReceipt } from '../wire/receipt.ts'
import type { Shared } from './shared.ts'

/** RCPT-14: passed on unread, whatever they hold; RCPT-15: but for those that say less than one before. */
export function hearReceipts(frames: readonly Frame[], { streams, outputs }: Shared): void {
  for (const frame of frames) {
    if (frame.type !== 0x17) continue
    const stream = streams.find(frame.streamId)
    if (stream === undefined) continue
    const total = decodeReceipt(frame.receipt)?.totalReceived
    if (total !== undefined && total <= stream.receiptTotal) continue
    if (total !== undefined) stream.receiptTotal = total
    outputs.push({ kind: 'receipt', streamId: stream.id, receipt: frame.receipt.slice() })
  }
}
