/** No STREAM at all: as many plain Prepares, 20 in flight, of the size that a payment's packets have. Tooling. */
import type { StreamSubject } from '../../benches/stream.ts'
import { PacketSource, assertFulfilled, fulfill, keepInFlight } from '../../load.ts'

const IN_FLIGHT = 20
/** What each packet of the source carries. */
const PACKET_AMOUNT = 1000n

export const subject: StreamSubject = {
  open(path) {
    const source = new PacketSource(path.address)
    path.onRequest((packet) => Promise.resolve(fulfill(packet)))
    const send = async (): Promise<void> => assertFulfilled(await path.request(source.next()))
    return Promise.resolve({ pay: (amount) => keepInFlight(IN_FLIGHT, Number(amount / PACKET_AMOUNT), send) })
  },
}
