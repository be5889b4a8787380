/**
 * Rules that the recordings do not show: border seconds, switches of accounts, tickets, deletion.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startXrplStandalone, type XrplStandalone } from '../src/index.ts'
import { Party } from './party.ts'
import { connectRaw, type RawClient } from './raw-client.ts'
import type { Json } from './recording.ts'

const XRP = 1_000_000n
const CLOSE = 0x00020000

let ledger: XrplStandalone
let client: RawClient
let alice: Party
let bob: Party

async function start(fixCleanup3_2_0: boolean): Promise<void> {
  ledger = await startXrplStandalone({ fixCleanup3_2_0 })
  client = await connectRaw(ledger.url)
  ;[alice, bob] = [new Party(client), new Party(client)]
  for (const party of [alice, bob]) ledger.fund(party.address, 1000n * XRP)
  ledger.closeLedger()
}

async function stop(): Promise<void> {
  client.close()
  await ledger.stop()
}

/** Opens a channel from alice to bob; answers its index. */
async function openChannel(fields: Json = {}): Promise<string> {
  const create = { Destination: bob.address, Amount: String(100n * XRP), SettleDelay: 60, ...fields }
  await alice.send({ TransactionType: 'PaymentChannelCreate', PublicKey: alice.keys.publicKey, ...create })
  ledger.closeLedger()
  const { account_objects: objects } = await bob.ask({ command: 'account_objects', account: bob.address })
  return (objects as { index: string }[]).at(-1)!.index
}

async function metadataOf(hash: string): Promise<Json> {
  const { meta } = await alice.ask({ command: 'tx', transaction: hash })
  return meta as Json
}

async function channelEntry(index: string): Promise<Json | undefined> {
  const { node } = await alice.ask({
    command: 'ledger_entry',
    payment_channel: index,
    ledger_index: 'validated',
  })
  return node as Json | undefined
}

/** Closes ledgers until the newest one closed at this second. */
function closeAt(second: number): void {
  ledger.advanceTime(second - ledger.closeTime())
  ledger.closeLedger()
  expect(ledger.closeTime()).toBe(second)
}

describe.each([
  [false, 'over'],
  [true, 'not yet over'],
] as const)('with fixCleanup3_2_0 %s', (isNew, word) => {
  beforeEach(() => start(isNew))
  afterEach(stop)

  test(`in the very second of its expiry a channel is ${word}`, async () => {
    const channel = await openChannel()
    await alice.send({ TransactionType: 'PaymentChannelClaim', Channel: channel, Flags: CLOSE })
    ledger.closeLedger()
    const entry = await channelEntry(channel)
    closeAt(entry!['Expiration'] as number)
    const before = ledger.balanceOf(bob.address)
    const { hash, result } = await bob.send({
      TransactionType: 'PaymentChannelClaim',
      ...alice.claim(channel, 5n * XRP),
    })
    ledger.closeLedger()
    expect(result).toBe('tesSUCCESS')
    expect(await metadataOf(hash)).toMatchObject({ TransactionResult: 'tesSUCCESS' })
    expect(ledger.balanceOf(bob.address) - before).toBe((isNew ? 5n * XRP : 0n) - 12n)
    expect(await channelEntry(channel)).toEqual(
      isNew ? expect.objectContaining({ Balance: '5000000' }) : undefined,
    )
  })

  test('one second after its expiry a channel is over, and a valid claim yields nothing', async () => {
    const channel = await openChannel({ CancelAfter: ledger.closeTime() + 100 })
    closeAt(ledger.closeTime() + 100)
    const before = ledger.balanceOf(bob.address)
    await bob.send({ TransactionType: 'PaymentChannelClaim', ...alice.claim(channel, 5n * XRP) })
    ledger.closeLedger()
    expect(ledger.balanceOf(bob.address)).toBe(before - 12n)
    expect(await channelEntry(channel)).toBeUndefined()
    expect(ledger.balanceOf(alice.address)).toBe(1000n * XRP - 12n)
  })

  test(`an endless settle delay ends ${isNew ? 'never' : 'in the past'}`, async () => {
    const channel = await openChannel({ SettleDelay: 0xffffffff })
    await alice.send({ TransactionType: 'PaymentChannelClaim', Channel: channel, Flags: CLOSE })
    ledger.closeLedger()
    const end = (await channelEntry(channel))!['Expiration'] as number
    expect(end > ledger.closeTime()).toBe(isNew)
  })

  test('an account without the fee, and what pays too little of it, is refused', async () => {
    const poor = new Party(client)
    ledger.fund(poor.address, 1n * XRP)
    ledger.closeLedger()
    const { result } = await poor.send({ TransactionType: 'AccountSet', Fee: '2000000' })
    expect(result).toBe('terINSUF_FEE_B')
    expect((await poor.send({ TransactionType: 'AccountSet', Fee: '9' })).result).toBe('telINSUF_FEE_P')
  })

  test('who wants a tag, no channels or no deposits is obeyed', async () => {
    const channel = await openChannel()
    const create = { TransactionType: 'PaymentChannelCreate', Destination: bob.address, Amount: '1000000' }
    const open = { ...create, SettleDelay: 60, PublicKey: alice.keys.publicKey }
    const pay = { TransactionType: 'Payment', Destination: bob.address, Amount: '2000000' }
    await bob.send({ TransactionType: 'AccountSet', SetFlag: 1 })
    expect((await alice.send(open)).result).toBe('tecDST_TAG_NEEDED')
    expect((await alice.send(pay)).result).toBe('tecDST_TAG_NEEDED')
    expect((await alice.send({ ...pay, DestinationTag: 0 })).result).toBe('tesSUCCESS')
    await bob.send({ TransactionType: 'AccountSet', ClearFlag: 1 })
    await bob.send({ TransactionType: 'AccountSet', SetFlag: 14 })
    expect((await alice.send(open)).result).toBe('tecNO_PERMISSION')
    await bob.send({ TransactionType: 'AccountSet', SetFlag: 9 })
    expect((await alice.send(pay)).result).toBe('tecNO_PERMISSION')
    const push = { TransactionType: 'PaymentChannelClaim', Channel: channel, Balance: '1000000' }
    expect((await alice.send(push)).result).toBe('tecNO_PERMISSION')
    const own = { TransactionType: 'PaymentChannelClaim', ...alice.claim(channel, 2n * XRP) }
    expect((await bob.send(own)).result).toBe('tesSUCCESS')
  })

  test('the zero channel and a payment of nothing are malformed or missing', async () => {
    const { result } = await bob.send({ TransactionType: 'PaymentChannelClaim', Channel: '0'.repeat(64) })
    expect(result).toBe(isNew ? 'temMALFORMED' : 'tecNO_TARGET')
    const pay = { TransactionType: 'Payment', Destination: bob.address, Amount: '0' }
    expect((await alice.send(pay)).result).toBe('temBAD_AMOUNT')
  })
})

describe('keys, tickets, deletion', () => {
  beforeEach(() => start(false))
  afterEach(stop)

  test('a regular key signs beside the master key, and alone once that is disabled', async () => {
    const regular = new Party(client)
    expect((await alice.send({ TransactionType: 'AccountSet', SetFlag: 4 })).result).toBe(
      'tecNO_ALTERNATIVE_KEY',
    )
    await alice.send({ TransactionType: 'SetRegularKey', RegularKey: regular.address, Fee: '0' })
    const settings = { TransactionType: 'AccountSet' }
    expect((await alice.send(settings, regular.keys)).result).toBe('tesSUCCESS')
    expect((await alice.send({ ...settings, SetFlag: 4 }, regular.keys)).result).toBe('tecNEED_MASTER_KEY')
    expect((await alice.send({ ...settings, SetFlag: 4 })).result).toBe('tesSUCCESS')
    expect((await alice.send(settings)).result).toBe('tefMASTER_DISABLED')
    expect((await alice.send(settings, bob.keys)).result).toBe('tefBAD_AUTH')
    const removal = await alice.send({ TransactionType: 'SetRegularKey' }, regular.keys)
    expect(removal.result).toBe('tecNO_ALTERNATIVE_KEY')
  })

  test('tickets are used in any order, once, and cost a reserve until then', async () => {
    await alice.send({ TransactionType: 'TicketCreate', TicketCount: 3 })
    ledger.closeLedger()
    const first = (await alice.sequence()) - 3
    const use = (ticket: number): Promise<{ result: string }> =>
      alice.send({ TransactionType: 'AccountSet', Sequence: 0, TicketSequence: ticket })
    expect((await use(first + 2)).result).toBe('tesSUCCESS')
    expect((await use(first)).result).toBe('tesSUCCESS')
    expect((await use(first)).result).toBe('tefNO_TICKET')
    expect((await use(first + 100)).result).toBe('terPRE_TICKET')
    ledger.closeLedger()
    const { account_data: account } = await alice.ask({ command: 'account_info', account: alice.address })
    expect(account).toMatchObject({ OwnerCount: 1, TicketCount: 1 })
    await use(first + 1)
    ledger.closeLedger()
    const { account_data: after } = await alice.ask({ command: 'account_info', account: alice.address })
    expect(after).toMatchObject({ OwnerCount: 0 })
    expect(after).not.toHaveProperty('TicketCount')
  })

  test('an account is deleted when it is old enough and no party of a channel', async () => {
    const remove = { TransactionType: 'AccountDelete', Destination: bob.address, Fee: '200000' }
    expect((await alice.send({ ...remove, Fee: '12' })).result).toBe('telINSUF_FEE_P')
    expect((await alice.send(remove)).result).toBe('tecTOO_SOON')
    for (let index = 0; index < 260; index += 1) ledger.closeLedger()
    const channel = await openChannel()
    expect((await alice.send(remove)).result).toBe('tecHAS_OBLIGATIONS')
    expect((await bob.send({ ...remove, Destination: alice.address })).result).toBe('tecHAS_OBLIGATIONS')
    // In one ledger the order of different accounts' transactions is not that of their submission.
    ledger.closeLedger()
    await bob.send({ TransactionType: 'PaymentChannelClaim', Channel: channel, Flags: CLOSE })
    ledger.closeLedger()
    const before = ledger.balanceOf(bob.address)
    const owned = ledger.balanceOf(alice.address)
    await alice.send(remove)
    ledger.closeLedger()
    expect(ledger.balanceOf(bob.address)).toBe(before + owned - 200_000n)
    expect(await alice.ask({ command: 'account_info', account: alice.address })).toMatchObject({
      error: 'actNotFound',
    })
  })

  test('a transaction that comes too early waits for the one before it', async () => {
    const sequence = await alice.sequence()
    const pay = { TransactionType: 'Payment', Destination: bob.address, Amount: '1000000' }
    const early = await alice.send({ ...pay, Sequence: sequence + 1 })
    expect(early.result).toBe('terPRE_SEQ')
    expect((await alice.send({ ...pay, Sequence: sequence })).result).toBe('tesSUCCESS')
    ledger.closeLedger()
    expect(await metadataOf(early.hash)).toMatchObject({ TransactionResult: 'tesSUCCESS' })
    expect(ledger.balanceOf(bob.address)).toBe(1002n * XRP)
  })

  test('the same bytes again are past, before and after the ledger closes', async () => {
    const blob = alice.signed({ TransactionType: 'AccountSet', Sequence: await alice.sequence() })
    expect((await alice.sendBlob(blob)).result).toBe('tesSUCCESS')
    expect((await alice.sendBlob(blob)).result).toBe('tefPAST_SEQ')
    ledger.closeLedger()
    expect((await alice.sendBlob(blob)).result).toBe('tefPAST_SEQ')
  })

  test('a directory of more than 32 channels has pages, and no XRP is made or lost', async () => {
    const channels = []
    for (let index = 0; index < 70; index += 1) channels.push(await openChannel({ Amount: '1000000' }))
    const { account_objects: all } = await bob.ask({
      command: 'account_objects',
      account: bob.address,
      limit: 400,
    })
    expect((all as unknown[]).length).toBe(70)
    let marker: unknown
    let pages = 0
    const seen = new Set<string>()
    do {
      const page = await bob.ask({
        command: 'account_objects',
        account: bob.address,
        limit: 30,
        ...(marker === undefined ? {} : { marker }),
      })
      for (const { index } of page['account_objects'] as { index: string }[]) seen.add(index)
      marker = page['marker']
      pages += 1
    } while (marker !== undefined)
    expect([seen.size, pages]).toEqual([70, 3])
    for (const channel of seen)
      await bob.send({ TransactionType: 'PaymentChannelClaim', Channel: channel, Flags: CLOSE })
    ledger.closeLedger()
    const { account_objects: left } = await bob.ask({ command: 'account_objects', account: bob.address })
    expect(left).toEqual([])
    const genesis = ledger.balanceOf('rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh')
    expect(genesis + ledger.balanceOf(alice.address) + ledger.balanceOf(bob.address)).toBe(ledger.supply())
  })

  test('older ledgers can be read as they were', async () => {
    const index = ledger.closeLedger()
    await alice.send({ TransactionType: 'Payment', Destination: bob.address, Amount: '1000000' })
    ledger.closeLedger()
    ledger.closeLedger()
    const then = await bob.ask({ command: 'account_info', account: bob.address, ledger_index: index })
    expect(then).toMatchObject({
      account_data: { Balance: String(1000n * XRP) },
      ledger_index: index,
      validated: true,
    })
    const now = await bob.ask({ command: 'account_info', account: bob.address, ledger_index: 'validated' })
    expect(now).toMatchObject({ account_data: { Balance: String(1001n * XRP) } })
  })
})
