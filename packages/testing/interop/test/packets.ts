/** Packets by ilp-packet that fit each other. */
import { createHash } from 'node:crypto'
import { now } from '@hourglass/sansio/io'
import {
  Type,
  deserializeIlpPrepare,
  deserializeIlpReply,
  serializeIlpFulfill,
  serializeIlpPrepare,
  serializeIlpReject,
} from 'ilp-packet'

const FULFILLMENT = Buffer.alloc(32, 9)
const CONDITION = createHash('sha256').update(FULFILLMENT).digest()

/** A Prepare that `FULFILLMENT` fits. */
export function prepare(destination: string, amount: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const expiresAt = new Date(now() + 60_000)
  return serializeIlpPrepare({ amount, expiresAt, executionCondition: CONDITION, destination, data })
}

/** The data of a Fulfill, or the code of a Reject. */
export function outcome(packet: Uint8Array): Buffer | string {
  const reply = deserializeIlpReply(Buffer.from(packet))
  return 'fulfillment' in reply ? reply.data : reply.code
}

/** Fulfills every Prepare with its data; rejects those for an address that ends in `.nobody`, and all else. */
export function serve(packet: Uint8Array): Buffer {
  if (packet[0] !== Type.TYPE_ILP_PREPARE) return reject('F01', 'no Prepare')
  const { destination, data } = deserializeIlpPrepare(Buffer.from(packet))
  if (!destination.endsWith('.nobody')) return serializeIlpFulfill({ fulfillment: FULFILLMENT, data })
  return reject('F02', 'nobody')
}

function reject(code: string, message: string): Buffer {
  return serializeIlpReject({ code, triggeredBy: 'test.peer', message, data: Buffer.alloc(0) })
}
