/** Taking in what was promised: in time, once, and not more often than it is worth. */
import { describe, expect, it } from 'vitest'
import { channel, channels, claimFor, claimTo, paid } from './testing/paid.ts'
import { DELAY_MS, MINTED, type Peering } from './testing/peering.ts'

/** Bob cannot pay a fee until it is undone. */
function impoverish(peering: Peering): void {
  peering.ledger.mint('bob', -peering.ledger.balanceOf('bob'))
}

function requestClose(peering: Peering): void {
  peering.perform(peering.alice, { kind: 'request-close', channelId: channel(peering).id })
}

describe('redeeming', () => {
  it('happens when asked, and what the ledger paid is what was received', () => {
    const peering = paid(30n)
    const before = peering.ledger.balanceOf('bob')
    peering.handle(peering.bob, { kind: 'collect' })
    peering.rest()
    expect(peering.ledger.balanceOf('bob') - before).toBe(29n) // 30, less the fee.
    const [{ transaction, ...rest } = {}] = peering.bob.tracesOf('channel.redeemed')
    expect(rest).toEqual({ channelId: channel(peering).id, amount: 30n, paid: 30n, fee: 1n })
    expect(transaction).toBeTypeOf('string')
  })

  it('happens at the threshold, and counts from what is redeemed', () => {
    const peering = paid(39n, { redeemThreshold: 40n })
    const redeemed: (bigint | undefined)[] = []
    for (const total of [40n, 79n, 80n]) {
      redeemed.push(channel(peering).claimed)
      peering.settle(peering.alice, total)
      peering.rest()
    }
    expect([...redeemed, channel(peering).claimed]).toEqual([0n, 40n, 40n, 80n])
  })

  it('happens at once when the source asks to close: HTLA-10', () => {
    const peering = paid(30n)
    peering.perform(peering.alice, { kind: 'request-close', channelId: channel(peering).id })
    peering.flow()
    expect(channel(peering)).toMatchObject({ claimed: 30n, closed: false })
  })

  it('leaves to a closing source what is not worth the fee', () => {
    const peering = paid(30n, { redeemMin: 31n })
    peering.perform(peering.alice, { kind: 'request-close', channelId: channel(peering).id })
    peering.rest()
    expect(channel(peering)).toMatchObject({ claimed: 0n, closed: true })
    expect(peering.bob.tracesOf('channel.closed')[0]).toMatchObject({ amount: 30n, redeemed: 0n, lost: 30n })
    expect(peering.bob.received, 'what was credited stays credited').toBe(30n)
  })

  it('is asked once at a time, and covers what came meanwhile', () => {
    const peering = paid(30n)
    for (let i = 0; i < 3; i++) peering.handle(peering.bob, { kind: 'collect' })
    expect(peering.bob.tracesOf('channel.redeeming')).toHaveLength(1)
    expect(claimTo(peering, claimFor(peering, channel(peering).id, 50n)).refusal).toBeUndefined()
    peering.handle(peering.bob, { kind: 'collect' })
    peering.rest()
    expect(channel(peering).claimed).toBe(50n)
  })

  it('is tried again where the ledger refused it, and after a restart', () => {
    const peering = paid(30n, { redeemThreshold: 30n, redeemMin: 1n })
    expect(channel(peering).claimed).toBe(30n)
    peering.ledger.mint('bob', -peering.ledger.balanceOf('bob')) // Nothing left for a fee.
    peering.settle(peering.alice, 60n)
    peering.rest(40_000)
    expect(channel(peering).claimed).toBe(30n)
    expect(peering.bob.tracesOf('channel.refused').length).toBeGreaterThan(1)
    peering.crash(peering.bob)
    peering.ledger.mint('bob', 100n)
    peering.connect()
    peering.rest()
    expect(channel(peering).claimed).toBe(60n)
  })
})

const DAY_MS = 86_400_000

describe('redeeming by age', () => {
  const options = { redeemAfterMs: DAY_MS }

  it('happens when the oldest claim that is not redeemed is old enough, for all that came meanwhile', () => {
    const peering = paid(30n, options)
    peering.rest(DAY_MS / 2)
    peering.settle(peering.alice, 50n)
    peering.rest(DAY_MS / 2 - 5 * DELAY_MS)
    expect(channel(peering).claimed).toBe(0n)
    peering.rest(5 * DELAY_MS)
    expect(channel(peering).claimed).toBe(50n)
    expect(peering.bob.machine.nextTimeout(), 'nothing left to wait for').toBeUndefined()
  })

  it('counts a restart as nothing', () => {
    const peering = paid(30n, options)
    for (let i = 0; i < 10; i++) {
      peering.rest(DAY_MS / 10)
      peering.crash(peering.bob)
      peering.connect()
    }
    peering.rest()
    expect(channel(peering).claimed).toBe(30n)
  })

  it('begins anew with what came after the last redeem began', () => {
    const peering = paid(30n, options)
    peering.pass(DAY_MS)
    expect(peering.bob.tracesOf('channel.redeeming')).toHaveLength(1)
    expect(claimTo(peering, claimFor(peering, channel(peering).id, 50n)).refusal).toBeUndefined()
    peering.rest(DAY_MS / 2)
    expect(channel(peering).claimed).toBe(30n)
    peering.rest(DAY_MS / 2 + 1)
    expect(channel(peering).claimed).toBe(50n)
    expect(peering.bob.tracesOf('channel.redeemed')).toHaveLength(2)
  })

  it('leaves what is not worth the fee', () => {
    const peering = paid(30n, { ...options, redeemMin: 31n })
    peering.rest(3 * DAY_MS)
    expect(channel(peering).claimed).toBe(0n)
    peering.settle(peering.alice, 31n)
    peering.rest()
    expect(channel(peering).claimed, 'its first unit is three days old').toBe(31n)
  })
})

describe('redeeming when the source closes: HTLA-10', () => {
  it('is tried again the sooner the less time is left, until the last second', () => {
    const peering = paid(30n)
    impoverish(peering)
    requestClose(peering)
    peering.flow()
    const { closesAt } = channel(peering)
    const left: number[] = []
    let tries = 1
    while (peering.now < closesAt! - 1500) {
      peering.pass(100)
      peering.ledger.run()
      peering.hear(peering.bob)
      if (peering.bob.tracesOf('channel.redeeming').length === tries) continue
      tries++
      left.push(closesAt! - peering.now)
    }
    for (const [at, time] of left.entries()) {
      const before = at === 0 ? DELAY_MS : left[at - 1]!
      expect(before - time).toBeLessThanOrEqual(Math.max(before / 8, 1000) + 100)
    }
    expect(left.at(-1)).toBeLessThan(3000)
    peering.ledger.mint('bob', MINTED)
    peering.rest()
    expect(channels(peering)[0]).toMatchObject({ claimed: 30n, closed: true })
    expect(peering.bob.tracesOf('channel.closed')[0]).toMatchObject({ amount: 30n, lost: 0n })
  })

  it('does not wait for a pause to end that began before', () => {
    const peering = paid(30n, { redeemThreshold: 30n })
    impoverish(peering)
    peering.settle(peering.alice, 60n)
    peering.rest(110_000) // The next pause is the longest.
    const tries = peering.bob.tracesOf('channel.redeeming').length
    requestClose(peering)
    peering.flow()
    peering.ledger.mint('bob', MINTED)
    peering.rest(DELAY_MS / 8 + 1)
    expect(peering.bob.tracesOf('channel.redeeming')).toHaveLength(tries + 1)
    expect(channel(peering).claimed).toBe(60n)
  })

  it('waits for the redeem that is under way, and takes the rest then', () => {
    const peering = paid(30n)
    const { id: channelId } = channel(peering)
    peering.handle(peering.bob, { kind: 'collect' })
    claimTo(peering, claimFor(peering, channelId, 30n)) // Lets the ledger work: the redeem is final, not heard of.
    peering.handle(peering.bob, { kind: 'collect' })
    expect(claimTo(peering, claimFor(peering, channelId, 50n)).refusal).toBeUndefined()
    requestClose(peering)
    peering.flow()
    expect(channel(peering)).toMatchObject({ claimed: 50n, closed: false })
    expect(channel(peering).closesAt).toBeTypeOf('number')
  })

  it('happens at the first sight of a closing channel after a restart, with or without a link', () => {
    const peering = paid(30n)
    peering.disconnect()
    peering.bob.session.close() // Bob is away
    requestClose(peering)
    peering.flow()
    expect(channel(peering).claimed).toBe(0n)
    peering.pass(DELAY_MS - 1) // until the last moment.
    peering.crash(peering.bob)
    peering.flow()
    expect(channel(peering)).toMatchObject({ claimed: 30n, closed: false })
    peering.rest()
    expect(channel(peering)).toMatchObject({ claimed: 30n, closed: true })
  })

  it('a moment too late loses what was not redeemed, says how much, and pays nothing twice', () => {
    const peering = paid(30n)
    peering.disconnect()
    peering.bob.session.close()
    requestClose(peering)
    peering.flow()
    peering.pass(DELAY_MS)
    peering.flow() // Alice closes at the very moment at which she may.
    peering.crash(peering.bob)
    peering.flow()
    const { id: channelId } = channel(peering)
    expect(channel(peering)).toMatchObject({ claimed: 0n, closed: true })
    const closed = { role: 'incoming', channelId, amount: 30n, redeemed: 0n, lost: 30n }
    expect(peering.bob.tracesOf('channel.closed')).toEqual([closed])
    peering.connect()
    peering.rest()
    peering.settle(peering.alice, 45n)
    peering.rest()
    expect([peering.alice.sent, peering.bob.received], 'the books agree').toEqual([45n, 45n])
    peering.handle(peering.bob, { kind: 'collect' })
    peering.rest()
    expect(channels(peering).map(({ claimed }) => claimed)).toEqual([0n, 15n])
  })

  it('learns from a refusal that the channel is closed, where nobody told', () => {
    const peering = paid(30n)
    requestClose(peering)
    peering.ledger.run()
    peering.hear(peering.alice)
    peering.bob.events = []
    peering.pass(DELAY_MS)
    peering.ledger.run()
    peering.bob.events = []
    expect(channel(peering).closed).toBe(true)
    expect(peering.bob.tracesOf('channel.redeeming')).toEqual([])
    peering.handle(peering.bob, { kind: 'collect' })
    peering.flow()
    expect(peering.bob.tracesOf('channel.closed')[0]).toMatchObject({ amount: 30n, lost: 30n })
    peering.rest()
    expect(peering.bob.tracesOf('channel.redeeming')).toHaveLength(1)
  })

  it('ends with the channel where the ledger refuses it then, and the channel ends once', () => {
    const peering = paid(30n)
    requestClose(peering)
    peering.ledger.run()
    peering.bob.events = []
    peering.hear(peering.alice)
    peering.pass(DELAY_MS)
    peering.handle(peering.bob, { kind: 'collect' }) // Alice's close comes first.
    peering.ledger.run()
    peering.hear(peering.bob, 1)
    peering.bob.journal.flush() // The end of the channel is durable before Bob hears of the refusal.
    expect(peering.bob.tracesOf('channel.closed')).toHaveLength(1)
    peering.rest()
    expect(peering.bob.tracesOf('channel.refused')).toHaveLength(1)
    expect(peering.bob.tracesOf('channel.closed')).toHaveLength(1)
    expect(peering.bob.received).toBe(30n)
  })

  it('is not tried for what a source pretends: a close that it takes back changes nothing', () => {
    const peering = paid(30n)
    const { id: channelId } = channel(peering)
    for (let i = 0; i < 5; i++) {
      requestClose(peering)
      peering.flow()
      peering.perform(peering.alice, { kind: 'fund', channelId, deposit: 100n })
      peering.flow()
    }
    expect(peering.bob.tracesOf('channel.redeeming')).toHaveLength(1)
    peering.settle(peering.alice, 40n)
    peering.rest()
    expect(peering.bob.received).toBe(40n)
    expect(channel(peering)).toMatchObject({ claimed: 30n, closesAt: undefined, closed: false })
  })
})
