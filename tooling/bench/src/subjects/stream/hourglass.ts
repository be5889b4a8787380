/** @hourglass/stream: its payer and its server. Tooling. */
import { type Address, decodePrepare, decodeReply, encodePrepare, encodeReply } from '@hourglass/ilp'
import { drive, nodeCrypto, nodeRng, now } from '@hourglass/sansio/io'
import { type PaymentReport, type Ratio, StreamSender, StreamServer } from '@hourglass/stream'
import type { StreamPath, StreamSubject } from '../../benches/stream.ts'
import { asBuffer } from '../../load.ts'

/** Both ends hold the same asset: @interledger/pay is told so, too. */
const MINIMUM_RATE: Ratio = { numerator: 99n, denominator: 100n }

export const subject: StreamSubject = {
  open(path) {
    const server = openServer(path)
    return Promise.resolve({
      async pay(amount) {
        const { outcome, delivered } = await pay(server, path, amount)
        if (outcome !== 'complete' || delivered !== amount)
          throw new Error(`${outcome}: ${delivered} of ${amount}`)
      },
    })
  },
}

function openServer(path: StreamPath): StreamServer {
  const server = new StreamServer({
    crypto: nodeCrypto,
    rng: nodeRng,
    serverSecret: nodeRng.bytes(32),
    address: path.address as Address,
    assetCode: 'USD',
    assetScale: 9,
  })
  path.onRequest((packet) => {
    server.handle({ kind: 'prepare', id: 1, prepare: decodePrepare(packet) }, now())
    let body: Uint8Array | undefined
    for (let output = server.poll(); output !== undefined; output = server.poll()) {
      if (output.kind === 'reply') body = encodeReply(output.reply)
    }
    return body === undefined ? Promise.reject(new Error('no reply')) : Promise.resolve(body)
  })
  return server
}

async function pay(server: StreamServer, path: StreamPath, send: bigint): Promise<PaymentReport> {
  return new Promise((resolve) => {
    const credentials = server.credentials()
    const sender = new StreamSender({
      crypto: nodeCrypto,
      rng: nodeRng,
      credentials,
      amount: { send },
      minimumRate: MINIMUM_RATE,
    })
    const driver = drive(sender, (output) => {
      if (output.kind === 'prepare') {
        const { id, prepare } = output
        void path.request(asBuffer(encodePrepare(prepare))).then((body) => {
          driver.push({ kind: 'reply', id, reply: decodeReply(body) })
        })
      } else if (output.kind === 'done') {
        driver.stop()
        resolve(output.report)
      }
    })
    driver.push({ kind: 'pay' })
  })
}
