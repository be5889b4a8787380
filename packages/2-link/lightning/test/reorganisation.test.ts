/** A channel whose funding transaction is taken back by the chain: before it is usable. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { INBOUND_LIMITS } from '@hourglass/lightning/io'
import { CAPACITY_SAT, FUNDS_SAT, type Party, Rig, areUsable, keysend } from './rig.ts'
import { expectExact, settled } from './settled.ts'

const PAYMENT_MSAT = 500_000_000n

let rig: Rig
let alice: Party
let bob: Party

beforeEach(async () => {
  rig = await Rig.start()
  const limits = { ...INBOUND_LIMITS, confirmations: 3 }
  ;[alice, bob] = await Promise.all([rig.open('alice'), rig.open('bob', { limits })])
  await rig.fund(alice, bob)
}, 300_000)
afterEach(async () => rig.stop())

/** Takes all blocks above `height` back: what they held waits again, or is forgotten. */
async function takeBack(height: number, forget: boolean): Promise<void> {
  await rig.chain.reorganise((await rig.chain.height()) - height, { forget })
  const newest = await rig.chain.height()
  for (const { node } of [alice, bob]) await rig.until(async () => (await node.info()).height === newest)
}

describe('a funding transaction that the chain takes back', { timeout: 300_000 }, () => {
  it.each([
    { name: 'waits to be mined again', forget: false },
    { name: 'is sent again where it was forgotten', forget: true },
  ])('$name, and its channel opens and pays', async ({ forget }) => {
    const [to, own] = [await bob.node.info(), await alice.node.info()]
    await alice.node.connect(to)
    await bob.node.connect(own)
    await alice.node.openChannel({ peerId: to.nodeId, capacitySat: CAPACITY_SAT })
    await rig.until(async () => (await rig.chain.request<string[]>('getrawmempool')).length === 1)
    await rig.mine()
    await takeBack(to.height, forget)
    expect(await areUsable(alice, bob)).toBe(false)
    await rig.mineUntil(() => areUsable(alice, bob))
    expect(await keysend(alice, bob, PAYMENT_MSAT)).toMatchObject({ kind: 'sent' })
    await alice.node.closeChannel((await alice.node.channels())[0]!.channelId)
    expectExact(await settled(rig, [alice, bob]))
    expect(await bob.node.walletSat()).toBe(FUNDS_SAT + PAYMENT_MSAT / 1000n)
  })
})
