/** ilp-protocol-stream 2.7.2-alpha.3: its client and its server. Tooling. */
import type { Address } from '@hourglass/ilp'
import { type Connection, type DataAndMoneyStream, createConnection, createServer } from 'ilp-protocol-stream'
import type { StreamSubject } from '../../benches/stream.ts'
import { asBuffer } from '../../load.ts'
import type { StreamPayer, StreamReceiver } from '../../stream-ends.ts'
import { PeerPlugin } from '../../stream-peers.ts'

/** Far above any payment: its default ends a payment after ten minutes. */
const PATIENCE_MS = 10 * 60_000

type Plugin = Parameters<typeof createServer>[0]['plugin']

export const subject: StreamSubject = {
  async open(path) {
    const receiving = new PeerPlugin(path.address)
    path.onRequest(async (packet) => receiving.handler!(asBuffer(packet)))
    const paying = new PeerPlugin('test.connector.alice', (packet) => path.request(packet))
    return { receiver: await receiveOver(receiving), payer: payOver(() => paying) }
  },
}

export async function receiveOver(plugin: Plugin): Promise<StreamReceiver> {
  const server = await createServer({ plugin, serverSecret: Buffer.alloc(32, 5) })
  server.on('connection', (connection: Connection) => {
    connection.on('stream', (stream: DataAndMoneyStream) => {
      stream.setReceiveMax('1000000000000000')
    })
  })
  return {
    credentials() {
      const { destinationAccount, sharedSecret } = server.generateAddressAndSecret()
      return { destination: destinationAccount as Address, sharedSecret }
    },
  }
}

/** `connect`: a plugin for each connection. */
export function payOver(connect: () => Plugin): StreamPayer {
  return {
    async pay({ destination, sharedSecret }, amount) {
      const connection = await createConnection({
        plugin: connect(),
        // As the other ends here: nothing comes back but replies.
        destinationAccount: destination,
        sharedSecret: asBuffer(sharedSecret),
      })
      const stream = connection.createStream()
      await stream.sendTotal(String(amount), { timeout: PATIENCE_MS })
      if (connection.totalDelivered !== String(amount))
        throw new Error(`${connection.totalDelivered} of ${amount}`)
      await connection.end()
    },
  }
}
