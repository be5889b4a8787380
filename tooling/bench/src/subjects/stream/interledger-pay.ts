/** @interledger/pay 0.4.0-alpha.9 pays @interledger/stream-receiver 0.3.3-alpha.3. Tooling. */
import { closeConnection, pay, setupPayment, startQuote } from '@interledger/pay'
import { StreamServer } from '@interledger/stream-receiver'
import { deserializeIlpPrepare, isIlpReply, serializeIlpReply } from 'ilp-packet'
import type { StreamSubject } from '../../benches/stream.ts'
import { asBuffer } from '../../load.ts'
import { PeerPlugin } from '../../stream-peers.ts'

const ASSET = { code: 'USD', scale: 9 }

export const subject: StreamSubject = {
  open(path) {
    const server = new StreamServer({ serverSecret: Buffer.alloc(32, 1), serverAddress: path.address })
    path.onRequest((packet) => {
      const moneyOrReply = server.createReply(deserializeIlpPrepare(asBuffer(packet)))
      return Promise.resolve(
        serializeIlpReply(isIlpReply(moneyOrReply) ? moneyOrReply : moneyOrReply.accept()),
      )
    })
    const plugin = new PeerPlugin('test.connector.alice', (packet) => path.request(packet))
    return Promise.resolve({
      async pay(amount) {
        const { ilpAddress, sharedSecret } = server.generateCredentials({ asset: ASSET })
        const setup = { plugin, destinationAddress: ilpAddress, sharedSecret, destinationAsset: ASSET }
        const destination = await setupPayment(setup)
        const quote = await startQuote({ plugin, destination, sourceAsset: ASSET, amountToSend: amount })
        const { error, amountDelivered } = await pay({ plugin, destination, quote })
        await closeConnection(plugin, destination)
        if (error !== undefined || amountDelivered !== amount) {
          throw new Error(`${error}: ${amountDelivered} of ${amount}`)
        }
      },
    })
  },
}
