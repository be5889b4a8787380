/** Two settlements on the XRP Ledger when servers, lines and accounts fail them: all is paid in the end, and once. */
import { rmSync } from 'node:fs'
import { connectXrpl } from '@hourglass/ledger-xrpl/io'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Payment, Wallet } from 'xrpl'
import { DEPOSIT } from './xrpl-side.ts'
import { NO_HELLO, RULE_SETS, START, World, signedClaim } from './xrpl-world.ts'

const XRP = 1_000_000n

let world: World

/** All that Alice ordered was paid over one channel and can be redeemed; nobody has lost anything but fees. */
async function expectPaid(total: bigint, deposit = DEPOSIT): Promise<void> {
  const { alice, bob } = world
  await world.until(() => bob.received === total && alice.sent === total)
  bob.input({ kind: 'collect' })
  await world.until(async () => (await world.channel()).Balance === String(total))
  await world.expectSums({ sent: total, received: total, paid: total, escrowed: deposit - total })
}

describe.each(RULE_SETS)('mishaps on the XRP Ledger, by the rules of %s', (_name, rules) => {
  beforeEach(async () => {
    world = await World.open(rules)
  })
  afterEach(async () => world.close())

  it('a server takes an opening and loses it', async () => {
    world.server.faults.discardSubmits(1)
    await world.paid(3n * XRP)
    await expectPaid(3n * XRP)
  })

  it('a server takes twenty transactions and loses them all: a whole window passes', async () => {
    world.server.faults.discardSubmits(20)
    await world.paid(3n * XRP)
    await expectPaid(3n * XRP)
  })

  it('the answer to a submission is lost', async () => {
    world.server.faults.loseAnswers(1)
    await world.paid(3n * XRP)
    await expectPaid(3n * XRP)
  })

  it('a transaction reaches the ledger some ledgers later than its copies', async () => {
    world.server.faults.holdBack(5, 2)
    await world.paid(3n * XRP)
    await expectPaid(3n * XRP)
  })

  it('the line is cut between a submission and its answer', async () => {
    const { alice, server } = world
    await world.start()
    alice.dieBefore = (output) => {
      if (output.kind === 'ledger' && output.action.kind === 'open')
        setTimeout(() => server.dropConnections(), 2)
      return false
    }
    alice.settle(3n * XRP)
    await expectPaid(3n * XRP)
  })

  it('a server restarts and is away for a while', async () => {
    const { alice, bob, server } = world
    await world.paid(XRP)
    server.faults.refuseConnections = true
    server.dropConnections()
    alice.settle(3n * XRP)
    for (let i = 0; i < 5; i++) {
      server.advanceTime(4)
      server.closeLedger()
    }
    bob.input({ kind: 'collect' })
    await world.settleDown()
    server.faults.refuseConnections = false
    await expectPaid(3n * XRP)
  })

  it('notifications of some ledgers never come', async () => {
    await world.paid(XRP)
    world.server.faults.skipStreams(7)
    world.alice.settle(17n * XRP) // Is funded meanwhile.
    world.bob.input({ kind: 'collect' })
    await expectPaid(17n * XRP, 27n * XRP)
  })

  it('every notification comes twice', async () => {
    world.server.faults.duplicateStreams = true
    await world.paid(3n * XRP)
    world.alice.settle(17n * XRP)
    await expectPaid(17n * XRP, 27n * XRP)
    for (const event of ['channel.opened', 'channel.funded'])
      expect(world.alice.tracesOf(event)).toHaveLength(1)
  })

  it('the ledger is crowded, and takes more for a transaction', async () => {
    const { alice, server } = world
    await world.start()
    server.faults.loadFactor = 50
    alice.settle(3n * XRP)
    await world.until(() => alice.sent === 3n * XRP)
    server.faults.loadFactor = 1
    expect(await world.feesOf(alice.wallet)).toBeGreaterThanOrEqual(500n)
    await expectPaid(3n * XRP)
  })

  it('the ledger asks for more than anybody should pay: it is waited for', async () => {
    const { alice, server } = world
    await world.start()
    server.faults.loadFactor = 10_000_000
    alice.settle(3n * XRP)
    await world.ticks(15)
    expect(await world.channelsOf(alice.wallet)).toEqual([])
    server.faults.loadFactor = 1
    await expectPaid(3n * XRP)
    expect(await world.feesOf(alice.wallet)).toBeLessThan(XRP)
  })

  it('two transactions of one ledger are applied in the other order', async () => {
    const { alice, bob, server } = world
    await world.paid(3n * XRP)
    bob.input({ kind: 'collect' })
    alice.settle(17n * XRP) // Funds in the same ledger.
    await world.settleDown()
    server.faults.reverseNextLedger()
    await expectPaid(17n * XRP, 27n * XRP)
  })

  it('the reserve leaves too little for a channel, until there is more', async () => {
    const { alice } = world
    const payment = { TransactionType: 'Payment', Destination: world.mallory.classicAddress }
    const left = DEPOSIT + XRP + 100_000n // The reserve is 1 XRP, and 0.2 XRP for a channel.
    const fee = 12n
    await world.land(alice.wallet, { ...payment, Amount: String(START - left - fee) })
    await world.start()
    alice.settle(3n * XRP)
    await world.until(() => alice.tracesOf('channel.refused').length > 0)
    expect(alice.tracesOf('channel.refused')[0]).toMatchObject({ refusal: 'insufficient-funds' })
    expect(await world.channelsOf(alice.wallet)).toEqual([])
    await world.land(world.mallory, {
      ...{ TransactionType: 'Payment', Destination: alice.wallet.classicAddress },
      Amount: String(START - left - fee),
    })
    await expectPaid(3n * XRP)
  })

  it('the destination refuses channels, until it does not', async () => {
    const { alice, bob } = world
    const asfDisallowIncomingPayChan = 14
    await world.land(bob.wallet, { TransactionType: 'AccountSet', SetFlag: asfDisallowIncomingPayChan })
    await world.start()
    alice.settle(3n * XRP)
    await world.until(() => alice.tracesOf('channel.refused').length > 0)
    expect(alice.tracesOf('channel.refused')[0]).toMatchObject({ action: 'open', refusal: 'refused' })
    await world.expectSums({ sent: 0n, received: 0n, paid: 0n })
    await world.land(bob.wallet, { TransactionType: 'AccountSet', ClearFlag: asfDisallowIncomingPayChan })
    await expectPaid(3n * XRP)
  })

  it('another program opens channels with the same account at the same time', async () => {
    const { alice, mallory, server } = world
    const { seed: secret = '' } = alice.wallet
    const other = await connectXrpl({ url: server.url, secret })
    const ends: string[] = []
    const session = other.connect((event) => {
      if (event.kind !== 'channel') ends.push(event.kind)
    })
    await world.start()
    alice.settle(3n * XRP)
    for (let id = 1; id <= 3; id++) {
      session.perform({
        ...{ kind: 'open', id, deposit: XRP },
        terms: {
          source: other.account,
          destination: mallory.classicAddress,
          claimKey: other.scheme.claimKey,
          asset: 'native',
          settleDelayMs: 60_000,
          reference: String(id).padStart(64, '0'),
        },
      })
    }
    await world.until(() => ends.length === 3 && alice.sent === 3n * XRP)
    expect(ends).toEqual(['done', 'done', 'done'])
    expect(await world.channelsOf(alice.wallet)).toHaveLength(4)
    await other.close()
    await world.expectSums({
      ...{ sent: 3n * XRP, received: 3n * XRP, paid: 0n },
      escrowed: DEPOSIT + 3n * XRP,
    })
  })

  it('the payer’s books are lost: it goes on from what the peer holds', async () => {
    const { alice, bob } = world
    await world.paid(3n * XRP)
    await alice.stop()
    rmSync(alice.file)
    await alice.start()
    world.disconnect()
    world.connect()
    await world.until(() => alice.tracesOf('channel.adopted').length === 1)
    alice.settle(2n * XRP) // Its accounts begin anew as well.
    await world.until(() => bob.received === 5n * XRP)
    bob.input({ kind: 'collect' })
    await world.until(() => bob.tracesOf('channel.redeemed').length === 1)
    expect(alice.tracesOf('channel.opened')).toHaveLength(1)
    await world.expectSums({
      ...{ sent: 2n * XRP, received: 5n * XRP, paid: 5n * XRP },
      escrowed: DEPOSIT - 5n * XRP,
    })
  })

  it('the payee’s books are lost: it is given again what it held', async () => {
    const { alice, bob } = world
    await world.paid(3n * XRP)
    await bob.stop()
    rmSync(bob.file)
    await bob.start()
    world.disconnect()
    world.connect()
    await expectPaid(3n * XRP)
    expect(alice.tracesOf('channel.opened')).toHaveLength(1)
  })

  it('the destination is no account yet: nothing is sent to it before it is', async () => {
    const { alice } = world
    const ghost = Wallet.generate()
    await alice.start()
    const { ledger, asset } = await alice.hello(NO_HELLO)
    const hello = { ...NO_HELLO, ledger, asset, account: ghost.classicAddress, settleDelayMsMax: 60_000 }
    await alice.hello(hello)
    alice.settle(3n * XRP)
    await world.until(() => alice.tracesOf('channel.refused').some(({ action }) => action === 'open'))
    expect(alice.tracesOf('channel.refused').at(-1)?.['message']).toMatch(/tecNO_DST/)
    await world.expectSums({ sent: 0n, received: 0n, paid: 0n })
    world.server.fund(ghost.classicAddress, START)
    await world.until(() => alice.tracesOf('channel.opened').length === 1)
    expect((await world.channel()).Destination).toBe(ghost.classicAddress)
  })

  it('a server is some ledgers behind the others', async () => {
    const { bob, server } = world
    await world.paid(XRP)
    server.faults.ledgersBehind = 5
    world.alice.settle(3n * XRP)
    bob.input({ kind: 'collect' })
    await world.ticks(3)
    server.faults.ledgersBehind = 0
    await expectPaid(3n * XRP)
  })

  it('a server is so slow that ledgers pass before it answers', async () => {
    await world.start()
    world.server.faults.answerDelayMs = 50
    world.alice.settle(3n * XRP)
    await world.ticks(8)
    world.server.faults.answerDelayMs = 0
    await expectPaid(3n * XRP)
  })

  it('somebody has the key of our claims, and not that of our account: he gets nothing', async () => {
    const { alice, bob, mallory } = world
    await world.paid(3n * XRP)
    const { index: Channel } = await world.channel()
    const { claimWallet } = alice
    const { signature } = signedClaim(Channel, DEPOSIT, claimWallet)
    const redeem = {
      ...{ TransactionType: 'PaymentChannelClaim', Channel, PublicKey: claimWallet.publicKey },
      ...{ Balance: String(DEPOSIT), Amount: String(DEPOSIT) },
      Signature: Buffer.from(signature).toString('hex').toUpperCase(),
    }
    expect((await world.land(mallory, redeem)).result).toBe('tecNO_PERMISSION')
    const payment = {
      ...{ TransactionType: 'Payment', Account: alice.wallet.classicAddress, Amount: '1000000' },
      Destination: mallory.classicAddress,
    }
    const stolen = Wallet.fromSeed(claimWallet.seed!)
    const { Sequence } = await world.account(alice.wallet)
    const { tx_blob } = stolen.sign({ ...payment, Sequence, Fee: '12' } as Payment)
    const { engine_result } = (await world.rpc({ command: 'submit', tx_blob })) as { engine_result: string }
    expect(engine_result).toBe('tefBAD_AUTH')
    expect(bob.received).toBe(3n * XRP)
    await expectPaid(3n * XRP)
  })
})
