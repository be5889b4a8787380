/** @interledger/pay 0.4.0-alpha.9 pays our wallet's pointer over ilp-plugin-btp, through two connectors of ours. */
import { Agent, globalAgent } from 'node:http'
import { connect } from 'node:net'
import { ReceiptVerifier } from '@hourglass/receipt'
import { nodeCrypto, nodeRng, now } from '@hourglass/sansio/io'
import { decodePointer } from '@hourglass/spsp'
import { querySpsp } from '@hourglass/spsp/io'
import { type RunningReceiver, type Wallet, receivePayments } from '@hourglass/wallet'
import { type ResolvedPayment, closeConnection, pay, setupPayment, startQuote } from '@interledger/pay'
import plugin from 'ilp-plugin-btp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TwoConnectors } from './two-connectors.ts'

/** By its types a module with a default, at run time the class that is its own default. */
const PluginBtp = plugin.default

const HOST = 'bob.example'
/** What one unit of each is worth in some third currency; the connectors' rate is 0.92. */
const PRICES = { USD: 0.92, EUR: 1 }

let connectors: TwoConnectors
let wallet: Wallet
let receiver: RunningReceiver
let peer: InstanceType<typeof PluginBtp>
let received = 0n
let closed = 0
const createConnection = globalAgent.createConnection.bind(globalAgent)

beforeAll(async () => {
  connectors = await TwoConnectors.start()
  wallet = await connectors.wallet('bob')
  receiver = await receivePayments(wallet, {
    host: '127.0.0.1',
    port: 0,
    pointer: decodePointer(`$${HOST}/tips`),
    report(event) {
      if (event.kind === 'money') received += event.amount
      else closed++
    },
  })
  // This payer takes no URL with a port, so the host's port 80 is led to the receiver's.
  globalAgent.createConnection = (options, ...rest) =>
    'host' in options && options.host === HOST
      ? connect(receiver.port, '127.0.0.1')
      : Agent.prototype.createConnection.call(globalAgent, options, ...rest)
  peer = new PluginBtp({ server: connectors.link('alice') })
  await peer.connect()
})

afterAll(async () => {
  globalAgent.createConnection = createConnection
  await peer.disconnect()
  await receiver.close()
  await wallet.close()
  await connectors.stop()
})

async function setup(path = '/tips'): Promise<ResolvedPayment> {
  return setupPayment({ plugin: peer, destinationAccount: `http://${HOST}${path}` })
}

describe('interop: @interledger/pay as payer of our wallet', () => {
  it('SPSP-03, STR-51: resolves our pointer and learns our asset', async () => {
    const destination = await setup()
    expect(destination.destinationAddress).toMatch(/^test\.b\.bob\./)
    expect(destination.destinationAsset).toEqual({ code: 'EUR', scale: 4 })
  })

  it('SPSP-14: finds nobody at another path', async () => {
    await expect(setup('/nobody')).rejects.toBe('QueryFailed')
  })

  it('RCPT-21: tells a verifier that receipts come, and it credits what the payer passes on', async () => {
    const verifier = new ReceiptVerifier({ crypto: nodeCrypto, rng: nodeRng, seed: nodeRng.bytes(32) })
    const receipt = verifier.issue(now())
    const url = `http://127.0.0.1:${receiver.port}/tips`
    const { details } = await querySpsp(url, { allowHttp: true, receipt })
    expect(details.receiptsEnabled).toBe(true)
    const destination = await setupPayment({
      plugin: peer,
      destinationAddress: details.destinationAccount,
      sharedSecret: Buffer.from(details.sharedSecret),
    })
    const sourceAsset = { code: 'USD', scale: 2 }
    const quote = await startQuote({
      plugin: peer,
      destination,
      sourceAsset,
      prices: PRICES,
      amountToSend: 1000n,
    })
    const { streamReceipt } = await pay({ plugin: peer, destination, quote })
    await closeConnection(peer, destination)
    expect(verifier.verify(streamReceipt!, now())).toMatchObject({ kind: 'credit', total: 92_000n })
  })

  it.each([
    ['sends a fixed amount', { amountToSend: 1000n }, { sent: 1000n, delivered: 92_000n }],
    ['delivers a fixed amount', { amountToDeliver: 46_000n }, { sent: 500n, delivered: 46_000n }],
  ])('%s; both ends and both books agree', async (_, amount, { sent, delivered }) => {
    const before = { received, closed, alice: connectors.balance('alice'), bob: connectors.balance('bob') }
    const destination = await setup()
    const sourceAsset = { code: 'USD', scale: 2 }
    const quote = await startQuote({ plugin: peer, destination, sourceAsset, prices: PRICES, ...amount })
    expect(quote.maxPacketAmount).toBe(250n)
    const progress = await pay({ plugin: peer, destination, quote })
    await closeConnection(peer, destination)
    expect(progress).toMatchObject({ amountSent: sent, amountDelivered: delivered })
    expect(progress.error).toBeUndefined()
    expect(received - before.received).toBe(delivered)
    expect(closed - before.closed).toBe(1)
    expect(before.alice - connectors.balance('alice')).toBe(sent)
    expect(connectors.balance('bob') - before.bob).toBe(delivered)
  })
})
