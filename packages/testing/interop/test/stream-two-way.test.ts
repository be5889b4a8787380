/** Two-way ends of ours with peers that only pay or are only paid: @interledger/pay, @interledger/stream-receiver. */
import {
  type Address,
  type Prepare,
  type Reply,
  decodePrepare,
  decodeReply,
  encodePrepare,
  encodeReply,
  toAddress,
} from '@hourglass/ilp'
import { drive, nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import {
  type ConnectionEvent,
  type ConnectionInput,
  StreamConnection,
  StreamServer,
  type StreamServerOutput,
} from '@hourglass/stream'
import { closeConnection, pay, setupPayment, startQuote } from '@interledger/pay'
import { StreamServer as StreamReceiver } from '@interledger/stream-receiver'
import { deserializeIlpPrepare, isIlpReply, serializeIlpReply } from 'ilp-packet'
import { expect, it, vi } from 'vitest'

/** Waiting for conditions, never for time: generous. */
const WAIT = { timeout: 50_000 }
const ASSET = { assetCode: 'USD', assetScale: 6 }

it('STR-113, X-STR8: our connection pays @interledger/stream-receiver, several streams and totals', async () => {
  const receiver = new StreamReceiver({ serverSecret: Buffer.alloc(32, 1), serverAddress: 'test.receiver' })
  let received = 0n
  const ask = (prepare: Prepare): Reply => {
    const moneyOrReply = receiver.createReply(deserializeIlpPrepare(Buffer.from(encodePrepare(prepare))))
    if (isIlpReply(moneyOrReply)) return decodeReply(serializeIlpReply(moneyOrReply))
    received += prepare.amount
    return decodeReply(serializeIlpReply(moneyOrReply.accept()))
  }
  const { ilpAddress, sharedSecret } = receiver.generateCredentials({ asset: { code: 'EUR', scale: 4 } })
  const connection = new StreamConnection({
    crypto: nodeCrypto,
    rng: nodeRng,
    role: 'client',
    destination: toAddress(ilpAddress),
    sharedSecret,
    ...ASSET,
  })
  const events: ConnectionEvent[] = []
  const driver = drive<ConnectionInput, ReturnType<StreamConnection['poll']> & object>(
    connection,
    (output) => {
      if (output.kind === 'prepare') driver.push({ kind: 'reply', id: output.id, reply: ask(output.prepare) })
      else if (output.kind !== 'reply') events.push(output)
    },
  )
  const streamId = connection.open()!
  driver.push({ kind: 'send', streamId, total: 12_345n })
  await vi.waitFor(() => expect(received).toBe(12_345n), WAIT)
  driver.push({ kind: 'send', streamId, total: 54_321n })
  await vi.waitFor(() => expect(received).toBe(54_321n), WAIT)
  expect(events).toContainEqual(
    expect.objectContaining({ kind: 'quoted', asset: { assetCode: 'EUR', assetScale: 4 } }),
  )
  expect(events.findLast(({ kind }) => kind === 'sent')).toMatchObject({ sent: 54_321n, delivered: 54_321n })
  driver.push({ kind: 'close' })
  await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ kind: 'closed', code: 1 }), WAIT)
  driver.stop()
})

it('STR-46, STR-59: @interledger/pay pays our two-way server, which sends it nothing but replies', async () => {
  const server = new StreamServer({
    crypto: nodeCrypto,
    rng: nodeRng,
    serverSecret: nodeRng.bytes(32),
    address: 'test.receiver' as Address,
    ...ASSET,
    isTwoWay: true,
  })
  const outputs: StreamServerOutput[] = []
  const plugin = {
    connect: async () => Promise.resolve(),
    disconnect: async () => Promise.resolve(),
    isConnected: () => true,
    sendData: async (packet: Buffer) => {
      server.handle({ kind: 'prepare', id: 1, prepare: decodePrepare(packet) }, Date.now())
      let reply: Reply | undefined
      for (let output = server.poll(); output !== undefined; output = server.poll()) {
        if (output.kind === 'reply') ({ reply } = output)
        else outputs.push(output)
      }
      return Promise.resolve(Buffer.from(encodeReply(reply!)))
    },
    registerDataHandler: () => undefined,
    deregisterDataHandler: () => undefined,
  }
  const { destination: destinationAddress, sharedSecret } = server.credentials({ connectionTag: 'invoice 7' })
  const destination = await setupPayment({
    plugin,
    destinationAddress,
    sharedSecret: Buffer.from(sharedSecret),
  })
  expect(destination.destinationAsset).toEqual({ code: 'USD', scale: 6 })
  const sourceAsset = { code: 'USD', scale: 6 }
  const quote = await startQuote({ plugin, destination, sourceAsset, amountToSend: 98_765n })
  const { amountDelivered, error } = await pay({ plugin, destination, quote })
  await closeConnection(plugin, destination)
  expect([amountDelivered, error]).toEqual([98_765n, undefined])
  expect(outputs.filter(({ kind }) => kind === 'prepare')).toEqual([])
  expect(outputs.findLast((output) => output.kind === 'money')).toMatchObject({
    connectionTag: 'invoice 7',
    total: 98_765n,
  })
  expect(outputs.at(-1)).toMatchObject({ kind: 'closed', total: 98_765n })
})
