/** @interledger/pay 0.4.0-alpha.9 pays @interledger/stream-receiver 0.3.3-alpha.3. Tooling. */
import type { Address } from '@hourglass/ilp'
import { closeConnection, pay, setupPayment, startQuote } from '@interledger/pay'
import { StreamServer } from '@interledger/stream-receiver'
import { deserializeIlpPrepare, isIlpReply, serializeIlpReply } from 'ilp-packet'
import type { StreamSubject } from '../../benches/stream.ts'
import { asBuffer } from '../../load.ts'
import type { StreamPayer, StreamReceiver } from '../../stream-ends.ts'
import { PeerPlugin } from '../../stream-peers.ts'

const ASSET = { code: 'USD', scale: 9 }

type Plugin = Parameters<typeof setupPayment>[0]['plugin']

export const subject: StreamSubject = {
  open(path) {
    const receiver = openReceiver(path.address)
    path.onRequest((packet) => receiver.answer(asBuffer(packet)))
    const plugin = new PeerPlugin('test.connector.alice', (packet) => path.request(packet))
    return Promise.resolve({ receiver, payer: payOver(() => plugin) })
  },
}

export function openReceiver(
  serverAddress: string,
): StreamReceiver & { answer(packet: Buffer): Promise<Buffer> } {
  const server = new StreamServer({ serverSecret: Buffer.alloc(32, 1), serverAddress })
  return {
    answer(packet) {
      const moneyOrReply = server.createReply(deserializeIlpPrepare(packet))
      return Promise.resolve(
        serializeIlpReply(isIlpReply(moneyOrReply) ? moneyOrReply : moneyOrReply.accept()),
      )
    },
    credentials() {
      const { ilpAddress, sharedSecret } = server.generateCredentials({ asset: ASSET })
      return { destination: ilpAddress as string as Address, sharedSecret }
    },
  }
}

/** `connect`: a plugin for each connection. */
export function payOver(connect: () => Plugin): StreamPayer {
  return {
    async pay({ destination: destinationAddress, sharedSecret: secret }, amount) {
      const [plugin, sharedSecret] = [connect(), asBuffer(secret)]
      const setup = { plugin, destinationAddress, sharedSecret, destinationAsset: ASSET }
      const destination = await setupPayment(setup)
      const quote = await startQuote({ plugin, destination, sourceAsset: ASSET, amountToSend: amount })
      const { error, amountDelivered } = await pay({ plugin, destination, quote })
      await closeConnection(plugin, destination)
      if (error !== undefined || amountDelivered !== amount) {
        throw new Error(`${error}: ${amountDelivered} of ${amount}`)
      }
    },
  }
}
