/** No STREAM at all: as many plain Prepares, 20 in flight, of the size that a payment's packets have. Tooling. */
import type { Address } from '@hourglass/ilp'
import type { StreamSubject } from '../../benches/stream.ts'
import { PACKET_AMOUNT, PacketSource, assertFulfilled, fulfill, keepInFlight } from '../../load.ts'
import type { StreamPayer, StreamReceiver } from '../../stream-ends.ts'

const IN_FLIGHT = 20
/** A source writes expiries anew only while it is used, and its packets live for 30 s. */
const SOURCE_AGE_MS_MAX = 10_000

export const subject: StreamSubject = {
  open(path) {
    path.onRequest((packet) => Promise.resolve(fulfill(packet)))
    const payer = plainPayer((packet) => path.request(packet), path.address)
    return Promise.resolve({ receiver: plainReceiver(path.address), payer })
  },
}

/** It knows no secret. */
export function plainReceiver(address: string): StreamReceiver {
  const credentials = { destination: address as Address, sharedSecret: new Uint8Array(0) }
  return { credentials: () => credentials }
}

export function plainPayer(request: (packet: Buffer) => Promise<Uint8Array>, receiver: string): StreamPayer {
  let source = new PacketSource(receiver)
  let usedAt = Date.now()
  const send = async (): Promise<void> => assertFulfilled(await request(source.next()))
  return {
    async pay(_, amount) {
      if (Date.now() > usedAt + SOURCE_AGE_MS_MAX) source = new PacketSource(receiver)
      usedAt = Date.now()
      await keepInFlight(IN_FLIGHT, Number(amount / PACKET_AMOUNT), send)
    },
  }
}
