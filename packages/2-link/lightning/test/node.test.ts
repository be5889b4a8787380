/** The embedded node on a real chain. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeSuite } from './node-suite.ts'
import { Rig, keysend } from './rig.ts'

nodeSuite('an embedded Lightning node', async (rig) => {
  const parties = { alice: await rig.open('alice'), bob: await rig.open('bob') }
  const restart = (peer: unknown): Promise<void> =>
    rig.kill(peer === parties.alice ? parties.alice : parties.bob)
  return { ...parties, restart, canHold: true, showsOctets: true }
})

describe('an embedded Lightning node', () => {
  let rig: Rig
  beforeEach(async () => {
    rig = await Rig.start()
  })
  afterEach(async () => rig.stop())

  it('follows the chain through a reorganisation, and pays on', async () => {
    const [alice, bob] = await Promise.all([rig.open('alice'), rig.open('bob')])
    await rig.fund(alice, bob)
    await rig.openChannel(alice, bob)
    await rig.chain.mine(3)
    await rig.chain.reorganise(2)
    const height = await rig.chain.height()
    await rig.until(async () => (await alice.node.info()).height === height)
    expect(await keysend(alice, bob, 1_000_000n)).toMatchObject({ kind: 'sent' })
  })
})
