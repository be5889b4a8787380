/** Our wallet pays @interledger/stream-receiver 0.3.3-alpha.3, which takes its packets over ilp-plugin-btp. */
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type QuotedPayment, type Wallet, decodeDecimal, quotePayment } from '@hourglass/wallet'
import { StreamServer } from '@interledger/stream-receiver'
import { deserializeIlpPrepare, isIlpReply, serializeIlpReply } from 'ilp-packet'
import plugin from 'ilp-plugin-btp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TwoConnectors } from './two-connectors.ts'

/** By its types a module with a default, at run time the class that is its own default. */
const PluginBtp = plugin.default

let connectors: TwoConnectors
let wallet: Wallet
let peer: InstanceType<typeof PluginBtp>
let web: Server
let received = 0n
let declines = 0

beforeAll(async () => {
  connectors = await TwoConnectors.start()
  wallet = await connectors.wallet('alice')
  peer = new PluginBtp({ server: connectors.link('bob') })
  await peer.connect()
  const receiver = new StreamServer({ serverSecret: Buffer.alloc(32, 1), serverAddress: 'test.b.bob' })
  peer.registerDataHandler((packet: Buffer) => {
    const prepare = deserializeIlpPrepare(packet)
    const moneyOrReply = receiver.createReply(prepare)
    if (isIlpReply(moneyOrReply)) return Promise.resolve(serializeIlpReply(moneyOrReply))
    if (declines > 0) {
      declines--
      return Promise.resolve(serializeIlpReply(moneyOrReply.temporaryDecline()))
    }
    received += BigInt(prepare.amount)
    return Promise.resolve(serializeIlpReply(moneyOrReply.accept()))
  })
  // Answers as Rafiki does: base64url without padding.
  web = createServer((_, response) => {
    const { ilpAddress, sharedSecret } = receiver.generateCredentials({ asset: { code: 'EUR', scale: 4 } })
    response.setHeader('content-type', 'application/spsp4+json')
    response.end(
      JSON.stringify({ destination_account: ilpAddress, shared_secret: sharedSecret.toString('base64url') }),
    )
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  web.close()
  await peer.disconnect()
  await wallet.close()
  await connectors.stop()
})

async function quote(wish: Parameters<typeof quotePayment>[2]): Promise<QuotedPayment> {
  const resolve = new Map([['bob.example', `http://127.0.0.1:${(web.address() as AddressInfo).port}`]])
  return quotePayment(wallet, '$bob.example/tips', wish, { resolve })
}

describe('interop: @interledger/stream-receiver as payee of our wallet', () => {
  it('SPSP-06, SPSP-10: pays a fixed amount through two connectors; both ends and both books agree', async () => {
    const before = { received, alice: connectors.balance('alice'), bob: connectors.balance('bob') }
    const { payment, asset, quote: offer } = await quote({ send: decodeDecimal('10.00') })
    expect(asset).toEqual({ code: 'EUR', scale: 4 })
    expect(offer).toMatchObject({ sendMax: 1000n, deliver: 92_000n, packetAmountMax: 250n })
    const report = await payment.pay()
    expect(report).toMatchObject({
      end: { kind: 'complete' },
      sent: 1000n,
      delivered: 92_000n,
      uncertain: 0n,
      packets: 4,
    })
    expect(received - before.received).toBe(92_000n)
    expect(connectors.balance('bob') - before.bob).toBe(92_000n)
    expect(before.alice - connectors.balance('alice')).toBe(1000n)
  })

  it('STR-110: delivers a fixed amount', async () => {
    const before = received
    const { payment } = await quote({ deliver: decodeDecimal('3.3333') })
    const report = await payment.pay()
    expect(report.end.kind).toBe('complete')
    expect(report.delivered).toBe(received - before)
    expect(report.delivered).toBeGreaterThanOrEqual(33_333n)
  })

  it('goes on after packets that the receiver declines for now', async () => {
    const before = received
    declines = 3
    const { payment } = await quote({ send: decodeDecimal('20') })
    const report = await payment.pay()
    expect(report).toMatchObject({ end: { kind: 'complete' }, sent: 2000n, delivered: 184_000n })
    expect(received - before).toBe(184_000n)
    expect(declines).toBe(0)
  })
})
