/**
 * The unmodified npm client `xrpl`, as a program would use it.
 */
import { Client, Wallet } from 'xrpl'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GENESIS, startXrplStandalone, type XrplStandalone } from '../src/index.ts'

let ledger: XrplStandalone
let client: Client

beforeAll(async () => {
  ledger = await startXrplStandalone({ closeMs: 100 })
  client = new Client(ledger.url)
  await client.connect()
})
afterAll(async () => {
  await client.disconnect()
  await ledger.stop()
})

test('xrpl connects, fills in, submits and waits, for a payment by the genesis account', async () => {
  const genesis = Wallet.fromSeed(GENESIS.seed, { masterAddress: GENESIS.address })
  const alice = Wallet.generate()
  const payment = { Account: GENESIS.address, Destination: alice.address, Amount: '50000000' }
  const { result } = await client.submitAndWait(
    { TransactionType: 'Payment', ...payment },
    { wallet: genesis },
  )
  expect(result.validated).toBe(true)
  expect(result.meta).toMatchObject({ TransactionResult: 'tesSUCCESS', delivered_amount: '50000000' })
  expect(await client.getXrpBalance(alice.address)).toBe(50)
  expect(await client.getBalances(alice.address)).toEqual([{ currency: 'XRP', value: '50' }])
})

test('xrpl opens a channel with either kind of key, and hears of it by the streams of both parties', async () => {
  for (const algorithm of ['ed25519', 'ecdsa-secp256k1'] as const) {
    const [alice, bob] = [Wallet.generate(algorithm as never), Wallet.generate(algorithm as never)]
    for (const wallet of [alice, bob]) ledger.fund(wallet.address, 100_000_000n)
    ledger.closeLedger()
    const heard: string[] = []
    client.on('transaction', (message) => heard.push(message.hash!))
    await client.request({ command: 'subscribe', accounts: [bob.address] })
    const create = { Account: alice.address, Destination: bob.address, Amount: '10000000', SettleDelay: 60 }
    const { result } = await client.submitAndWait(
      { TransactionType: 'PaymentChannelCreate', ...create, PublicKey: alice.publicKey },
      { wallet: alice },
    )
    const { result: found } = await client.request({
      command: 'account_channels',
      account: alice.address,
      ledger_index: 'validated',
    })
    expect(found.channels).toMatchObject([
      { amount: '10000000', balance: '0', public_key_hex: alice.publicKey },
    ])
    expect(heard).toEqual([result.hash])
    client.removeAllListeners('transaction')
  }
})

test('xrpl is told plainly of a type that is not there', async () => {
  const wallet = Wallet.generate()
  ledger.fund(wallet.address, 100_000_000n)
  ledger.closeLedger()
  const offer = { Account: wallet.address, TakerGets: '1', TakerPays: { ...usd(wallet.address), value: '1' } }
  const { result } = await client.submit({ TransactionType: 'OfferCreate', ...offer }, { wallet })
  expect(result.engine_result).toBe('temDISABLED')
})

function usd(issuer: string): { currency: string; issuer: string } {
  return { currency: 'USD', issuer }
}
