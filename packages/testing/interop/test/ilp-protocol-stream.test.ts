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
import { type Driver, drive, nodeCrypto, nodeRng, now } from '@hourglass/sansio/io'
import {
  type ConnectionCommand,
  type ConnectionInput,
  type ConnectionOutput,
  type Credentials,
  type PaymentReport,
  StreamConnection,
  StreamSender,
  type StreamSenderInput,
  type StreamSenderOutput,
  StreamServer,
  type StreamServerInput,
  type StreamServerOutput,
} from '@hourglass/stream'
import { type Connection, type DataAndMoneyStream, createConnection, createServer } from 'ilp-protocol-stream'
import { afterEach, expect, it, vi, describe } from 'vitest'

/** Waiting for conditions, never for time: generous. */
const WAIT = { timeout: 10_000 }

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
  for (const close of closers.splice(0).reverse()) await close()
})

it('interop: ilp-protocol-stream as payer of our STREAM server', async () => {
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

describe('interop: ilp-protocol-stream as payee of our STREAM client', () => {
  it.each(['start', 'pay'] as const)('beginning with: %s', async (first) => {
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
    const report = await pay(plugin, { destination: destinationAccount as Address, sharedSecret }, first)
    expect(report).toMatchObject({ outcome: 'complete', sent: 7_654_321n, delivered: 7_654_321n })
    expect(received).toBe(7_654_321n)
  })
})

/** Data of some packets. */
const TEXT = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) % 251))

/** All that a stream of theirs brings. */
async function readAll(stream: DataAndMoneyStream, bytes: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let got = 0
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      got += chunk.length
      if (got >= bytes) resolve(Buffer.concat(chunks))
    })
  })
}

it('their client and our server: data and money on one stream, both ways (STR-43, STR-73, STR-112)', async () => {
  const server = new StreamServer({
    crypto: nodeCrypto,
    rng: nodeRng,
    serverSecret: nodeRng.bytes(32),
    address: OURS,
    assetCode: 'USD',
    assetScale: 6,
    isTwoWay: true,
  })
  const replies = new Map<number, (reply: Reply) => void>()
  const data: Buffer[] = []
  let received = 0n
  let asked = 0
  const driver = drive<StreamServerInput, StreamServerOutput>(server, (output) => {
    switch (output.kind) {
      case 'reply':
        replies.get(output.id)?.(output.reply)
        replies.delete(output.id)
        break
      case 'prepare':
        void plugin.handler?.(Buffer.from(encodePrepare(output.prepare))).then((reply) => {
          driver.push({ kind: 'reply', id: output.id, reply: decodeReply(reply) })
        })
        break
      case 'data':
        data.push(Buffer.from(output.data))
        command(output.connection, { kind: 'read', streamId: output.streamId, bytes: output.data.length })
        break
      case 'opened':
        command(output.connection, { kind: 'write', streamId: output.streamId, data: TEXT })
        command(output.connection, { kind: 'send', streamId: output.streamId, total: 4321n })
        break
      case 'money':
        received = output.total
        break
    }
  })
  const command = (connection: string, of: ConnectionCommand): void => {
    driver.push({ kind: 'command', connection, command: of })
  }
  closers.push(async () => {
    driver.stop()
    return Promise.resolve()
  })
  const plugin = new Plugin(async (packet) => {
    if (isIldcp(packet)) return Promise.resolve(ildcp(THEIRS))
    const id = ++asked
    return new Promise((resolve) => {
      replies.set(id, (reply) => resolve(Buffer.from(encodeReply(reply))))
      driver.push({ kind: 'prepare', id, prepare: decodePrepare(packet) })
    })
  })
  const { destination, sharedSecret } = server.credentials()
  const connection = await createConnection({
    plugin,
    destinationAccount: destination,
    sharedSecret: Buffer.from(sharedSecret),
  })
  closers.push(async () => connection.destroy())
  const stream = connection.createStream()
  stream.setReceiveMax(10_000)
  stream.write(TEXT)
  const arrived = readAll(stream, TEXT.length)
  await stream.sendTotal(98_765)
  expect(Buffer.compare(await arrived, TEXT)).toBe(0)
  await vi.waitFor(() => expect(Buffer.compare(Buffer.concat(data), TEXT)).toBe(0), WAIT)
  await vi.waitFor(() => expect(stream.totalReceived).toBe('4321'), WAIT)
  expect(received).toBe(98_765n)
})

it('our client and their server: data and money on several streams, both ways (STR-43, STR-73, STR-77)', async () => {
  const connection = new StreamConnectionEnd()
  const plugin = new Plugin(async (packet) => {
    if (isIldcp(packet)) return Promise.resolve(ildcp(THEIRS))
    return connection.receive(packet)
  })
  const server = await createServer({ plugin, serverSecret: Buffer.alloc(32, 5) })
  closers.push(async () => server.close())
  const theirs: Buffer[] = []
  let received = 0n
  let ended = 0
  server.on('connection', (their: Connection) => {
    their.on('stream', (stream: DataAndMoneyStream) => {
      stream.setReceiveMax('1000000')
      stream.on('money', (amount: string) => (received += BigInt(amount)))
      stream.on('data', (chunk: Buffer) => theirs.push(chunk))
      stream.on('end', () => ended++)
      stream.write(TEXT)
      stream.setSendMax(777)
    })
  })
  const { destinationAccount, sharedSecret } = server.generateAddressAndSecret()
  connection.open(plugin, destinationAccount as Address, sharedSecret)
  closers.push(async () => {
    connection.close()
    return Promise.resolve()
  })
  const streamId = connection.machine!.open()!
  connection.push({ kind: 'write', streamId, data: TEXT })
  connection.push({ kind: 'send', streamId, total: 12_345n })
  await vi.waitFor(() => {
    expect(Buffer.compare(Buffer.concat(theirs), TEXT)).toBe(0)
    expect(Buffer.compare(Buffer.concat(connection.data), TEXT)).toBe(0)
    expect([received, connection.received]).toEqual([12_345n, 777n])
  }, WAIT)
  connection.push({ kind: 'closeStream', streamId })
  await vi.waitFor(() => expect(ended).toBe(1), WAIT)
  connection.push({ kind: 'close' })
  await vi.waitFor(() => expect(connection.isClosed).toBe(true), WAIT)
})

/** Our end of a connection to theirs. */
class StreamConnectionEnd {
  readonly data: Buffer[] = []
  received = 0n
  isClosed = false
  machine: StreamConnection | undefined
  #driver: Driver<ConnectionInput> | undefined
  readonly #replies = new Map<number, (reply: Buffer) => void>()
  #asked = 0

  open(plugin: Plugin, destination: Address, sharedSecret: Uint8Array): void {
    const asset = { assetCode: 'USD', assetScale: 6 }
    const ends = { destination, sharedSecret, address: OURS }
    this.machine = new StreamConnection({
      crypto: nodeCrypto,
      rng: nodeRng,
      role: 'client',
      ...ends,
      ...asset,
    })
    this.#driver = drive<ConnectionInput, ConnectionOutput>(this.machine, (output) => {
      if (output.kind === 'prepare') {
        void plugin.handler?.(Buffer.from(encodePrepare(output.prepare))).then((reply) => {
          this.push({ kind: 'reply', id: output.id, reply: decodeReply(reply) })
        })
      } else if (output.kind === 'reply')
        this.#replies.get(output.id)?.(Buffer.from(encodeReply(output.reply)))
      else if (output.kind === 'data') {
        this.data.push(Buffer.from(output.data))
        this.push({ kind: 'read', streamId: output.streamId, bytes: output.data.length })
      } else if (output.kind === 'money') this.received = output.total
      else if (output.kind === 'closed') this.isClosed = true
    })
  }

  push(input: ConnectionInput): void {
    this.#driver?.push(input)
  }

  async receive(packet: Buffer): Promise<Buffer> {
    const id = ++this.#asked
    return new Promise((resolve) => {
      this.#replies.set(id, resolve)
      this.push({ kind: 'prepare', id, prepare: decodePrepare(packet) })
    })
  }

  close(): void {
    this.#driver?.stop()
  }
}

/** Drives our sender against their handler. */
/** Quotes, then pays; or pays with the first packet. */
async function pay(plugin: Plugin, credentials: Credentials, first: 'start' | 'pay'): Promise<PaymentReport> {
  const amount = { send: 7_654_321n }
  const minimumRate = { numerator: 99n, denominator: 100n }
  const sender = new StreamSender({ crypto: nodeCrypto, rng: nodeRng, credentials, amount, minimumRate })
  return new Promise((resolve) => {
    const driver: Driver<StreamSenderInput> = drive<StreamSenderInput, StreamSenderOutput>(
      sender,
      (output) => {
        if (output.kind === 'quoted') driver.push({ kind: 'pay' })
        else if (output.kind === 'done') {
          driver.stop()
          resolve(output.report)
        } else if (output.kind === 'prepare') {
          const { id, prepare } = output
          void plugin.handler?.(Buffer.from(encodePrepare(prepare))).then((reply) => {
            driver.push({ kind: 'reply', id, reply: decodeReply(reply) })
          })
        }
      },
    )
    driver.push({ kind: first })
  })
}
