/** The adapter when things go wrong: lines that break, answers that get lost, fees that rise, servers that lie. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LedgerAction } from '@hourglass/ledger'
import { type Client, type Wanted, termsBetween } from './client.ts'
import { ADDRESSES, Rig } from './rig.ts'

const XRP = 1_000_000n

let rig: Rig
let alice: Client
let bob: Client

beforeEach(async () => {
  rig = await Rig.start()
  alice = await rig.connect('alice')
  bob = await rig.connect('bob')
})
afterEach(() => rig.stop())

const open = (deposit = 10n * XRP): Wanted => ({
  kind: 'open',
  terms: termsBetween(alice.ledger, bob.ledger),
  deposit,
})

async function opened(): Promise<string> {
  const [{ channelId }] = await Promise.all([alice.succeed(open()), rig.settle()])
  await Promise.all([bob.succeed({ kind: 'watch', channelId }), rig.settle()])
  return channelId
}

const claimOf = (channelId: string, amount: bigint): Wanted => ({
  kind: 'redeem',
  channelId,
  amount,
  signature: alice.ledger.scheme.sign(channelId, amount),
})

/** Everything that can happen to a channel, one after the other; each action is asked for once. */
async function live(client: { alice: Client; bob: Client }): Promise<string> {
  const { channelId } = await client.alice.succeed(open())
  await client.bob.succeed({ kind: 'watch', channelId })
  await client.alice.succeed({ kind: 'fund', channelId, deposit: 15n * XRP })
  await client.bob.succeed(claimOf(channelId, 4n * XRP))
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
    expect(before - (await alice.ledger.balance('native'))).toBe(4n * XRP + 5n * 10n)
  })

  it('are planned anew when their last ledger has passed', async () => {
    rig.server.faults.discardSubmits(10)
    rig.keepClosing()
    const { channelId } = await alice.succeed(open())
    expect(await rig.channelsOf('alice')).toEqual([channelId.slice(0, 64)])
    expect(await rig.transactionsOf('alice')).toBe(1)
  })

  it('that arrive late are the ones that count', async () => {
    rig.server.faults.holdBack(4)
    const [{ channelId, transaction }] = await Promise.all([alice.succeed(open()), rig.settle()])
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
    expect(await rig.transactionsOf('alice')).toBe(runs * EXPECTED.alice)
    expect(await rig.transactionsOf('bob')).toBe(runs * EXPECTED.bob)
  }, 120_000)

  it('is no end: what happened meanwhile is told when it is back', async () => {
    const channelId = await opened()
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
    const channelId = await opened()
    rig.server.faults.answerDelayMs = 100_000
    rig.server.faults.skipStreams(1)
    await rig.breathe(60)
    expect(rig.traces.some((trace) => trace.includes('no answer in time'))).toBe(true)
    rig.server.faults.answerDelayMs = 0
    const [end] = await Promise.all([bob.perform(claimOf(channelId, XRP)), rig.settle()])
    expect(end.kind).toBe('done')
  })
})

describe('the ledger stream', () => {
  it('may leave out ledgers: nothing in them is missed', async () => {
    const channelId = await opened()
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
    const channelId = await opened()
    await Promise.all([bob.succeed(claimOf(channelId, XRP)), rig.settle()])
    const states = alice.events.filter((event) => event.kind === 'channel')
    expect(states).toHaveLength(2)
  })

  it('may be of a server that is behind: what it does not know yet is waited for', async () => {
    const channelId = await opened()
    rig.server.faults.ledgersBehind = 3
    rig.keepClosing()
    await bob.succeed(claimOf(channelId, XRP))
    await alice.see(channelId, ({ claimed }) => claimed === XRP)
    expect(await rig.transactionsOf('bob')).toBe(1)
  })
})

describe('fees', () => {
  it('follow the server’s load', async () => {
    rig.server.faults.loadFactor = 100
    const [{ fee }] = await Promise.all([alice.succeed(open()), rig.settle()])
    expect(fee).toBe(1000n)
  })

  it('rise while a transaction waits', async () => {
    rig.server.faults.tamper = (command, result) => {
      // Right after we asked for the fee, it rises.
      if (command === 'fee') rig.server.faults.loadFactor = 50
      return result
    }
    const [{ fee }] = await Promise.all([alice.succeed(open()), rig.settle()])
    expect(fee).toBe(500n)
    expect(await rig.transactionsOf('alice')).toBe(1)
  })

  it('have a bound: above it one waits until they fall', async () => {
    const frugal = await rig.connect('alice', { feeDropsMax: 20n })
    rig.server.faults.loadFactor = 10
    const end = frugal.succeed({ ...open(), terms: termsBetween(alice.ledger, bob.ledger) } as Wanted)
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
    expect(await poor.ledger.balance('native')).toBe(500_000n)
    const terms = termsBetween(poor.ledger, bob.ledger)
    const end = await poor.perform({ kind: 'open', terms, deposit: 400_000n })
    expect(end).toMatchObject({ kind: 'failed', refusal: 'insufficient-funds' })
    expect(end).toHaveProperty('message', expect.stringContaining('1200000 of reserve'))
    expect(await rig.transactionsOf('poor')).toBe(0)
    const [{ channelId }] = await Promise.all([
      poor.succeed({ kind: 'open', terms, deposit: 200_000n }),
      rig.settle(),
    ])
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

  it('a claim over the capacity is, before anything is sent', async () => {
    const channelId = await opened()
    const end = await bob.perform(claimOf(channelId, 11n * XRP))
    expect(end).toMatchObject({ kind: 'failed', refusal: 'refused' })
    expect(await rig.transactionsOf('bob')).toBe(0)
  })
})

describe('a claim that comes too late', () => {
  it('is told as refused, though the ledger says success: it paid nothing', async () => {
    const channelId = await opened()
    await Promise.all([alice.succeed({ kind: 'request-close', channelId }), rig.settle()])
    const before = await bob.ledger.balance('native')
    rig.server.faults.holdBack(2)
    const end = bob.perform(claimOf(channelId, XRP))
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
    const channelId = await opened()
    rig.server.faults.holdBack(2)
    const end = bob.perform(claimOf(channelId, XRP))
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
    await rig.stop()
    rig = await Rig.start({ fixCleanup3_2_0 })
    alice = await rig.connect('alice')
    bob = await rig.connect('bob')
    const channelId = await opened()
    await Promise.all([alice.succeed({ kind: 'request-close', channelId }), rig.settle()])
    const { closesAt } = bob.state(channelId)!
    const endS = closesAt! / 1000 - 946_684_800
    rig.server.advanceTime(endS - rig.server.closeTime() + offsetS)
    rig.server.closeLedger()
    await rig.breathe()
    expect(rig.server.closeTime()).toBe(endS + offsetS)
    const before = await bob.ledger.balance('native')
    const claim = bob.perform(claimOf(channelId, XRP))
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

describe('a restart', () => {
  /** Kills the adapter after so many answers; says whether the action had ended by then. */
  async function killAfter(answers: number, action: LedgerAction): Promise<boolean> {
    const doomed = await rig.connect('alice')
    const killed = Promise.withResolvers<boolean>()
    let count = 0
    rig.server.faults.tamper = (_, result) => {
      if (++count === answers) {
        void doomed.ledger.close()
        killed.resolve(false)
      }
      return result
    }
    const ended = doomed.perform(action).then(() => true)
    const hasEnded = await Promise.race([ended, killed.promise])
    rig.server.faults.tamper = undefined
    await doomed.ledger.close()
    return hasEnded
  }

  it('at any step of an opening opens once', async () => {
    await Promise.all([alice.ledger.close(), bob.ledger.close()])
    rig.keepClosing()
    for (let step = 1, ended = false; !ended; step++) {
      const action = { ...open(), id: 1 } as LedgerAction
      const before = await rig.channelsOf('alice')
      ended = await killAfter(step, action)
      const again = await rig.connect('alice')
      const { channelId } = await again.succeed(action)
      expect(again.state(channelId)?.deposit, `step ${step}`).toBe(10n * XRP)
      const after = await rig.channelsOf('alice')
      expect(after.length - before.length, `step ${step}`).toBe(1)
      await again.ledger.close()
    }
  }, 120_000)

  it('at any step of funding funds once', async () => {
    const channelId = await opened()
    await Promise.all([alice.ledger.close(), bob.ledger.close()])
    rig.keepClosing()
    let deposit = 10n * XRP
    for (let step = 1, ended = false; !ended; step++) {
      deposit += XRP
      ended = await killAfter(step, { kind: 'fund', channelId, deposit, id: 1 })
      const again = await rig.connect('alice')
      await again.succeed({ kind: 'fund', channelId, deposit })
      expect(again.state(channelId)?.deposit, `step ${step}`).toBe(deposit)
      await again.ledger.close()
    }
  }, 120_000)

  it('funds once when what was sent before it arrives only afterwards', async () => {
    const channelId = await opened()
    rig.server.faults.holdBack(3)
    const doomed = await rig.connect('alice')
    void doomed.perform({ kind: 'fund', channelId, deposit: 12n * XRP })
    await rig.breathe(5)
    await doomed.ledger.close()
    const again = await rig.connect('alice')
    const [end] = await Promise.all([
      again.succeed({ kind: 'fund', channelId, deposit: 12n * XRP }),
      rig.settle(),
    ])
    for (let ledgers = 0; ledgers < 5; ledgers++) rig.server.closeLedger()
    await rig.breathe()
    expect(end.transaction).toBeDefined()
    expect(again.state(channelId)?.deposit).toBe(12n * XRP)
    expect(await rig.transactionsOf('alice')).toBe(2)
  })

  it('tells what became of a channel that was closed meanwhile', async () => {
    const channelId = await opened()
    await Promise.all([bob.succeed(claimOf(channelId, 2n * XRP)), rig.settle()])
    await alice.ledger.close()
    await Promise.all([bob.succeed({ kind: 'close', channelId }), rig.settle()])
    const again = await rig.connect('alice')
    await again.succeed({ kind: 'watch', channelId })
    expect(again.state(channelId)).toMatchObject({ deposit: 10n * XRP, claimed: 2n * XRP, closed: true })
  })
})

describe('two programs with one key', () => {
  it('that want the same do it once', async () => {
    const twin = await rig.connect('alice')
    const action = open()
    rig.keepClosing()
    const ends = await Promise.all([alice.succeed(action), twin.succeed(action)])
    expect(ends[0].channelId).toBe(ends[1].channelId)
    const { channelId } = ends[0]
    const fund: Wanted = { kind: 'fund', channelId, deposit: 20n * XRP }
    await Promise.all([alice.succeed(fund), twin.succeed(fund)])
    expect(twin.state(channelId)?.deposit).toBe(20n * XRP)
    expect(await rig.channelsOf('alice')).toHaveLength(1)
    expect(await rig.transactionsOf('alice')).toBe(2)
  }, 120_000)
})

describe('a server that lies', () => {
  it('calls validated what is not: it counts when a ledger holds it', async () => {
    const channelId = await opened()
    const end = bob.perform(claimOf(channelId, XRP))
    rig.server.faults.openAsValidated = true
    await rig.breathe(30)
    expect(bob.state(channelId)?.claimed).toBe(0n)
    rig.server.faults.openAsValidated = false
    await rig.settle()
    expect((await end).kind).toBe('done')
  })

  it('changes a transaction: its hash betrays it', async () => {
    const channelId = await opened()
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
    const channelId = await opened()
    rig.server.faults.tamper = (command, result) =>
      command === 'ledger_entry' ? { ...result, ledger_hash: '00'.repeat(32) } : result
    const end = alice.perform({ kind: 'fund', channelId, deposit: 12n * XRP })
    await rig.breathe(10)
    expect(await rig.transactionsOf('alice')).toBe(1)
    rig.server.faults.tamper = undefined
    await rig.settle()
    expect((await end).kind).toBe('done')
  })

  it('has forgotten the ledgers in between: what came of them is looked at', async () => {
    const channelId = await opened()
    rig.server.faults.tamper = (command, result) =>
      command === 'account_tx'
        ? { ...result, ledger_index_min: rig.server.validatedIndex(), transactions: [] }
        : result
    rig.server.faults.skipStreams(1)
    const ends = Promise.all([
      alice.succeed({ kind: 'fund', channelId, deposit: 13n * XRP }),
      bob.succeed(claimOf(channelId, 5n * XRP)),
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
    const channelId = await opened()
    const stranger = await rig.connect('poor')
    await Promise.all([stranger.succeed({ kind: 'watch', channelId }), rig.settle()])
    await Promise.all([bob.succeed(claimOf(channelId, XRP)), rig.settle()])
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
