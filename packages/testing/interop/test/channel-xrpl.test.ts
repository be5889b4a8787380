/** Two channel settlements on the XRP Ledger: they open, pay both ways, restart, top up, redeem, close, go on. */
import { afterEach, describe, expect, it } from 'vitest'
import { DEPOSIT } from './xrpl-side.ts'
import { RULE_SETS, World } from './xrpl-world.ts'

let world: World
afterEach(async () => world.close())

describe.each(RULE_SETS)('channels on the XRP Ledger, by the rules of %s', (_name, rules) => {
  it('pay both ways, go on after a restart, and the ledger pays what was received', async () => {
    world = await World.open(rules)
    const { alice, bob } = world
    await world.start()
    alice.settle(3_000_000n)
    bob.settle(5n)
    await world.until(() => bob.received === 3_000_000n && alice.received === 5n)
    await world.until(() => alice.sent === 3_000_000n && bob.sent === 5n)

    for (const side of [alice, bob]) await side.stop()
    await world.start()
    alice.settle(3_000_000n)
    bob.settle(5n)
    await world.until(() => bob.received === 3_000_000n && alice.received === 5n)
    alice.settle(17_000_000n) // More than was escrowed: the channel is filled up.
    await world.until(() => alice.sent === 17_000_000n && bob.sent === 5n)
    expect(alice.tracesOf('channel.opened')).toHaveLength(1)
    expect(alice.tracesOf('channel.funded')).toHaveLength(1)

    bob.input({ kind: 'collect' })
    await world.until(() => bob.tracesOf('channel.redeemed').length === 1)
    const back = { sent: 5n, received: 5n, paid: 0n, escrowed: DEPOSIT }
    const sums = { sent: 17_000_000n, received: 17_000_000n, paid: 17_000_000n }
    await world.expectSums({ ...sums, escrowed: DEPOSIT, back })
  })

  it('are redeemed by amount and by age, and what is due is never paid twice', async () => {
    world = await World.open(rules)
    const { alice, bob } = world
    await world.paid(3_000_000n, { redeemThreshold: 4_000_000n, redeemAfterMs: 3_600_000 })
    alice.settle(4_000_000n)
    await world.until(() => bob.tracesOf('channel.redeemed').length === 1)
    alice.settle(5_000_000n)
    await world.until(() => alice.sent === 5_000_000n)
    await world.tick(3500)
    expect(bob.tracesOf('channel.redeemed')).toHaveLength(1)
    await world.tick(100)
    await world.until(() => bob.tracesOf('channel.redeemed').length === 2)
    await world.expectSums({
      ...{ sent: 5_000_000n, received: 5_000_000n, paid: 5_000_000n },
      escrowed: DEPOSIT - 5_000_000n,
    })
  })

  it('stay usable when drained: what is added is paid', async () => {
    world = await World.open(rules)
    const { alice, bob } = world
    await world.paid(3_000_000n, { deposit: 0n, redeemThreshold: 1n }) // Escrows what is ordered, and no more.
    await world.until(async () => {
      const { Amount, Balance } = await world.channel()
      return Amount === '3000000' && Balance === '3000000'
    })
    alice.settle(4_500_000n)
    await world.until(() => alice.sent === 4_500_000n && bob.tracesOf('channel.redeemed').length === 2)
    expect(alice.tracesOf('channel.opened')).toHaveLength(1)
    await world.expectSums({ sent: 4_500_000n, received: 4_500_000n, paid: 4_500_000n })
  })

  it('are opened anew, with a new reference, whenever one has ended, and the sums go on', async () => {
    world = await World.open(rules)
    const { alice, bob } = world
    await world.paid(1_000_000n)
    let total = 1_000_000n
    for (const closer of [bob.wallet, alice.wallet, alice.wallet]) {
      bob.input({ kind: 'collect' })
      await world.until(async () => (await world.channel()).Balance !== '0')
      const { index: Channel } = await world.channel()
      const close = { TransactionType: 'PaymentChannelClaim', Channel, Flags: 0x0002_0000 }
      expect((await world.land(closer, close)).result).toBe('tesSUCCESS')
      total += 1_000_000n
      alice.settle(total)
      await world.until(() => alice.sent === total && bob.received === total)
    }
    const opened = alice.tracesOf('channel.opened').map(({ channelId }) => channelId)
    expect(new Set(opened).size).toBe(4)
    await world.expectSums({ sent: total, received: total, paid: 3_000_000n, escrowed: DEPOSIT })
  })
})
