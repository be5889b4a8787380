/** The hand-written connector. Tooling. */
import type { ConnectorSubject } from '../../benches/connector.ts'
import { FLOOR_ADDRESS, FloorConnector } from '../../floor/connector.ts'
import { asBuffer } from '../../load.ts'

export const subject: ConnectorSubject = {
  open() {
    const connector = new FloorConnector()
    const alice = connector.add('alice')
    const bob = connector.add('bob')
    return Promise.resolve({
      address: `${FLOOR_ADDRESS}.bob`,
      onRequest(answer) {
        bob.send = async (packet) => asBuffer(await answer(packet))
      },
      request: (packet) => connector.handle(alice, packet),
    })
  },
}
