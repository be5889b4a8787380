/** Packets by ilp-packet that fit each other. */
import { createHash } from 'node:crypto'
import { now } from '@hourglass/sansio/io'
import {
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

/** Fulfills every Prepare, and gives its data back; rejects those for an address that ends in `.nobody`. */
export function serve(packet: Uint8Array): Buffer {
  const { destination, data } = deserializeIlpPrepare(Buffer.from(packet))
  if (!destination.endsWith('.nobody')) return serializeIlpFulfill({ fulfillment: FULFILLMENT, data })
  return serializeIlpReject({
    code: 'F02',
    triggeredBy: 'test.peer',
    message: 'nobody',
    data: Buffer.alloc(0),
  })
}
