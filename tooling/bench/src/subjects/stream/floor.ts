/** No STREAM at all: as many plain Prepares, 20 in flight, of the size that a payment's packets have. Tooling. */
import type { StreamSubject } from '../../benches/stream.ts'
import { PacketSource, assertFulfilled, fulfill, keepInFlight } from '../../load.ts'

const IN_FLIGHT = 20
/** What each packet of the source carries. */
const PACKET_AMOUNT = 1000n
/** A source writes expiries anew only while it is used, and its packets live for 30 s. */
const SOURCE_AGE_MS_MAX = 10_000

export const subject: StreamSubject = {
  open(path) {
    let source = new PacketSource(path.address)
    let usedAt = Date.now()
    path.onRequest((packet) => Promise.resolve(fulfill(packet)))
    const send = async (): Promise<void> => assertFulfilled(await path.request(source.next()))
    return Promise.resolve({
      async pay(amount) {
        if (Date.now() > usedAt + SOURCE_AGE_MS_MAX) source = new PacketSource(path.address)
        usedAt = Date.now()
        await keepInFlight(IN_FLIGHT, Number(amount / PACKET_AMOUNT), send)
      },
    })
  },
}
