/** STREAM with npm ilp-protocol-stream at the other end, in both directions: money, exact on both sides. */
import { EventEmitter } from 'node:events'
import {
  type Address,
  ILDCP_DESTINATION,
  ILDCP_FULFILLMENT,
  type Reply,
  decodePrepare,
  decodeReply,
  encodeFulfill,
  encodeIldcpResponse,
  encodePrepare,
  encodeReply,
} from '@hourglass/ilp'
import { nodeCrypto, nodeRng, now } from '@hourglass/sansio/io'
import { type PaymentReport, StreamSender, StreamServer } from '@hourglass/stream'
import { type Connection, type DataAndMoneyStream, createConnection, createServer } from 'ilp-protocol-stream'
import { afterEach, expect, it } from 'vitest'

const OURS = 'test.parent.ours' as Address
const THEIRS = 'test.parent.theirs' as Address

type Handler = (packet: Buffer) => Promise<Buffer>

/** Their side of a link in memory: their library asks through it, and is asked. */
class Plugin extends EventEmitter {
  static readonly version = 2
  handler: Handler | undefined
  readonly #ask: Handler

  constructor(ask: Handler) {
    super()
    this.#ask = ask
  }

  async connect(): Promise<void> {}
  async disconnect(): Promise<void> {}
  isConnected(): boolean {
    return true
  }
  async sendData(packet: Buffer): Promise<Buffer> {
    return this.#ask(packet)
  }
  async sendMoney(): Promise<void> {}
  registerDataHandler(handler: Handler): void {
    this.handler = handler
  }
  deregisterDataHandler(): void {
    this.handler = undefined
  }
  registerMoneyHandler(): void {}
  deregisterMoneyHandler(): void {}
}

/** Tells a child its address, as the connector between the two would. */
function ildcp(address: Address): Buffer {
  const data = encodeIldcpResponse({ address, assetCode: 'USD', assetScale: 6 })
  return Buffer.from(encodeFulfill({ fulfillment: ILDCP_FULFILLMENT, data }))
}

function isIldcp(packet: Buffer): boolean {
  return decodePrepare(packet).destination === ILDCP_DESTINATION
}

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

it('their client pays our server', async () => {
  const server = new StreamServer({
    crypto: nodeCrypto,
    rng: nodeRng,
    serverSecret: nodeRng.bytes(32),
    address: OURS,
    assetCode: 'USD',
    assetScale: 6,
  })
  let received = 0n
  const plugin = new Plugin(async (packet) => {
    if (isIldcp(packet)) return Promise.resolve(ildcp(THEIRS))
    server.handle({ kind: 'prepare', id: 1, prepare: decodePrepare(packet) }, now())
    let reply: Reply | undefined
    for (let output = server.poll(); output !== undefined; output = server.poll()) {
      if (output.kind === 'money') received = output.total
      if (output.kind === 'reply') reply = output.reply
    }
    return Promise.resolve(Buffer.from(encodeReply(reply!)))
  })
  const { destination, sharedSecret } = server.credentials()
  const connection = await createConnection({
    plugin,
    destinationAccount: destination,
    sharedSecret: Buffer.from(sharedSecret),
  })
  closers.push(async () => connection.destroy())
  const stream = connection.createStream()
  await stream.sendTotal(1_234_567)
  expect(received).toBe(1_234_567n)
  expect(connection.totalDelivered).toBe('1234567')
  expect([connection.destinationAssetCode, connection.destinationAssetScale]).toEqual(['USD', 6])
  await connection.end()
})

it('our client pays their server', async () => {
  const plugin = new Plugin(async (packet) => {
    expect(isIldcp(packet)).toBe(true)
    return Promise.resolve(ildcp(THEIRS))
  })
  const server = await createServer({ plugin, serverSecret: Buffer.alloc(32, 5) })
  closers.push(async () => server.close())
  let received = 0n
  server.on('connection', (connection: Connection) => {
    connection.on('stream', (stream: DataAndMoneyStream) => {
      stream.setReceiveMax('1000000000')
      stream.on('money', (amount: string) => {
        received += BigInt(amount)
      })
    })
  })
  const { destinationAccount, sharedSecret } = server.generateAddressAndSecret()
  const report = await pay(plugin, destinationAccount as Address, sharedSecret)
  expect(report).toMatchObject({ outcome: 'complete', sent: 7_654_321n, delivered: 7_654_321n })
  expect(received).toBe(7_654_321n)
})

/** Drives our sender against their handler. */
async function pay(plugin: Plugin, destination: Address, sharedSecret: Uint8Array): Promise<PaymentReport> {
  const sender = new StreamSender({
    crypto: nodeCrypto,
    rng: nodeRng,
    credentials: { destination, sharedSecret },
    amount: { send: 7_654_321n },
  })
  let report: PaymentReport | undefined
  let timer: NodeJS.Timeout | undefined
  return new Promise((resolve) => {
    const hand = (input: Parameters<StreamSender['handle']>[0]): void => {
      sender.handle(input, now())
      drain()
      clearTimeout(timer)
      const next = sender.nextTimeout()
      if (report !== undefined) resolve(report)
      else if (next !== undefined)
        timer = setTimeout(() => hand({ kind: 'timeout' }), Math.max(next - now(), 0))
    }
    const drain = (): void => {
      for (let output = sender.poll(); output !== undefined; output = sender.poll()) {
        if (output.kind === 'quoted') setImmediate(() => hand({ kind: 'pay' }))
        if (output.kind === 'done') ({ report } = output)
        if (output.kind !== 'prepare') continue
        const { id, prepare } = output
        void plugin.handler?.(Buffer.from(encodePrepare(prepare))).then((reply) => {
          hand({ kind: 'reply', id, reply: decodeReply(reply) })
        })
      }
    }
    hand({ kind: 'start' })
  })
}
