/** A chain that takes back what it had of a channel: its funding, before and in use, and what claims from it. */
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { INBOUND_LIMITS } from '@hourglass/lightning/io'
import { CAPACITY_SAT, FUNDS_SAT, type Party, Rig, areUsable, keysend, sha256 } from './rig.ts'
import { expectExact, settled } from './settled.ts'
import { type Lie, TRUTH, UntrueServer } from './untrue-server.ts'

const PAYMENT_MSAT = 500_000_000n

let rig: Rig
/** Bob's. */
let server: UntrueServer
let alice: Party
let bob: Party

async function meet(confirmations: number): Promise<void> {
  const limits = { ...INBOUND_LIMITS, confirmations }
  ;[alice, bob] = await Promise.all([rig.open('alice'), rig.open('bob', { limits, rpcUrl: server.url })])
  await rig.fund(alice, bob)
  // Both know all there is.
  await rig.mine()
}

beforeEach(async () => {
  rig = await Rig.start()
  server = await UntrueServer.start(rig.chain.url)
  rig.atEnd(() => {
    server.stop()
    return Promise.resolve()
  })
}, 300_000)
afterEach(async () => rig.stop())

const waiting = (): Promise<string[]> => rig.chain.request('getrawmempool')

/** Takes all blocks above `height` back: what they held is forgotten. */
async function takeBack(height: number): Promise<void> {
  await rig.chain.reorganise((await rig.chain.height()) - height, { forget: true })
}

describe('a funding transaction that the chain takes back', { timeout: 300_000 }, () => {
  it('is sent again where it was forgotten, and its channel opens and pays', async () => {
    await meet(3)
    const [to, own] = [await bob.node.info(), await alice.node.info()]
    await alice.node.connect(to)
    await bob.node.connect(own)
    await alice.node.openChannel({ peerId: to.nodeId, capacitySat: CAPACITY_SAT })
    await rig.until(async () => (await waiting()).length === 1)
    await rig.mine()
    await takeBack(to.height)
    const newest = await rig.chain.height()
    for (const { node } of [alice, bob]) await rig.until(async () => (await node.info()).height === newest)
    expect(await areUsable(alice, bob)).toBe(false)
    await rig.mineUntil(() => areUsable(alice, bob))
    expect(await keysend(alice, bob, PAYMENT_MSAT)).toMatchObject({ kind: 'sent' })
    await alice.node.closeChannel((await alice.node.channels())[0]!.channelId)
    expectExact(await settled(rig, [alice, bob]))
    expect(await bob.node.walletSat()).toBe(FUNDS_SAT + PAYMENT_MSAT / 1000n)
  })
})

/** Blocks that are taken back, and some. */
const BRANCH_BLOCKS = 12
/** A commitment, what pays for it, and a sweep. */
const COST_SAT = 20_000n

/** The newest blocks stay what they are, and nothing is taken that spends what others have taken back. */
async function asItIsNow(): Promise<Lie> {
  const count = await rig.chain.height()
  const hashes = new Map<unknown, unknown>()
  for (let height = count; height > count - BRANCH_BLOCKS; height--) {
    hashes.set(height, await rig.chain.request('getblockhash', [height]))
  }
  return ({ method, params }, truth) => {
    if (method === 'getblockcount') return count
    if (method === 'submitpackage') return { package_msg: 'bad-txns-inputs-missingorspent' }
    const hash = method === 'getblockhash' ? hashes.get(params[0]) : undefined
    return hash ?? truth(method, ...params)
  }
}

describe('a channel in use whose funding is taken back', { timeout: 300_000 }, () => {
  /** Alice sees it and closes, Bob hears of that before he sees why. Then he is alone with it. */
  async function leaveBobAlone(): Promise<void> {
    await meet(1)
    const { height } = await alice.node.info()
    // More than the funding's block: LDK forgets what it sent at a height that is taken back.
    await rig.mine(2)
    await rig.openChannel(alice, bob)
    expect(await keysend(alice, bob, PAYMENT_MSAT)).toMatchObject({ kind: 'sent' })
    server.lie = await asItIsNow()
    await takeBack(height)
    await rig.until(() => rig.logs.some((line) => line.startsWith('bob') && line.includes('missingorspent')))
    // She paid for the funding, and nobody else has it.
    await alice.node.close()
    for (const txid of await waiting()) await rig.chain.forget(txid)
  }

  /** What pays for his commitment is in a block. */
  async function closed(): Promise<void> {
    const hasPaid = async (): Promise<boolean> => {
      const sat = await bob.node.walletSat()
      return sat > 0n && sat < FUNDS_SAT
    }
    await rig.mineUntil(hasPaid)
  }

  it('is closed by one who did so before it was seen, and all of the money comes back', async () => {
    await leaveBobAlone()
    server.lie = TRUTH
    await closed()
    alice = await rig.open('alice')
    expectExact(await settled(rig, [alice, bob]))
    const due = FUNDS_SAT + CAPACITY_SAT / 2n + PAYMENT_MSAT / 1000n
    expect(await bob.node.walletSat()).toBeGreaterThan(due - COST_SAT)
    expect(await bob.node.walletSat()).toBeLessThanOrEqual(due)
  })

  it('is closed by one who was killed meanwhile', async () => {
    await leaveBobAlone()
    // LDK writes down at its start what it has sent, and sees at the next one that the block is gone.
    await rig.kill(bob)
    server.lie = TRUTH
    await rig.kill(bob)
    await closed()
  })
})

it('a payment is claimed again whose claim was taken back with the block at which it was made', async () => {
  await meet(1)
  await rig.openChannel(alice, bob)
  const preimage = randomBytes(32)
  const invoice = await bob.node.createInvoice({
    ...{ amountMsat: 50_000_000n, description: 'held', expiryS: 3600, hash: sha256(preimage) },
  })
  const paying = alice.node.payInvoice(invoice)
  await rig.until(() => bob.events.some(({ kind }) => kind === 'held'))
  await bob.node.closeChannel((await bob.node.channels())[0]!.channelId, true)
  // His commitment, and what pays for it.
  await rig.until(async () => (await waiting()).length === 2)
  await rig.mine()
  const height = await rig.chain.height()
  await rig.mine()
  await bob.node.settleHeld(preimage)
  await rig.until(async () => (await waiting()).length > 0)
  await takeBack(height)
  for (const txid of await waiting()) await rig.chain.forget(txid)
  let isOver = false
  const paid = paying.finally(() => (isOver = true))
  await rig.mine()
  // Not so many blocks that alice may have it back.
  await rig.until(async () => {
    if ((await waiting()).length > 0) await rig.mine()
    return isOver
  })
  expect(await paid).toMatchObject({ kind: 'sent' })
}, 300_000)
