/** @hourglass/stream: its payer and its server. Tooling. */
import {
  type Address,
  type Reply,
  decodePrepare,
  decodeReply,
  encodePrepare,
  encodeReply,
} from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import { drive, nodeCrypto, nodeRng, now } from '@hourglass/sansio/io'
import { type PaymentReport, type Ratio, StreamSender, StreamServer } from '@hourglass/stream'
import type { StreamPath, StreamSubject } from '../../benches/stream.ts'
import { asBuffer } from '../../load.ts'
import type { StreamPayer } from '../../stream-ends.ts'

/** Both ends hold the same asset: @interledger/pay is told so, too. */
const MINIMUM_RATE: Ratio = { numerator: 99n, denominator: 100n }

export const subject: StreamSubject = {
  open(path) {
    const payer = payOver((packet, _, done) => void path.request(asBuffer(packet)).then(done))
    return Promise.resolve({ receiver: openServer(path), payer })
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

/** Sends a packet; `done` gets the reply. */
type Send = (packet: Uint8Array, expiresAt: Instant, done: (reply: Uint8Array) => void) => void

export function payOver(send: Send): StreamPayer {
  return {
    async pay(credentials, amount) {
      const options = { crypto: nodeCrypto, rng: nodeRng, credentials, minimumRate: MINIMUM_RATE }
      const { outcome, delivered } = await run(
        new StreamSender({ ...options, amount: { send: amount } }),
        send,
      )
      if (outcome !== 'complete' || delivered !== amount)
        throw new Error(`${outcome}: ${delivered} of ${amount}`)
    },
  }
}

async function run(sender: StreamSender, send: Send): Promise<PaymentReport> {
  return new Promise((resolve) => {
    const driver = drive(sender, (output) => {
      if (output.kind === 'prepare') {
        const { id, prepare } = output
        send(encodePrepare(prepare), prepare.expiresAt, (body) => {
          const reply: Reply = decodeReply(body)
          driver.push({ kind: 'reply', id, reply })
        })
      } else if (output.kind === 'done') {
        driver.stop()
        resolve(output.report)
      }
    })
    driver.push({ kind: 'pay' })
  })
}
