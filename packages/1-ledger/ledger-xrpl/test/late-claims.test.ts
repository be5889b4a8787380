/** Claims about which the ledger says that all went well, and that were paid, or not. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '@hourglass/ledger/testing'
import { Pair, XRP } from './pair.ts'
import type { Rig } from './rig.ts'

let pair: Pair
let rig: Rig
let alice: Client
let bob: Client

beforeEach(async () => {
  pair = await Pair.start()
  ;({ rig, alice, bob } = pair)
})
afterEach(() => pair.stop())

describe('a claim that comes too late', () => {
  it('is told as refused, though the ledger says success: it paid nothing', async () => {
    const channelId = await pair.opened()
    await Promise.all([alice.succeed({ kind: 'request-close', channelId }), rig.settle()])
    const before = await bob.ledger.balance('native')
    rig.server.faults.holdBack(2)
    const end = bob.perform(pair.claim(channelId, XRP))
    await rig.breathe()
    rig.server.advanceTime(7200)
    await rig.settle()
    expect(await end).toMatchObject({ kind: 'failed', refusal: 'refused' })
    expect(bob.state(channelId)).toMatchObject({ claimed: 0n, closed: true })
    expect(alice.state(channelId)).toMatchObject({ claimed: 0n, closed: true })
    // Only the fee of the transaction that succeeded and paid nothing.
    expect(before - (await bob.ledger.balance('native'))).toBe(10n)
  })

  it('is told as refused when the channel was closed under way', async () => {
    const channelId = await pair.opened()
    rig.server.faults.holdBack(2)
    const end = bob.perform(pair.claim(channelId, XRP))
    await rig.breathe()
    // Another program with Bob's key closes it by a ticket's or a later number: here, before the claim arrives.
    await rig.submit('bob', {
      TransactionType: 'PaymentChannelClaim',
      Channel: channelId.slice(0, 64).toUpperCase(),
      Flags: 0x20000,
    })
    await rig.settle()
    expect(await end).toMatchObject({ kind: 'failed', refusal: 'refused' })
    expect(bob.state(channelId)).toMatchObject({ claimed: 0n, closed: true })
    expect(await rig.transactionsOf('bob')).toBe(1)
  })
})

describe.each([false, true])('the very second of the end (fixCleanup3_2_0: %s)', (fixCleanup3_2_0) => {
  it.each([-1, 0, 1])('%i s: a claim is told as paid exactly where it was', async (offsetS) => {
    await pair.stop()
    pair = await Pair.start({ fixCleanup3_2_0 })
    ;({ rig, alice, bob } = pair)
    const channelId = await pair.opened()
    await Promise.all([alice.succeed({ kind: 'request-close', channelId }), rig.settle()])
    const { closesAt } = bob.state(channelId)!
    const endS = closesAt! / 1000 - 946_684_800
    rig.server.advanceTime(endS - rig.server.closeTime() + offsetS)
    rig.server.closeLedger()
    await rig.breathe()
    expect(rig.server.closeTime()).toBe(endS + offsetS)
    const before = await bob.ledger.balance('native')
    const claim = bob.perform(pair.claim(channelId, XRP))
    await rig.breathe()
    await rig.settle()
    const end = await claim
    const fees = BigInt(await rig.transactionsOf('bob')) * 10n
    const paid = (await bob.ledger.balance('native')) - before + fees
    expect(paid).toBe(end.kind === 'done' ? XRP : 0n)
    const isPayable = offsetS < 0 || (offsetS === 0 && fixCleanup3_2_0)
    expect(end.kind).toBe(isPayable ? 'done' : 'failed')
    expect(bob.state(channelId)?.claimed).toBe(paid)
  })
})
