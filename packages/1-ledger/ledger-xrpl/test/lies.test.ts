/** Servers that lie or forget, and channels that are not ours. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '@hourglass/ledger/testing'
import { Pair, XRP } from './pair.ts'
import { ADDRESSES, type Rig } from './rig.ts'

let pair: Pair
let rig: Rig
let alice: Client
let bob: Client

beforeEach(async () => {
  pair = await Pair.start()
  ;({ rig, alice, bob } = pair)
})
afterEach(() => pair.stop())

describe('a server that lies', () => {
  it('calls validated what is not: it counts when a ledger holds it', async () => {
    const channelId = await pair.opened()
    const end = bob.perform(pair.claim(channelId, XRP))
    rig.server.faults.openAsValidated = true
    await rig.breathe(30)
    expect(bob.state(channelId)?.claimed).toBe(0n)
    rig.server.faults.openAsValidated = false
    await rig.settle()
    expect((await end).kind).toBe('done')
  })

  it('changes a transaction: its hash betrays it', async () => {
    const channelId = await pair.opened()
    const forge = (item: Record<string, unknown>): unknown => ({
      ...item,
      tx_json: { ...(item['tx_json'] as object), SettleDelay: 1 },
    })
    rig.server.faults.tamper = (command, result) => {
      if (command === 'tx') return forge(result) as typeof result
      if (command !== 'account_tx') return result
      return { ...result, transactions: (result['transactions'] as Record<string, unknown>[]).map(forge) }
    }
    const again = await rig.connect('bob')
    const watch = again.perform({ kind: 'watch', channelId })
    await rig.breathe(20)
    expect(again.events).toEqual([])
    rig.server.faults.tamper = undefined
    await Promise.all([watch, rig.settle()])
    expect(again.state(channelId)?.terms.settleDelayMs).toBe(3_600_000)
  })

  it('answers of another ledger than it was asked: that is no answer', async () => {
    const channelId = await pair.opened()
    rig.server.faults.tamper = (command, result) =>
      command === 'ledger_entry' ? { ...result, ledger_hash: '00'.repeat(32) } : result
    const end = alice.perform({ kind: 'fund', channelId, deposit: 12n * XRP })
    await rig.breathe(10)
    expect(await rig.transactionsOf('alice')).toBe(1)
    rig.server.faults.tamper = undefined
    await rig.settle()
    expect((await end).kind).toBe('done')
  })

  it('has forgotten how a channel ended: whoever asks waits, and holds up nobody else', async () => {
    const [forgotten, other] = [await pair.opened(), await pair.opened()]
    await Promise.all([bob.succeed({ kind: 'close', channelId: forgotten }), rig.settle()])
    rig.server.faults.tamper = (command, result) =>
      command === 'account_tx' && result['account'] === ADDRESSES.alice && result['limit'] === undefined
        ? { ...result, transactions: [] }
        : result
    const again = await rig.connect('bob')
    const watch = await again.perform({ kind: 'watch', channelId: forgotten })
    expect(watch).toMatchObject({ kind: 'failed', refusal: 'no-channel' })
    const close = again.perform({ kind: 'close', channelId: forgotten })
    rig.keepClosing()
    await again.succeed(pair.claim(other, XRP))
    rig.server.faults.tamper = undefined
    expect((await close).kind).toBe('done')
    expect(again.state(forgotten)?.closed).toBe(true)
  })

  it('has forgotten the ledgers in between: what came of them is looked at', async () => {
    const channelId = await pair.opened()
    rig.server.faults.tamper = (command, result) =>
      command === 'account_tx'
        ? { ...result, ledger_index_min: rig.server.validatedIndex(), transactions: [] }
        : result
    rig.server.faults.skipStreams(1)
    const ends = Promise.all([
      alice.succeed({ kind: 'fund', channelId, deposit: 13n * XRP }),
      bob.succeed(pair.claim(channelId, 5n * XRP)),
    ])
    await rig.breathe()
    await rig.settle()
    await ends
    rig.server.faults.tamper = undefined
    expect(alice.state(channelId)).toMatchObject({ deposit: 13n * XRP, claimed: 5n * XRP })
    expect(await rig.transactionsOf('alice')).toBe(2)
  })
})

describe('channels of others', () => {
  it('are watched, too', async () => {
    rig.server.fund(ADDRESSES.poor, 10n * XRP)
    const channelId = await pair.opened()
    const stranger = await rig.connect('poor')
    await Promise.all([stranger.succeed({ kind: 'watch', channelId }), rig.settle()])
    await Promise.all([bob.succeed(pair.claim(channelId, XRP)), rig.settle()])
    expect(stranger.state(channelId)?.claimed).toBe(XRP)
  })

  it('that other programs opened show the end that they set', async () => {
    await rig.submit('alice', {
      TransactionType: 'PaymentChannelCreate',
      Destination: ADDRESSES.bob,
      Amount: '5000000',
      SettleDelay: 60,
      PublicKey: alice.ledger.scheme.claimKey.toUpperCase(),
      CancelAfter: rig.server.closeTime() + 1000,
    })
    const end = rig.server.closeTime() + 1000
    await rig.settle()
    const [index] = await rig.channelsOf('alice')
    const hash = await rig.lastTransactionOf('alice')
    await Promise.all([bob.succeed({ kind: 'watch', channelId: `${index}${hash}` }), rig.settle()])
    expect(bob.state(`${index}${hash}`)).toMatchObject({
      closesAt: (end + 946_684_800) * 1000,
      terms: { reference: hash, settleDelayMs: 60_000 },
    })
  })
})
