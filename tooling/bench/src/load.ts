/** The packets that connectors are measured with, and who answers them. Tooling. */
import { hash, randomBytes } from 'node:crypto'
import { FULFILL, decodePrepare, encodeFulfill, encodePrepare, rewritePrepare } from './floor/packets.ts'

/** With the addresses used here, a Prepare of about 300 octets. */
const DATA_BYTES = 190
const FULFILLMENT_BYTES = 32
export const PACKET_AMOUNT = 1000n
const LIFETIME_MS = 30_000
const TEMPLATES = 256
/** Expiries are written anew so often. */
const RESTAMP_MS = 250

/** Makes Prepares without end, each one different, with a real condition; the fulfillment travels in the data. */
export class PacketSource {
  readonly #templates: readonly Buffer[]
  /** Where a counter makes each packet unique: behind the fulfillment. */
  readonly #counterAt: number
  #made = 0
  #stampedAt = 0

  /** `address`: the receiver's own. */
  constructor(address: string) {
    this.#templates = Array.from({ length: TEMPLATES }, () => {
      const data = randomBytes(DATA_BYTES)
      return encodePrepare({
        amount: PACKET_AMOUNT,
        expiresAt: 0,
        executionCondition: hash('sha256', data.subarray(0, FULFILLMENT_BYTES), 'buffer'),
        destination: `${address}.~ipr.c3RyZWFtLXRva2VuLWFiY2RlZmdoaWprbA`,
        data,
      })
    })
    this.#counterAt = this.#templates[0]!.length - DATA_BYTES + FULFILLMENT_BYTES
  }

  next(): Buffer {
    const index = this.#made++ % TEMPLATES
    if (index === 0) this.#restamp(Date.now())
    const packet = Buffer.from(this.#templates[index]!)
    packet.writeUInt32BE(this.#made, this.#counterAt)
    return packet
  }

  #restamp(now: number): void {
    if (now - this.#stampedAt < RESTAMP_MS) return
    this.#stampedAt = now
    for (const template of this.#templates) rewritePrepare(template, PACKET_AMOUNT, now + LIFETIME_MS)
  }
}

/** The receiver: fulfills with what the data carries. */
export function fulfill(packet: Uint8Array): Buffer {
  const { data } = decodePrepare(asBuffer(packet))
  return encodeFulfill({ fulfillment: data.subarray(0, FULFILLMENT_BYTES), data: Buffer.alloc(0) })
}

/** Throws unless a packet was fulfilled: a figure for rejects would be no figure. */
export function assertFulfilled(reply: Uint8Array): void {
  if (reply[0] !== FULFILL) throw new Error(`not fulfilled: ${asBuffer(reply).toString('latin1')}`)
}

/** Runs `operations` in all, `inFlight` at a time. */
export async function keepInFlight(
  inFlight: number,
  operations: number,
  operation: () => Promise<void>,
): Promise<void> {
  let left = operations
  const line = async (): Promise<void> => {
    while (left-- > 0) await operation()
  }
  await Promise.all(Array.from({ length: Math.min(inFlight, operations) }, line))
}

/** The same octets, with Node's methods. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
