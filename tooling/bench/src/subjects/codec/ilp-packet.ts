/** ilp-packet 3.1.3, the codec of the JavaScript connectors. It rewrites by decoding and encoding. Tooling. */
import {
  type IlpFulfill,
  type IlpPrepare,
  type IlpReject,
  deserializeIlpFulfill,
  deserializeIlpPrepare,
  deserializeIlpReject,
  serializeIlpFulfill,
  serializeIlpPrepare,
  serializeIlpReject,
} from 'ilp-packet'
import type { CodecSubject } from '../../benches/codec.ts'

export const subject: CodecSubject<IlpPrepare, IlpFulfill, IlpReject> = {
  encodePrepare: serializeIlpPrepare,
  decodePrepare: deserializeIlpPrepare,
  rewritePrepare(packet, amount, expiresAt) {
    const prepare = deserializeIlpPrepare(packet)
    return serializeIlpPrepare({ ...prepare, amount: String(amount), expiresAt: new Date(expiresAt) })
  },
  encodeFulfill: serializeIlpFulfill,
  decodeFulfill: deserializeIlpFulfill,
  encodeReject: serializeIlpReject,
  decodeReject: deserializeIlpReject,
}
