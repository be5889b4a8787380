/** The adapter when things go wrong: lines that break, answers that get lost, fees that rise. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, type Wanted, termsBetween } from '@hourglass/ledger/testing'
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

/** Everything that can happen to a channel, one after the other; each action is asked for once. */
async function live(client: { alice: Client; bob: Client }): Promise<string> {
  const { channelId } = await client.alice.succeed(pair.open())
  await client.bob.succeed({ kind: 'watch', channelId })
  await client.alice.succeed({ kind: 'fund', channelId, deposit: 15n * XRP })
  await client.bob.succeed(pair.claim(channelId, 4n * XRP))
  await client.alice.succeed({ kind: 'request-close', channelId })
  await client.alice.succeed({ kind: 'fund', channelId, deposit: 16n * XRP })
  await client.bob.succeed({ kind: 'close', channelId })
  const end = await client.alice.see(channelId, ({ closed }) => closed)
  expect(end).toMatchObject({ deposit: 16n * XRP, claimed: 4n * XRP })
  return channelId
}

/** Open, fund, request-close, renew and fund: one transaction each. Bob's: redeem and close. */
const EXPECTED = { alice: 5, bob: 2 }

async function expectOnce(): Promise<void> {
  expect({ alice: await rig.transactionsOf('alice'), bob: await rig.transactionsOf('bob') }).toEqual(EXPECTED)
}

describe('lost submissions', () => {
  it.each(['discardSubmits', 'loseAnswers'] as const)('happen once, and do not fail (%s)', async (fault) => {
    rig.keepClosing()
    const before = await alice.ledger.balance('native')
    rig.server.faults.tamper = (command, result) => {
      // The first word on each transaction gets lost; the next ledger brings the second.
      if (command === 'account_info') rig.server.faults[fault](1)
      return result
    }
    await live({ alice, bob })
    await expectOnce()
    const fees = before - (await alice.ledger.balance('native')) - 4n * XRP
    expect(fees).toBeLessThan(100n)
  })

  it('are planned anew when their last ledger has passed', async () => {
    rig.server.faults.discardSubmits(10)
    rig.keepClosing()
    const { channelId } = await alice.succeed(pair.open())
    expect(await rig.channelsOf('alice')).toEqual([channelId.slice(0, 64)])
    expect(await rig.transactionsOf('alice')).toBe(1)
  })

  it('that arrive late are the ones that count', async () => {
    rig.server.faults.holdBack(4)
    const [{ channelId, transaction }] = await Promise.all([alice.succeed(pair.open()), rig.settle()])
    expect(transaction!.toLowerCase()).toBe(channelId.slice(64))
    expect(await rig.transactionsOf('alice')).toBe(1)
  })
})

describe('a broken line', () => {
  it('at any step of any action makes nothing happen twice, and nothing fail', async () => {
    rig.keepClosing()
    let count = 0
    rig.server.faults.tamper = (_, result) => {
      count++
      return result
    }
    await live({ alice, bob })
    const steps = count
    expect(steps).toBeGreaterThan(30)
    let runs = 1
    for (let last = 1; last < steps; last += 3, runs++) {
      count = 0
      rig.server.faults.tamper = (_, result) => {
        if (++count === last) rig.server.dropConnections()
        return result
      }
      await live({ alice, bob })
    }
    // The last run may have had fewer steps: what asks from here on has a line that holds.
    rig.server.faults.tamper = undefined
    expect(await rig.transactionsOf('alice')).toBe(runs * EXPECTED.alice)
    expect(await rig.transactionsOf('bob')).toBe(runs * EXPECTED.bob)
  }, 120_000)

  it('is no end: what happened meanwhile is told when it is back', async () => {
    const channelId = await pair.opened()
    rig.server.dropConnections()
    await rig.submit('alice', {
      TransactionType: 'PaymentChannelFund',
      Channel: channelId.slice(0, 64).toUpperCase(),
      Amount: '1000000',
    })
    rig.server.faults.refuseConnections = true
    rig.server.dropConnections()
    rig.server.closeLedger()
    await rig.breathe(20)
    expect(bob.state(channelId)?.deposit).toBe(10n * XRP)
    rig.server.faults.refuseConnections = false
    for (const client of [alice, bob]) await client.see(channelId, ({ deposit }) => deposit === 11n * XRP)
  })

  it('is noticed where the server just falls silent', async () => {
    const channelId = await pair.opened()
    rig.server.faults.answerDelayMs = 100_000
    rig.server.faults.skipStreams(1)
    await rig.breathe(60)
    expect(rig.traces.some((trace) => trace.includes('no answer in time'))).toBe(true)
    rig.server.faults.answerDelayMs = 0
    const [end] = await Promise.all([bob.perform(pair.claim(channelId, XRP)), rig.settle()])
    expect(end.kind).toBe('done')
  })
})

describe('the ledger stream', () => {
  it('may leave out ledgers: nothing in them is missed', async () => {
    const channelId = await pair.opened()
    rig.server.faults.skipStreams(5)
    for (let amount = 1n; amount <= 3n; amount++) {
      await rig.submit('bob', {
        TransactionType: 'PaymentChannelClaim',
        Channel: channelId.slice(0, 64).toUpperCase(),
        Balance: String(amount * XRP),
        Amount: String(amount * XRP),
        Signature: Buffer.from(alice.ledger.scheme.sign(channelId, amount * XRP))
          .toString('hex')
          .toUpperCase(),
        PublicKey: alice.ledger.scheme.claimKey.toUpperCase(),
      })
      rig.server.closeLedger()
    }
    await alice.see(channelId, ({ claimed }) => claimed === 3n * XRP)
    // Each payment is told, in its order.
    const claimed = alice.events.flatMap((event) => (event.kind === 'channel' ? [event.channel.claimed] : []))
    expect(claimed).toEqual([0n, XRP, 2n * XRP, 3n * XRP])
  })

  it('may say everything twice: each change is told once', async () => {
    rig.server.faults.duplicateStreams = true
    const channelId = await pair.opened()
    await Promise.all([bob.succeed(pair.claim(channelId, XRP)), rig.settle()])
    const states = alice.events.filter((event) => event.kind === 'channel')
    expect(states).toHaveLength(2)
  })

  it('may be of a server that is behind: what it does not know yet is waited for', async () => {
    const channelId = await pair.opened()
    rig.server.faults.ledgersBehind = 3
    rig.keepClosing()
    await bob.succeed(pair.claim(channelId, XRP))
    await alice.see(channelId, ({ claimed }) => claimed === XRP)
    expect(await rig.transactionsOf('bob')).toBe(1)
  })
})

describe('fees', () => {
  it('follow the server’s load', async () => {
    rig.server.faults.loadFactor = 100
    const [{ fee }] = await Promise.all([alice.succeed(pair.open()), rig.settle()])
    expect(fee).toBe(1000n)
  })

  it('rise while a transaction waits', async () => {
    rig.server.faults.tamper = (command, result) => {
      // Right after we asked for the fee, it rises.
      if (command === 'fee') rig.server.faults.loadFactor = 50
      return result
    }
    const [{ fee }] = await Promise.all([alice.succeed(pair.open()), rig.settle()])
    expect(fee).toBe(500n)
    expect(await rig.transactionsOf('alice')).toBe(1)
  })

  it('have a bound: above it one waits until they fall', async () => {
    const frugal = await rig.connect('alice', { feeDropsMax: 20n })
    rig.server.faults.loadFactor = 10
    const end = frugal.succeed({ ...pair.open(), terms: termsBetween(alice.ledger, bob.ledger) } as Wanted)
    for (let ledgers = 0; ledgers < 15; ledgers++) {
      rig.server.closeLedger()
      await rig.breathe(2)
    }
    expect(await rig.transactionsOf('alice')).toBe(0)
    rig.server.faults.loadFactor = 1
    rig.keepClosing()
    expect((await end).fee).toBeLessThanOrEqual(20n)
  })
})

describe('too little money', () => {
  it('is said before anything is sent: the reserve of one more object counts', async () => {
    rig.server.fund(ADDRESSES.poor, 1_500_000n)
    rig.server.closeLedger()
    const poor = await rig.connect('poor')
    rig.keepClosing()
    expect(await poor.ledger.balance('native')).toBe(500_000n)
    const terms = termsBetween(poor.ledger, bob.ledger)
    const end = await poor.perform({ kind: 'open', terms, deposit: 400_000n })
    expect(end).toMatchObject({ kind: 'failed', refusal: 'insufficient-funds' })
    expect(end).toHaveProperty('message', expect.stringContaining('1200000 of reserve'))
    expect(await rig.transactionsOf('poor')).toBe(0)
    const { channelId } = await poor.succeed({ kind: 'open', terms, deposit: 200_000n })
    expect(poor.state(channelId)?.deposit).toBe(200_000n)
  })
})

describe('what the ledger refuses', () => {
  it('is refused with its reason, and not tried again', async () => {
    const terms = { ...termsBetween(alice.ledger, bob.ledger), destination: ADDRESSES.poor }
    const [end] = await Promise.all([alice.perform({ kind: 'open', terms, deposit: XRP }), rig.settle()])
    expect(end).toMatchObject({ refusal: 'refused', message: expect.stringContaining('tecNO_DST') as string })
    expect(await rig.transactionsOf('alice')).toBe(1)
  })

  it.each([{ destination: 'nobody' }, { reference: 'short' }, { claimKey: 'none' }, { settleDelayMs: 1 }])(
    'terms that no channel can have are, before anything is asked: %j',
    async (changes) => {
      const terms = { ...termsBetween(alice.ledger, bob.ledger), ...changes }
      const end = await alice.perform({ kind: 'open', terms, deposit: XRP })
      expect(end).toMatchObject({ kind: 'failed', refusal: 'refused' })
    },
  )

  it('a claim over the capacity is, before anything is sent', async () => {
    const channelId = await pair.opened()
    const end = await bob.perform(pair.claim(channelId, 11n * XRP))
    expect(end).toMatchObject({ kind: 'failed', refusal: 'refused' })
    expect(await rig.transactionsOf('bob')).toBe(0)
  })
})
