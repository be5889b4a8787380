/**
 * What goes wrong on purpose, one by one.
 */
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startXrplStandalone, type XrplStandalone } from '../src/index.ts'
import { Party } from './party.ts'
import { connectRaw, type RawClient } from './raw-client.ts'
import type { Json } from './recording.ts'

const XRP = 1_000_000n

let ledger: XrplStandalone
let client: RawClient
let alice: Party
let bob: Party
let pay: Json

beforeEach(async () => {
  ledger = await startXrplStandalone()
  client = await connectRaw(ledger.url)
  ;[alice, bob] = [new Party(client), new Party(client)]
  for (const party of [alice, bob]) ledger.fund(party.address, 100n * XRP)
  ledger.closeLedger()
  pay = { TransactionType: 'Payment', Destination: bob.address, Amount: '1000000' }
})
afterEach(async () => {
  client.close()
  await ledger.stop()
})

/** What bob got since the beginning, in whole XRP, in validated ledgers. */
function received(): bigint {
  return (ledger.balanceOf(bob.address) - 100n * XRP) / XRP
}

test('a discarded submit is answered as a good one, and never heard of again', async () => {
  ledger.faults.discardSubmits(1)
  const { result, hash, answer } = await alice.send(pay)
  expect([result, answer['applied']]).toEqual(['tesSUCCESS', true])
  ledger.closeLedger()
  expect(await alice.ask({ command: 'tx', transaction: hash })).toMatchObject({ error: 'txnNotFound' })
  expect(received()).toBe(0n)
  expect((await alice.send(pay)).result).toBe('tesSUCCESS')
  ledger.closeLedger()
  expect(received()).toBe(1n)
})

test('a lost answer leaves its transaction in force, with the line open or cut', async () => {
  const next = await alice.sequence()
  ledger.faults.loseAnswers(1)
  void alice.sendBlob(alice.signed({ ...pay, Sequence: next }))
  expect(await alice.sequence()).toBe(next + 1)
  ledger.faults.loseAnswers(1, true)
  const socket = new WebSocket(ledger.url)
  await once(socket, 'open')
  socket.send(JSON.stringify({ command: 'submit', tx_blob: alice.signed({ ...pay, Sequence: next + 1 }) }))
  await once(socket, 'close')
  ledger.closeLedger()
  expect(received()).toBe(2n)
})

test('a transaction that is held back is answered now and applied some ledgers later', async () => {
  ledger.faults.holdBack(2)
  expect((await alice.send(pay)).result).toBe('tesSUCCESS')
  ledger.closeLedger()
  ledger.closeLedger()
  expect(received()).toBe(0n)
  ledger.closeLedger()
  expect(received()).toBe(1n)
})

test('an open ledger that is emptied makes provisional results untrue', async () => {
  await alice.send(pay)
  ledger.faults.emptyNextLedger()
  ledger.closeLedger()
  ledger.closeLedger()
  expect(received()).toBe(0n)
})

test('a reversed ledger applies the last transaction first', async () => {
  const carol = new Party(client)
  ledger.fund(carol.address, 100n * XRP)
  ledger.closeLedger()
  await alice.send(pay)
  await carol.send(pay)
  const usual = await orderOf(ledger.closeLedger())
  ledger.faults.reverseNextLedger()
  const [sequenceOfAlice, sequenceOfCarol] = [await alice.sequence(), await carol.sequence()]
  await alice.send({ ...pay, Sequence: sequenceOfAlice })
  await alice.send({ ...pay, Sequence: sequenceOfAlice + 1 })
  await carol.send({ ...pay, Sequence: sequenceOfCarol })
  const reversed = await orderOf(ledger.closeLedger())
  // Sequence numbers still hold: what comes too early is tried again.
  expect([usual.length, reversed.length]).toEqual([2, 3])
  expect(received()).toBe(5n)
})

async function orderOf(index: number): Promise<readonly unknown[]> {
  const { ledger: shown } = await alice.ask({ command: 'ledger', ledger_index: index, transactions: true })
  return (shown as { transactions: unknown[] }).transactions
}

test('silent ledgers leave a gap in the stream, and doubled ones repeat themselves', async () => {
  await alice.ask({ command: 'subscribe', streams: ['ledger'] })
  ledger.faults.skipStreams(2)
  const first = ledger.closeLedger()
  ledger.closeLedger()
  ledger.closeLedger()
  ledger.faults.duplicateStreams = true
  ledger.closeLedger()
  await alice.ask({ command: 'ping' })
  const heard = client.messages.map((message) => Number(message['ledger_index']) - first)
  expect(heard).toEqual([2, 3, 3])
})

test('under load the least fee rises; what pays less is refused, or waits where there is a queue', async () => {
  ledger.faults.loadFactor = 10
  expect((await alice.send({ ...pay, Fee: '99' })).result).toBe('telINSUF_FEE_P')
  expect((await alice.send({ ...pay, Fee: '100' })).result).toBe('tesSUCCESS')
  const { drops } = await alice.ask({ command: 'fee' })
  expect(drops).toMatchObject({ base_fee: '10', open_ledger_fee: '100' })
  expect(await alice.ask({ command: 'server_info' })).toMatchObject({ info: { load_factor: 10 } })
  ledger.faults.queueUnderLoad = true
  expect((await alice.send({ ...pay, Fee: '99' })).result).toBe('terQUEUED')
  ledger.closeLedger()
  ledger.closeLedger()
  expect(received()).toBe(1n)
  ledger.faults.loadFactor = 1
  ledger.closeLedger()
  ledger.closeLedger()
  expect(received()).toBe(2n)
})

test('a server that lies calls the open ledger validated; one that lags tells of an older one', async () => {
  const { hash } = await alice.send(pay)
  ledger.faults.openAsValidated = true
  const lie = await alice.ask({ command: 'tx', transaction: hash })
  expect(lie).toMatchObject({ validated: true, meta: { TransactionResult: 'tesSUCCESS' } })
  const balance = { command: 'account_info', account: bob.address, ledger_index: 'validated' }
  expect(await alice.ask(balance)).toMatchObject({
    account_data: { Balance: String(101n * XRP) },
    validated: true,
  })
  ledger.faults.openAsValidated = false
  expect(await alice.ask({ command: 'tx', transaction: hash })).toMatchObject({ validated: false })
  ledger.closeLedger()
  ledger.faults.ledgersBehind = 1
  expect(await alice.ask({ command: 'tx', transaction: hash })).toMatchObject({ validated: false })
  expect(await alice.ask(balance)).toMatchObject({
    account_data: { Balance: String(100n * XRP) },
    validated: true,
  })
})

test('answers can be falsified, delayed, and lines cut and refused', async () => {
  ledger.faults.tamper = (command, result) => (command === 'ping' ? { role: 'liar' } : result)
  expect(await alice.ask({ command: 'ping' })).toEqual({ role: 'liar' })
  const order: string[] = []
  ledger.faults.tamper = (command, result) => {
    ledger.faults.answerDelayMs = command === 'fee' ? 50 : 0
    return result
  }
  const late = alice.ask({ command: 'fee' }).then(() => order.push('fee'))
  const prompt = alice.ask({ command: 'ping' }).then(() => order.push('ping'))
  await Promise.all([late, prompt])
  expect(order).toEqual(['ping', 'fee'])
  ledger.faults.refuseConnections = true
  const refused = new WebSocket(ledger.url)
  refused.on('error', () => undefined)
  await once(refused, 'close')
  ledger.faults.refuseConnections = false
  const cut = new WebSocket(ledger.url)
  await once(cut, 'open')
  ledger.dropConnections()
  await once(cut, 'close')
})
