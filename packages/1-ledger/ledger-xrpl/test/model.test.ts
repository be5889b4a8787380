/** Anything going wrong at any time, in any order: what was asked for happens once, and nothing else. */
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Client } from '@hourglass/ledger/testing'
import { Pair, XRP } from './pair.ts'

let pair: Pair

beforeEach(async () => {
  pair = await Pair.start()
})
afterEach(() => pair.stop())

/** What may go wrong while an action is under way. */
const anyFault = fc.oneof(
  fc.record({
    kind: fc.constantFrom('discard', 'unanswered', 'late', 'silence'),
    count: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    kind: fc.constantFrom('cut', 'restart', 'restart twice'),
    count: fc.integer({ min: 0, max: 12 }),
  }),
  fc.record({ kind: fc.constant('load' as const), count: fc.integer({ min: 1, max: 20 }) }),
)
type Fault = typeof anyFault extends fc.Arbitrary<infer Each> ? Each : never

/** What is hardest to get right: what was sent before a crash arrives after it. */
const anyLateArrival = fc.tuple(
  fc.record({ kind: fc.constant('late' as const), count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ kind: fc.constant('restart' as const), count: fc.integer({ min: 5, max: 12 }) }),
)

const anyStep = fc.record({
  kind: fc.constantFrom('fund', 'redeem', 'request-close'),
  faults: fc.oneof(fc.array(anyFault, { maxLength: 2 }), anyLateArrival),
})

/** Does to the ledger what can be done before the action is asked for; the rest waits for so many answers. */
function arm(faults: readonly Fault[], restart: () => void): void {
  const { server } = pair.rig
  let answers = 0
  for (const { kind, count } of faults) {
    if (kind === 'discard') server.faults.discardSubmits(count)
    if (kind === 'unanswered') server.faults.loseAnswers(count)
    if (kind === 'late') server.faults.holdBack(count)
    if (kind === 'silence') server.faults.skipStreams(count)
    if (kind === 'load') server.faults.loadFactor = count
  }
  server.faults.tamper = (_, result) => {
    answers++
    for (const { kind, count } of faults) {
      if (kind === 'cut' && answers === count) server.dropConnections()
      if (kind.startsWith('restart') && answers === count) restart()
      if (kind === 'restart twice' && answers === 2 * count) restart()
    }
    return result
  }
}

/** Asks until it is told that it is done, also by adapters that come after the one that was killed. */
async function insist(
  name: 'alice' | 'bob',
  faults: readonly Fault[],
  ask: (client: Client) => Promise<unknown>,
): Promise<void> {
  for (let isDone = false; !isDone;) {
    const client = await pair.rig.connect(name)
    const killed = Promise.withResolvers<boolean>()
    arm(faults, () => {
      void client.ledger.close()
      killed.resolve(false)
    })
    isDone = await Promise.race([ask(client).then(() => true), killed.promise])
    faults = faults.filter(({ kind }) => !kind.startsWith('restart'))
    await client.ledger.close()
  }
  pair.rig.server.faults.tamper = undefined
  pair.rig.server.faults.loadFactor = 1
}

it('funds, pays and closes exactly as asked', async () => {
  const channelId = await pair.opened()
  const { alice, bob, rig } = pair
  let deposit = 10n * XRP
  let claimed = 0n
  rig.keepClosing()
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 3 }), async (steps) => {
      for (const { kind, faults } of steps) {
        if (kind === 'fund') {
          deposit += XRP
          await insist('alice', faults, (client) => client.succeed({ kind, channelId, deposit }))
        } else if (kind === 'redeem') {
          claimed += XRP / 2n
          await insist('bob', faults, (client) => client.succeed(pair.claim(channelId, claimed)))
        } else {
          await insist('alice', faults, (client) => client.succeed({ kind, channelId }))
          await insist('alice', [], (client) => client.succeed({ kind: 'fund', channelId, deposit }))
        }
        for (const client of [alice, bob]) {
          const state = await client.see(
            channelId,
            (each) => each.deposit >= deposit && each.claimed >= claimed,
          )
          expect(state).toMatchObject({ deposit, claimed, closed: false })
        }
      }
    }),
    { numRuns: 40, endOnFailure: true },
  )
  expect(await rig.channelsOf('alice')).toEqual([channelId.slice(0, 64)])
  // Each state was told, and none that was not so: both sums rise by what was asked for.
  const deposits = bob.events.flatMap((event) => (event.kind === 'channel' ? [event.channel.deposit] : []))
  expect(deposits.every((each, at) => at === 0 || each >= deposits[at - 1]!)).toBe(true)
  expect(new Set(deposits).size).toBe(Number((deposit - 10n * XRP) / XRP) + 1)
}, 180_000)
