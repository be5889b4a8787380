/** ilp-protocol-stream 2.7.2-alpha.3: its client and its server. Tooling. */
import { type Connection, type DataAndMoneyStream, createConnection, createServer } from 'ilp-protocol-stream'
import type { StreamSubject } from '../../benches/stream.ts'
import { asBuffer } from '../../load.ts'
import { PeerPlugin } from '../../stream-peers.ts'

/** Far above any payment: its default ends a payment after ten minutes. */
const PATIENCE_MS = 10 * 60_000

export const subject: StreamSubject = {
  async open(path) {
    const receiving = new PeerPlugin(path.address)
    path.onRequest(async (packet) => receiving.handler!(asBuffer(packet)))
    const server = await createServer({ plugin: receiving, serverSecret: Buffer.alloc(32, 5) })
    server.on('connection', (connection: Connection) => {
      connection.on('stream', (stream: DataAndMoneyStream) => {
        stream.setReceiveMax('1000000000000000')
      })
    })
    const paying = new PeerPlugin('test.connector.alice', (packet) => path.request(packet))
    return {
      async pay(amount) {
        const connection = await createConnection({
          plugin: paying,
          // As the other ends here: nothing comes back but replies.
          ...server.generateAddressAndSecret(),
        })
        const stream = connection.createStream()
        await stream.sendTotal(String(amount), { timeout: PATIENCE_MS })
        if (connection.totalDelivered !== String(amount))
          throw new Error(`${connection.totalDelivered} of ${amount}`)
        await connection.end()
      },
    }
  },
}
