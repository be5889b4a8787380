/** No connector at all: what sender and receiver cost themselves. Tooling. */
import type { ConnectorSubject } from '../../benches/connector.ts'

export const subject: ConnectorSubject = {
  open() {
    let answer: (packet: Uint8Array) => Promise<Uint8Array> = (packet) => Promise.resolve(packet)
    return Promise.resolve({
      address: 'test.connector.bob',
      onRequest(next) {
        answer = next
      },
      request: (packet) => answer(packet),
    })
  },
}
