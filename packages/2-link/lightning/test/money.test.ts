/** The money of channels comes back to the satoshi, but for fees that the chain shows: also where they rise. */
import { randomBytes } from 'node:crypto'
import type { FeeOptions } from '@hourglass/bitcoin-regtest'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Books } from './books.ts'
import { CAPACITY_SAT, FUNDS_SAT, type Party, Rig, isUsable, keysend, sha256 } from './rig.ts'
import { expectExact, settled } from './settled.ts'

/** Blocks after which what waits is lifted, and some. */
const PATIENCE_BLOCKS = 10
/** Satoshi for 1000 virtual bytes: what miners take, and what they want. */
const SPIKE = { minimum: 20_000, estimate: 60_000 }
const CALM = { minimum: 1000, estimate: 1000 }

let rig: Rig
let alice: Party
let bob: Party

beforeEach(async () => {
  rig = await Rig.start()
  ;[alice, bob] = await Promise.all([rig.open('alice'), rig.open('bob')])
  await rig.fund(alice, bob)
}, 300_000)
afterEach(async () => rig.stop())

const settle = (): Promise<Books> => settled(rig, [alice, bob])

function expectAll(books: Books, anchors: number): void {
  expect(books.leftSat).toHaveLength(anchors)
  expectExact(books)
}

async function held(): Promise<{ preimage: Uint8Array; paid: Promise<unknown> }> {
  const preimage = randomBytes(32)
  const invoice = await bob.node.createInvoice({
    ...{ amountMsat: 50_000_000n, description: 'held', expiryS: 3600, hash: sha256(preimage) },
  })
  const paid = alice.node.payInvoice(invoice)
  await rig.until(() => bob.events.some(({ kind }) => kind === 'held'))
  return { preimage, paid }
}

/** Fees that the nodes know of: they ask after each block, and take up the next one after that. */
async function setFees(fees: FeeOptions): Promise<void> {
  await rig.chain.setFees(fees)
  for (let blocks = 0; blocks < 2; blocks++) await rig.mine()
}

const channelId = async ({ node }: Party): Promise<string> => (await node.channels())[0]!.channelId

/** Waits for transactions, throws them out of the mempool, and lets nobody in for as little. */
async function loseAll(count: number): Promise<void> {
  const waiting = (): Promise<string[]> => rig.chain.request('getrawmempool')
  await rig.until(async () => (await waiting()).length >= count)
  await rig.chain.setFees(SPIKE)
  for (const txid of await waiting()) await rig.chain.forget(txid)
  for (let blocks = 0; blocks < PATIENCE_BLOCKS; blocks++) await rig.mine()
}

describe('the money of a channel', { timeout: 300_000 }, () => {
  it('is in the wallets after a close by agreement, and can be taken out of them', async () => {
    await rig.openChannel(alice, bob)
    await keysend(alice, bob, 500_000_000n)
    await alice.node.closeChannel(await channelId(alice))
    const books = await settle()
    expectAll(books, 0)
    // Bob opened nothing and closed nothing: he pays no fee at all.
    expect(await bob.node.walletSat()).toBe(FUNDS_SAT + CAPACITY_SAT / 2n + 500_000n)

    const outside = await alice.node.address()
    const withdrawal = { id: 'all', address: outside, amountSat: 'all' } as const
    const txid = await bob.node.withdraw(withdrawal)
    expect(await bob.node.withdraw(withdrawal)).toBe(txid)
    await rig.mineUntil(async () => (await bob.node.walletSat()) === 0n)
    expectAll(await settle(), 0)
    await expect(bob.node.withdraw({ ...withdrawal, id: 'more' })).rejects.toMatchObject({ code: 'refused' })
    await expect(bob.node.withdraw({ ...withdrawal, address: 'x', id: 'x' })).rejects.toThrow('no address')
  })

  it('comes back through a close by force with a payment under way, while fees are high', async () => {
    await rig.openChannel(alice, bob)
    const { preimage, paid } = await held()
    await setFees(SPIKE)
    await alice.node.closeChannel(await channelId(alice), true)
    await bob.node.settleHeld(preimage)
    const books = await settle()
    expect(await paid).toMatchObject({ kind: 'sent' })
    // One was spent to pay for the commitment, the other is nobody's business.
    expectAll(books, 1)
  })

  it('comes back where a peer closes by force and the other one, who is owed a payment, is away', async () => {
    await rig.openChannel(alice, bob)
    const { preimage, paid } = await held()
    await alice.node.close()
    await expect(paid).rejects.toMatchObject({ code: 'unavailable' })
    await bob.node.closeChannel(await channelId(bob), true)
    await bob.node.settleHeld(preimage)
    await rig.mineUntil(async () => (await bob.node.channels()).length === 0)
    alice = await rig.open('alice')
    expectAll(await settle(), 1)
  })

  it('is not stuck in a funding transaction that pays too little by now, nor in a close that does', async () => {
    const [to, own] = await Promise.all([bob.node.info(), alice.node.info()])
    await alice.node.connect(to)
    await bob.node.connect(own)
    await alice.node.openChannel({ peerId: to.nodeId, capacitySat: CAPACITY_SAT })
    await loseAll(1)
    await rig.mineUntil(async () => (await isUsable(alice, to.nodeId)) && isUsable(bob, own.nodeId))
    expect(rig.logs.some((line) => line.includes('pays for it'))).toBe(true)

    rig.logs.length = 0
    await setFees(CALM)
    await alice.node.closeChannel(await channelId(alice))
    await loseAll(1)
    expectAll(await settle(), 0)
    expect(rig.logs.some((line) => line.includes('pays for it'))).toBe(true)
  })
})
