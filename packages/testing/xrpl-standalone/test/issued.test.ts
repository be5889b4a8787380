/**
 * Trust lines and payments of issued currency. These follow the rules as they are published; no recording judges them.
 */
import { Client, Wallet } from 'xrpl'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startXrplStandalone, type XrplStandalone } from '../src/index.ts'
import { Party } from './party.ts'
import { connectRaw, type RawClient } from './raw-client.ts'
import type { Json } from './recording.ts'

const PARTIAL = 0x00020000
const SET_NO_RIPPLE = 0x00020000

let ledger: XrplStandalone
let client: RawClient
let issuer: Party
let alice: Party
let bob: Party

beforeEach(async () => {
  ledger = await startXrplStandalone()
  client = await connectRaw(ledger.url)
  ;[issuer, alice, bob] = [new Party(client), new Party(client), new Party(client)]
  for (const party of [issuer, alice, bob]) ledger.fund(party.address, 100_000_000n)
  ledger.closeLedger()
  await issuer.send({ TransactionType: 'AccountSet', SetFlag: 8 })
  ledger.closeLedger()
})
afterEach(async () => {
  client.close()
  await ledger.stop()
})

function usd(value: string): Json {
  return { currency: 'USD', issuer: issuer.address, value }
}

async function trust(party: Party, value: string, flags = 0): Promise<string> {
  const { result } = await party.send({ TransactionType: 'TrustSet', LimitAmount: usd(value), Flags: flags })
  ledger.closeLedger()
  return result
}

async function pay(from: Party, to: Party, value: string, fields: Json = {}): Promise<string> {
  const payment = { TransactionType: 'Payment', Destination: to.address, Amount: usd(value) }
  const { result } = await from.send({ ...payment, ...fields })
  ledger.closeLedger()
  return result
}

async function linesOf(party: Party): Promise<readonly Json[]> {
  const { lines } = await party.ask({
    command: 'account_lines',
    account: party.address,
    ledger_index: 'validated',
  })
  return lines as readonly Json[]
}

async function ownerCount(party: Party): Promise<unknown> {
  const { account_data: account } = await party.ask({ command: 'account_info', account: party.address })
  return (account as Json)['OwnerCount']
}

test('money is issued, passed on through the issuer, and redeemed', async () => {
  expect([await trust(alice, '1000'), await trust(bob, '50')]).toEqual(['tesSUCCESS', 'tesSUCCESS'])
  expect(await pay(issuer, alice, '100')).toBe('tesSUCCESS')
  expect(await pay(alice, bob, '30.25')).toBe('tesSUCCESS')
  expect(await pay(bob, issuer, '0.25')).toBe('tesSUCCESS')
  expect(await linesOf(alice)).toMatchObject([{ account: issuer.address, balance: '69.75', limit: '1000' }])
  expect(await linesOf(bob)).toMatchObject([{ balance: '30', limit: '50', limit_peer: '0' }])
  const owed = await linesOf(issuer)
  expect(owed.map((line) => line['balance']).toSorted()).toEqual(['-30', '-69.75'])
})

test('nobody gets more than trusted, sends more than held, or gets anything without a line', async () => {
  await trust(alice, '1000')
  expect(await pay(issuer, bob, '1')).toBe('tecPATH_DRY')
  await trust(bob, '10')
  await pay(issuer, alice, '5')
  expect(await pay(alice, bob, '6')).toBe('tecPATH_PARTIAL')
  await pay(issuer, alice, '15')
  expect(await pay(alice, bob, '11')).toBe('tecPATH_PARTIAL')
  expect(await pay(alice, bob, '10')).toBe('tesSUCCESS')
  expect(await pay(alice, bob, '1')).toBe('tecPATH_DRY')
  const stranger = new Party(client)
  expect(await pay(alice, stranger, '1')).toBe('tecNO_DST')
})

test('a partial payment succeeds with less than its amount, and the metadata says how much', async () => {
  await trust(alice, '1000')
  await trust(bob, '10')
  await pay(issuer, alice, '7')
  const payment = {
    TransactionType: 'Payment',
    Destination: bob.address,
    Amount: usd('1000000'),
    Flags: PARTIAL,
  }
  const { hash, result } = await alice.send(payment)
  ledger.closeLedger()
  expect(result).toBe('tesSUCCESS')
  const { meta } = await alice.ask({ command: 'tx', transaction: hash })
  expect(meta).toMatchObject({ TransactionResult: 'tesSUCCESS', delivered_amount: usd('7') })
  const least = { Flags: PARTIAL, DeliverMin: usd('2') }
  await pay(issuer, alice, '1')
  expect(await pay(alice, bob, '100', least)).toBe('tecPATH_PARTIAL')
})

test('through an issuer that lets nothing pass, nothing passes', async () => {
  await issuer.send({ TransactionType: 'AccountSet', ClearFlag: 8 })
  ledger.closeLedger()
  await trust(alice, '1000')
  await trust(bob, '1000')
  expect(await pay(issuer, alice, '10')).toBe('tesSUCCESS')
  expect(await pay(alice, bob, '1')).toBe('tecPATH_DRY')
  expect(await pay(alice, issuer, '1')).toBe('tesSUCCESS')
})

test('a line costs its owner a reserve, and goes when nothing of it is left', async () => {
  await trust(alice, '1000', SET_NO_RIPPLE)
  expect([await ownerCount(alice), await ownerCount(issuer)]).toEqual([1, 0])
  await pay(issuer, alice, '10')
  expect(await trust(alice, '0', SET_NO_RIPPLE)).toBe('tesSUCCESS')
  expect(await linesOf(alice)).toMatchObject([{ balance: '10', limit: '0' }])
  await pay(alice, issuer, '10')
  expect(await linesOf(alice)).toEqual([])
  expect([await ownerCount(alice), await ownerCount(issuer)]).toEqual([0, 0])
  expect(await trust(alice, '0')).toBe('tecNO_LINE_REDUNDANT')
})

test('who guards deposits, wants a tag or refuses lines is left alone', async () => {
  await trust(alice, '1000')
  await alice.send({ TransactionType: 'AccountSet', SetFlag: 1 })
  ledger.closeLedger()
  expect(await pay(issuer, alice, '1')).toBe('tecDST_TAG_NEEDED')
  expect(await pay(issuer, alice, '1', { DestinationTag: 7 })).toBe('tesSUCCESS')
  await alice.send({ TransactionType: 'AccountSet', SetFlag: 9 })
  ledger.closeLedger()
  expect(await pay(issuer, alice, '1', { DestinationTag: 7 })).toBe('tecNO_PERMISSION')
  await issuer.send({ TransactionType: 'AccountSet', SetFlag: 15 })
  ledger.closeLedger()
  expect(await trust(bob, '5')).toBe('tecNO_PERMISSION')
})

test('xrpl sees balances, and reads what changed out of the metadata', async () => {
  const xrpl = new Client(ledger.url)
  await xrpl.connect()
  const wallet = Wallet.generate()
  ledger.fund(wallet.address, 100_000_000n)
  ledger.closeLedger()
  const limit = { TransactionType: 'TrustSet', Account: wallet.address, LimitAmount: usd('100') } as const
  const filled = await xrpl.autofill(limit as never)
  expect((await xrpl.submit(wallet.sign(filled).tx_blob)).result.engine_result).toBe('tesSUCCESS')
  ledger.closeLedger()
  const issue = { TransactionType: 'Payment', Destination: wallet.address, Amount: usd('12.5') }
  const { hash } = await issuer.send(issue)
  ledger.closeLedger()
  expect(await xrpl.getBalances(wallet.address)).toContainEqual({
    currency: 'USD',
    issuer: issuer.address,
    value: '12.5',
  })
  const { result } = await xrpl.request({ command: 'tx', transaction: hash })
  expect(result.meta).toMatchObject({ delivered_amount: usd('12.5') })
  await xrpl.disconnect()
})
