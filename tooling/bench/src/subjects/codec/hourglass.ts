/** @hourglass/ilp. Tooling. */
import {
  type Fulfill,
  type Prepare,
  type Reject,
  decodeFulfill,
  decodePrepare,
  decodeReject,
  encodeFulfill,
  encodePrepare,
  encodeReject,
  rewritePrepare,
} from '@hourglass/ilp'
import type { CodecSubject } from '../../benches/codec.ts'

export const subject: CodecSubject<Prepare, Fulfill, Reject> = {
  encodePrepare,
  decodePrepare,
  rewritePrepare(packet, amount, expiresAt) {
    rewritePrepare(packet, amount, expiresAt)
    return packet
  },
  encodeFulfill,
  decodeFulfill,
  encodeReject,
  decodeReject,
}
