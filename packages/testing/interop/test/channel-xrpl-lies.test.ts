/**
 * Servers that lie. What no validated ledger holds is believed of nobody; a server that invents the validated ledger
 * itself is believed, and what that can cost is said here: run your own, or one that you trust with that much.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashes } from 'xrpl'
import { DEPOSIT } from './xrpl-side.ts'
import { RULE_SETS, World, signedClaim } from './xrpl-world.ts'

type Answer = Readonly<Record<string, unknown>>

const XRP = 1_000_000n
const TF_CLOSE = 0x0002_0000
/** What no transaction offers more than, unless told so. */
const FEE_MAX = 100_000n

let world: World

/** Until it is told the truth again, the server answers that command so. */
function lie(command: string, change: (answer: Answer) => Answer): void {
  world.server.faults.tamper = (asked, answer) => (asked === command ? change(answer) : answer)
}

function tellTheTruth(): void {
  world.server.faults.tamper = undefined
}

async function expectPaid(total: bigint): Promise<void> {
  const { alice, bob } = world
  await world.until(() => bob.received === total && alice.sent === total)
  bob.input({ kind: 'collect' })
  await world.until(async () => (await world.channel()).Balance === String(total))
  expect(alice.tracesOf('channel.opened')).toHaveLength(1)
  await world.expectSums({ sent: total, received: total, paid: total, escrowed: DEPOSIT - total })
}

describe.each(RULE_SETS)('a server of the XRP Ledger that lies, by the rules of %s', (_name, rules) => {
  beforeEach(async () => {
    world = await World.open(rules)
  })
  afterEach(async () => world.close())

  it('calls an opening validated that is in no closed ledger: no claim on it counts', async () => {
    const { alice, bob, server } = world
    await bob.start()
    const reference = await world.reference()
    const { Sequence } = await world.account(alice.wallet)
    server.faults.openAsValidated = true
    const { hash, result } = await world.submit(alice.wallet, world.opening(reference))
    expect(result).toBe('tesSUCCESS')
    const { classicAddress: source } = alice.wallet
    const index = hashes.hashPaymentChannel(source, bob.wallet.classicAddress, Sequence)
    const claim = signedClaim((index + hash).toLowerCase(), 3n * XRP, alice.claimWallet)
    const answer = bob.claim(claim)
    for (let i = 0; i < 10; i++) await world.settleDown()
    expect(bob.received).toBe(0n)
    server.faults.openAsValidated = false
    await world.tick()
    expect(await answer).toEqual({ refusal: undefined, amount: 3n * XRP })
    bob.input({ kind: 'collect' })
    await world.until(() => bob.tracesOf('channel.redeemed').length === 1)
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 3n * XRP, escrowed: DEPOSIT - 3n * XRP })
  })

  it('says that a transaction can never be, and takes it: it is not sent twice', async () => {
    await world.start()
    lie('submit', (answer) => ({ ...answer, engine_result: 'temBAD_SIGNATURE', applied: false }))
    world.alice.settle(3n * XRP)
    await world.until(() => world.alice.sent === 3n * XRP)
    tellTheTruth()
    await expectPaid(3n * XRP)
  })

  it('hides what we did: it is found in what came of it', async () => {
    await world.start()
    lie('account_tx', (answer) => ({ ...answer, transactions: [] }))
    world.alice.settle(3n * XRP)
    await world.ticks(20)
    tellTheTruth()
    await expectPaid(3n * XRP)
  })

  it('gives an old number for our next transaction: none is sent in vain for ever', async () => {
    await world.start()
    lie('account_info', (answer) => {
      const data = answer['account_data'] as { Sequence: number }
      return { ...answer, account_data: { ...data, Sequence: data.Sequence - 1 } }
    })
    world.alice.settle(3n * XRP)
    await world.ticks(5)
    tellTheTruth()
    await expectPaid(3n * XRP)
  })

  it('asks for an absurd fee: no transaction costs more than was allowed', async () => {
    const { alice, bob } = world
    await world.start()
    lie('fee', (answer) => ({
      ...answer,
      drops: { ...(answer['drops'] as object), open_ledger_fee: '999999999' },
    }))
    alice.settle(3n * XRP)
    await world.until(() => alice.sent === 3n * XRP)
    bob.input({ kind: 'collect' })
    await world.until(() => bob.tracesOf('channel.redeemed').length === 1)
    tellTheTruth()
    for (const { wallet } of [alice, bob]) expect(await world.feesOf(wallet)).toBe(FEE_MAX)
    await world.expectSums({
      ...{ sent: 3n * XRP, received: 3n * XRP, paid: 3n * XRP },
      escrowed: DEPOSIT - 3n * XRP,
    })
  })

  it('answers nonsense for a while, whatever it is asked', async () => {
    await world.paid(XRP)
    world.server.faults.tamper = () => ({ nonsense: [] })
    world.alice.settle(3n * XRP)
    world.bob.input({ kind: 'collect' })
    await world.ticks(5)
    tellTheTruth()
    await expectPaid(3n * XRP)
  })

  it('hides that the source has asked to close: what is credited then is the loss, and the end says so', async () => {
    const { alice, bob, server } = world
    await bob.start()
    const channelId = await world.openChannel()
    const { index: Channel } = await world.channel()
    const close = { TransactionType: 'PaymentChannelClaim', Channel, Flags: TF_CLOSE }
    server.faults.tamper = (command, answer) => {
      if (command === 'account_tx') return { ...answer, transactions: [] }
      if (command !== 'ledger_entry') return answer
      return { ...answer, node: { ...(answer['node'] as object), Expiration: undefined } }
    }
    await world.land(alice.wallet, close)
    expect(await world.claim(signedClaim(channelId, 3n * XRP, alice.claimWallet))).toEqual({
      ...{ refusal: undefined, amount: 3n * XRP },
    })
    await world.ticks(20)
    await world.land(alice.wallet, close)
    tellTheTruth()
    expect(await world.channelsOf(alice.wallet)).toEqual([])
    bob.input({ kind: 'collect' })
    await world.until(() => bob.tracesOf('channel.closed').length === 1)
    expect(bob.tracesOf('channel.closed')[0]).toMatchObject({
      amount: 3n * XRP,
      redeemed: 0n,
      lost: 3n * XRP,
    })
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 0n })
  })
})
