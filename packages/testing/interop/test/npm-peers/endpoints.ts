/**
 * Program: the npm peers that pay and are paid, each over a BTP link of its own. Its starter sends orders, and gets
 * one answer for each, in the same order.
 *
 *   ilp-protocol-stream            a server, and a client
 *   @interledger/pay               a client
 *   @interledger/stream-receiver   a server without memory
 */
import { closeConnection, pay, setupPayment, startQuote } from '@interledger/pay'
import { StreamServer } from '@interledger/stream-receiver'
import { deserializeIlpPrepare, isIlpReply, serializeIlpReply } from 'ilp-packet'
import plugin from 'ilp-plugin-btp'
import {
  type Connection,
  type DataAndMoneyStream,
  type Server,
  createConnection,
  createServer,
} from 'ilp-protocol-stream'
import type { Answers, Credentials, Order, ReceiptDetails } from './orders.ts'

/** By its types a module with a default, at run time the class that is its own default. */
const PluginBtp = plugin.default
type Plugin = InstanceType<typeof PluginBtp>

const received = { server: 0n, receiver: 0n }
let clientLink = ''
let client: Plugin | undefined
let server: Server | undefined
let receiver: StreamServer | undefined

async function connect(link: string): Promise<Plugin> {
  const connected = new PluginBtp({ server: link })
  await connected.connect()
  return connected
}

/** ilp-protocol-stream takes the link down with its connection. */
async function clientPlugin(): Promise<Plugin> {
  if (client?.isConnected() !== true) client = await connect(clientLink)
  return client
}

async function openServer(link: string): Promise<void> {
  server = await createServer({ plugin: await connect(link), serverSecret: Buffer.alloc(32, 5) })
  server.on('connection', (connection: Connection) => {
    connection.on('stream', (stream: DataAndMoneyStream) => {
      stream.setReceiveMax('1000000000')
      stream.on('money', (amount: string) => (received.server += BigInt(amount)))
    })
  })
}

function serverCredentials(receipt: ReceiptDetails | undefined): Credentials {
  const { destinationAccount: destination, sharedSecret } = server!.generateAddressAndSecret(
    receipt && {
      receiptNonce: Buffer.from(receipt.nonce),
      receiptSecret: Buffer.from(receipt.secret),
    },
  )
  return { destination, sharedSecret }
}

async function openReceiver(link: string, serverAddress: string): Promise<void> {
  const connected = await connect(link)
  const opened = new StreamServer({ serverSecret: Buffer.alloc(32, 1), serverAddress })
  receiver = opened
  connected.registerDataHandler((packet: Buffer) => {
    const prepare = deserializeIlpPrepare(packet)
    const moneyOrReply = opened.createReply(prepare)
    if (isIlpReply(moneyOrReply)) return Promise.resolve(serializeIlpReply(moneyOrReply))
    received.receiver += BigInt(prepare.amount)
    return Promise.resolve(serializeIlpReply(moneyOrReply.accept()))
  })
}

function receiverCredentials(): Credentials {
  const { ilpAddress, sharedSecret } = receiver!.generateCredentials({ asset: { code: 'EUR', scale: 4 } })
  return { destination: ilpAddress, sharedSecret }
}

async function sendByStream({ destination, sharedSecret }: Credentials, amount: bigint): Promise<bigint> {
  const connection = await createConnection({
    plugin: await clientPlugin(),
    destinationAccount: destination,
    sharedSecret: Buffer.from(sharedSecret),
  })
  await connection.createStream().sendTotal(String(amount))
  await connection.end()
  return BigInt(connection.totalDelivered)
}

async function sendByPay({ destination, sharedSecret }: Credentials, amount: bigint): Promise<bigint> {
  const connected = await clientPlugin()
  const resolved = await setupPayment({
    plugin: connected,
    destinationAddress: destination,
    sharedSecret: Buffer.from(sharedSecret),
  })
  const quote = await startQuote({
    plugin: connected,
    destination: resolved,
    sourceAsset: { code: 'USD', scale: 2 },
    prices: { USD: 0.92, EUR: 1 },
    amountToSend: amount,
  })
  const { amountDelivered, error } = await pay({ plugin: connected, destination: resolved, quote })
  await closeConnection(connected, resolved)
  if (error !== undefined) throw new Error(error)
  return amountDelivered
}

async function carryOut(order: Order): Promise<Answers[keyof Answers]> {
  switch (order.kind) {
    case 'open-client':
      clientLink = order.link
      await clientPlugin()
      return undefined
    case 'open-server':
      await openServer(order.link)
      return undefined
    case 'open-receiver':
      await openReceiver(order.link, order.address)
      return undefined
    case 'server-credentials':
      return serverCredentials(order.receipt)
    case 'receiver-credentials':
      return receiverCredentials()
    case 'send-by-stream':
      return sendByStream(order.credentials, order.amount)
    case 'send-by-pay':
      return sendByPay(order.credentials, order.amount)
    case 'received':
      return received
  }
}

process.on('message', (order: Order) => {
  void carryOut(order).then(
    (answer) => process.send!({ answer }),
    (error: unknown) => process.send!({ error: String(error) }),
  )
})
