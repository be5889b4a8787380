/** Sources that close: what was claimed is redeemed while the XRP Ledger still pays it, up to the last second. */
import { MessageType, messageType } from '@hourglass/channel/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { DEPOSIT, SETTLE_DELAY_MS } from './xrpl-side.ts'
import { RULE_SETS, type RuleSet, World, signedClaim } from './xrpl-world.ts'

const XRP = 1_000_000n
const TF_RENEW = 0x0001_0000
const TF_CLOSE = 0x0002_0000
const DELAY_S = SETTLE_DELAY_MS / 1000

let world: World

/** Touches the channel as its source may, with these flags. */
async function touch(channelId: string, Flags: number, wallet = world.alice.wallet): Promise<string> {
  const Channel = channelId.slice(0, 64).toUpperCase()
  return (await world.land(wallet, { TransactionType: 'PaymentChannelClaim', Channel, Flags })).result
}

/** Bob holds a claim for 3 XRP on a channel of a source that keeps no rule. */
async function claimed(rules: RuleSet): Promise<string> {
  world = await World.open(rules)
  await world.bob.start()
  world.bob.link(true)
  const channelId = await world.openChannel()
  const answer = await world.claim(signedClaim(channelId, 3n * XRP, world.alice.claimWallet))
  expect(answer).toEqual({ refusal: undefined, amount: 3n * XRP })
  return channelId
}

/** The same; then Bob is away while the source asks to close. Returns the second at which the channel expires, too. */
async function closing(rules: RuleSet): Promise<{ channelId: string; expiration: number }> {
  const channelId = await claimed(rules)
  await world.bob.stop()
  expect(await touch(channelId, TF_CLOSE)).toBe('tesSUCCESS')
  const { Expiration: expiration = 0 } = await world.channel()
  return { channelId, expiration }
}

/** Bob comes back when the newest ledger closed in that second. */
async function comeBackAt(second: number): Promise<void> {
  await world.tick(second - world.server.closeTime())
  expect(world.server.closeTime()).toBe(second)
  await world.bob.start()
  await world.settleDown()
  await world.ticks(3)
}

/** What Bob's settlement says of the end of his channel. */
async function ending(): Promise<unknown> {
  await world.until(() => world.bob.tracesOf('channel.closed').length === 1)
  const [{ amount, redeemed, lost } = {}] = world.bob.tracesOf('channel.closed')
  return { amount, redeemed, lost }
}

describe.each(RULE_SETS)('a closing channel on the XRP Ledger, by the rules of %s', (_name, rules) => {
  afterEach(async () => world.close())

  it('is redeemed as soon as its source asks to close, and the source gets the rest: HTLA-10', async () => {
    const channelId = await claimed(rules)
    expect(await touch(channelId, TF_CLOSE)).toBe('tesSUCCESS')
    await world.until(() => world.bob.tracesOf('channel.redeemed').length === 1)
    expect(BigInt((await world.channel()).Balance)).toBe(3n * XRP)
    await world.ticks(DELAY_S / 4)
    expect(await touch(channelId, TF_CLOSE)).toBe('tesSUCCESS')
    expect(await ending()).toEqual({ amount: 3n * XRP, redeemed: 3n * XRP, lost: 0n })
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 3n * XRP })
  })

  it('pays a redeem that is judged one second before it expires', async () => {
    const { channelId, expiration } = await closing(rules)
    await comeBackAt(expiration - 1)
    expect(await touch(channelId, TF_CLOSE)).toBe('tesSUCCESS')
    expect(await ending()).toEqual({ amount: 3n * XRP, redeemed: 3n * XRP, lost: 0n })
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 3n * XRP })
  })

  it('pays a redeem in the very second of its end by one set of rules, and by the other does not', async () => {
    const { channelId, expiration } = await closing(rules)
    await comeBackAt(expiration)
    if (rules.fixCleanup3_2_0) expect(await touch(channelId, TF_CLOSE)).toBe('tesSUCCESS')
    const paid = rules.fixCleanup3_2_0 ? 3n * XRP : 0n
    expect(await ending()).toEqual({ amount: 3n * XRP, redeemed: paid, lost: 3n * XRP - paid })
    expect(world.bob.tracesOf('channel.redeemed')).toHaveLength(rules.fixCleanup3_2_0 ? 1 : 0)
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid })
  })

  it('pays nothing one second after its end: what was not redeemed is lost, and no fee is spent on it', async () => {
    const { channelId, expiration } = await closing(rules)
    const before = await world.feesOf(world.bob.wallet)
    await comeBackAt(expiration + 1)
    expect(await world.feesOf(world.bob.wallet)).toBe(before)
    expect(await touch(channelId, TF_CLOSE)).toBe('tesSUCCESS')
    expect(await ending()).toEqual({ amount: 3n * XRP, redeemed: 0n, lost: 3n * XRP })
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 0n })
  })

  it('that has expired is deleted by whoever touches it: tesSUCCESS, and nothing is paid', async () => {
    const { channelId, expiration } = await closing(rules)
    await world.tick(expiration + 1 - world.server.closeTime())
    const result = await touch(channelId, 0, world.mallory)
    expect(result).toBe('tesSUCCESS')
    await world.bob.start()
    expect(await ending()).toEqual({ amount: 3n * XRP, redeemed: 0n, lost: 3n * XRP })
    expect(world.bob.tracesOf('channel.redeemed')).toEqual([])
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 0n })
  })

  it('whose redeem the ledger took too late says what is lost, though the transaction succeeded', async () => {
    const { expiration } = await closing(rules)
    world.server.faults.holdBack(3, 10)
    await comeBackAt(expiration - 8)
    expect(await ending()).toEqual({ amount: 3n * XRP, redeemed: 0n, lost: 3n * XRP })
    expect(world.bob.tracesOf('channel.redeemed')).toEqual([])
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 0n })
  })

  it('is redeemed in time though the first tries were lost', async () => {
    const channelId = await claimed(rules)
    const Channel = channelId.slice(0, 64).toUpperCase()
    await world.submit(world.alice.wallet, {
      TransactionType: 'PaymentChannelClaim',
      Channel,
      Flags: TF_CLOSE,
    })
    world.server.faults.discardSubmits(4)
    await world.until(() => world.bob.tracesOf('channel.redeemed').length === 1)
    await world.ticks(DELAY_S / 4)
    expect(await touch(channelId, TF_CLOSE)).toBe('tesSUCCESS')
    expect(await ending()).toEqual({ amount: 3n * XRP, redeemed: 3n * XRP, lost: 0n })
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 3n * XRP })
  })

  it('takes no more claims, until its source takes the close back', async () => {
    const channelId = await claimed(rules)
    const claim = signedClaim(channelId, 4n * XRP, world.alice.claimWallet)
    expect(await touch(channelId, TF_CLOSE)).toBe('tesSUCCESS')
    expect(await world.claim(claim)).toEqual({ refusal: 'closing', amount: 3n * XRP })
    expect(await touch(channelId, TF_RENEW)).toBe('tesSUCCESS')
    expect(await world.claim(claim)).toEqual({ refusal: undefined, amount: 4n * XRP })
    await world.expectSums({ sent: 0n, received: 4n * XRP, paid: 3n * XRP, escrowed: 7n * XRP })
  })

  it.each([false, true])(
    'pays what was claimed though its source drains it in the same ledger',
    async (isReversed) => {
      const channelId = await claimed(rules)
      const { alice, bob, server } = world
      bob.input({ kind: 'collect' })
      const drain = { TransactionType: 'PaymentChannelClaim', Flags: TF_CLOSE, Balance: String(DEPOSIT) }
      await world.submit(alice.wallet, { ...drain, Channel: channelId.slice(0, 64).toUpperCase() })
      await world.settleDown()
      if (isReversed) server.faults.reverseNextLedger()
      expect(await ending()).toEqual({ amount: 3n * XRP, redeemed: DEPOSIT, lost: 0n })
      await world.expectSums({ sent: 0n, received: 3n * XRP, paid: DEPOSIT })
    },
  )

  it('is redeemed in time though the ledger does not take our key for a while', async () => {
    const channelId = await claimed(rules)
    const { bob, mallory } = world
    const asfDisableMaster = 4
    await world.land(bob.wallet, { TransactionType: 'SetRegularKey', RegularKey: mallory.classicAddress })
    const disable = { TransactionType: 'AccountSet', SetFlag: asfDisableMaster }
    expect((await world.land(bob.wallet, disable)).result).toBe('tesSUCCESS')
    expect(await touch(channelId, TF_CLOSE)).toBe('tesSUCCESS')
    await world.ticks(11)
    expect(BigInt((await world.channel()).Balance)).toBe(0n)
    const enable = { TransactionType: 'AccountSet', ClearFlag: asfDisableMaster }
    expect((await world.land(bob.wallet, enable, mallory)).result).toBe('tesSUCCESS')
    await world.until(() => bob.tracesOf('channel.redeemed').length === 1)
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 3n * XRP, escrowed: 7n * XRP })
  })

  it('that is closed while a claim is on its way loses nothing: it is paid over a new one', async () => {
    world = await World.open(rules)
    const { alice, bob } = world
    await world.paid(XRP)
    bob.input({ kind: 'collect' })
    await world.until(() => bob.tracesOf('channel.redeemed').length === 1)
    world.carry = (body) => (messageType(body) === MessageType.Claim ? undefined : body)
    alice.settle(3n * XRP)
    await world.settleDown()
    expect(alice.tracesOf('channel.claim-sent').at(-1)).toMatchObject({ amount: 3n * XRP })
    expect(await touch((await world.channel()).index, TF_CLOSE, bob.wallet)).toBe('tesSUCCESS')
    world.carry = (body) => body
    await world.until(() => alice.sent === 3n * XRP)
    bob.input({ kind: 'collect' })
    await world.until(() => bob.tracesOf('channel.redeemed').length === 2)
    expect(alice.tracesOf('channel.opened')).toHaveLength(2)
    await world.expectSums({
      ...{ sent: 3n * XRP, received: 3n * XRP, paid: 3n * XRP },
      escrowed: DEPOSIT - 2n * XRP,
    })
  })

  it('whose close our own operator asked for is closed by the settlement when its time has come', async () => {
    world = await World.open(rules)
    const { alice, bob } = world
    await world.paid(3n * XRP)
    expect(await touch((await world.channel()).index, TF_CLOSE)).toBe('tesSUCCESS')
    await world.until(() => alice.tracesOf('channel.closed').length === 1)
    const closed = { amount: 3n * XRP, redeemed: 3n * XRP, returned: DEPOSIT - 3n * XRP }
    expect(alice.tracesOf('channel.closed')[0]).toMatchObject(closed)
    expect(bob.tracesOf('channel.closed')[0]).toMatchObject({ lost: 0n })
    await world.expectSums({ sent: 3n * XRP, received: 3n * XRP, paid: 3n * XRP })
  })
})
