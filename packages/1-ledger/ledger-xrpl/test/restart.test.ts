/** The adapter killed at any moment, and two of them with one key. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LedgerAction } from '@hourglass/ledger'
import type { Client, Wanted } from '@hourglass/ledger/testing'
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
      const action = { ...pair.open(), id: 1 } as LedgerAction
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
    const channelId = await pair.opened()
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
    const channelId = await pair.opened()
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
    expect(end.transaction).toMatch(/^[0-9A-F]{64}$/)
    expect(again.state(channelId)?.deposit).toBe(12n * XRP)
    expect(await rig.transactionsOf('alice')).toBe(2)
  })

  it('tells what became of a channel that was closed meanwhile', async () => {
    const channelId = await pair.opened()
    await Promise.all([bob.succeed(pair.claim(channelId, 2n * XRP)), rig.settle()])
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
    const action = pair.open()
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
