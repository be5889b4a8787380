/** Settlements over real nodes: by invoice, and with a peer that is gone. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Party, Rig } from './rig.ts'
import { Peering, type PeeringOptions } from './peering.ts'

let rig: Rig
let alice: Party
let bob: Party
beforeAll(async () => {
  rig = await Rig.start()
  ;[alice, bob] = await Promise.all([rig.open('alice'), rig.open('bob')])
  await rig.fund(alice, bob)
  await rig.openChannel(alice, bob)
})
afterAll(async () => rig.stop())

/** Millisatoshi are the account's base units. */
async function meet(options: Partial<PeeringOptions>): Promise<Peering> {
  const addresses = { alice: await alice.node.info(), bob: await bob.node.info() }
  const nodes = { alice: alice.node, bob: bob.node }
  const peering = new Peering(nodes, addresses, {
    accountScale: 11,
    channelSat: 0n,
    budgetSat: 0n,
    ...options,
  })
  await peering.begin()
  return peering
}

it('pays by invoice both ways, each once, also where a settlement is killed meanwhile', async () => {
  const peering = await meet({ by: 'invoice' })
  for (let total = 100_001n; total <= 600_006n; total += 100_001n) {
    peering.alice.push({ kind: 'settle', total })
    peering.bob.push({ kind: 'settle', total: 2n * total })
    await rig.until(() => peering.alice.sent > 0n)
    await peering.restart(total % 2n === 0n ? peering.alice : peering.bob)
    peering.alice.push({ kind: 'settle', total })
    peering.bob.push({ kind: 'settle', total: 2n * total })
  }
  await rig.until(() => peering.bob.received === 600_006n && peering.alice.received === 1_200_012n)
  await rig.until(() => peering.alice.sent === 600_006n && peering.bob.sent === 1_200_012n)
  expect([peering.alice.steps, peering.bob.steps]).toEqual([0, 0])
  await rig.until(async () => (await bob.node.receipts()).length === 0)
  await peering.stop()
})

it('closes by force at the end of a peering where the peer has gone', async () => {
  const peering = await meet({ closePatienceMs: 0 })
  peering.alice.push({ kind: 'settle', total: 10_000_000n })
  await rig.until(() => peering.bob.received === 10_000_000n && peering.alice.sent === 10_000_000n)
  await peering.bob.end()
  await bob.node.close()
  peering.alice.push({ kind: 'end' })
  await rig.until(async () => (await alice.node.channels()).length === 0)
  expect(rig.logs.some((line) => line.includes('Force-closing'))).toBe(true)
  await peering.stop()
})
