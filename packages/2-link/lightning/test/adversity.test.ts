/** Peers that are away, unknown or slow, and a node that is killed meanwhile. */
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CAPACITY_SAT, FUNDS_SAT, type Party, QUIET_BLOCKS, Rig, isUsable, keysend, sha256 } from './rig.ts'
import { expectExact, settled } from './settled.ts'

const HELD_MSAT = 50_000_000n

let rig: Rig
let alice: Party
let bob: Party

beforeEach(async () => {
  rig = await Rig.start()
  ;[alice, bob] = await Promise.all([rig.open('alice'), rig.open('bob')])
  await rig.fund(alice, bob)
}, 300_000)
afterEach(async () => rig.stop())

const heldBy = ({ events }: Party): number => events.filter(({ kind }) => kind === 'held').length
const channelId = async ({ node }: Party): Promise<string> => (await node.channels())[0]!.channelId

async function hold(preimage: Uint8Array): Promise<Promise<unknown>[]> {
  const invoice = await bob.node.createInvoice({
    ...{ amountMsat: HELD_MSAT, description: 'held', expiryS: 3600, hash: sha256(preimage) },
  })
  const before = heldBy(bob)
  const paid = alice.node.payInvoice(invoice)
  await rig.until(() => heldBy(bob) > before)
  return [paid]
}

async function kill(party: Party): Promise<void> {
  const available = (): number => party.events.filter(({ kind }) => kind === 'available').length
  const before = available()
  process.kill(party.node.pid!, 'SIGKILL')
  await rig.until(() => available() > before)
}

async function reconnect(): Promise<void> {
  const [to, own] = await Promise.all([bob.node.info(), alice.node.info()])
  await alice.node.connect(to)
  await rig.until(async () => (await isUsable(alice, to.nodeId)) && isUsable(bob, own.nodeId))
}

describe('a node among peers', { timeout: 300_000 }, () => {
  it('tells of held payments again after it was killed, and settles or cancels them', async () => {
    await rig.openChannel(alice, bob)
    const [settled, cancelled] = [randomBytes(32), randomBytes(32)]
    const [first] = await hold(settled)
    const [second] = await hold(cancelled)
    await kill(bob)
    await rig.until(() => heldBy(bob) === 4)
    expect(await bob.node.held()).toHaveLength(2)
    expect((await bob.node.held())[0]).toMatchObject({ amountMsat: HELD_MSAT })
    await reconnect()
    await bob.node.settleHeld(settled)
    expect(await first).toMatchObject({ kind: 'sent' })
    await bob.node.cancelHeld(sha256(cancelled))
    expect(await second).toMatchObject({ kind: 'failed' })
    expect(await bob.node.held()).toEqual([])
    // Once more is no more, and what was never held is nothing.
    await bob.node.settleHeld(settled)
    await expect(bob.node.settleHeld(cancelled)).rejects.toMatchObject({ code: 'refused' })
    expect(await bob.node.receipts()).toHaveLength(1)
  })

  it('asks a peer who is away to close, until it is there', async () => {
    await rig.openChannel(alice, bob)
    await bob.node.close()
    const peerId = (await alice.node.channels())[0]!.peerId
    await rig.until(async () => !(await isUsable(alice, peerId)))
    await alice.node.closeChannel(await channelId(alice))
    expect(await alice.node.channels()).toMatchObject([{ isClosing: true }])
    await kill(alice)
    bob = await rig.open('bob')
    await alice.node.connect(await bob.node.info())
    await rig.mineUntil(
      async () => (await alice.node.channels()).length + (await bob.node.channels()).length === 0,
    )
    await rig.mineUntil(async () => (await bob.node.walletSat()) === 20_000_000n + CAPACITY_SAT / 2n)
  })

  it('cuts off nobody who is slow to answer, however much others are paid', async () => {
    const carol = await rig.open('carol')
    await rig.fund(carol)
    for (const peer of [bob, carol]) await rig.openChannel(alice, peer)
    const { nodeId } = await carol.node.info()
    process.kill(carol.node.pid!, 'SIGSTOP')
    const payment = { nodeId, amountMsat: 1000n, preimage: randomBytes(32), records: [] }
    const slow = alice.node.keysend(payment)
    for (let i = 0; i < 100; i++) expect(await keysend(alice, bob, 1000n)).toMatchObject({ kind: 'sent' })
    const isThere = await isUsable(alice, nodeId)
    process.kill(carol.node.pid!, 'SIGCONT')
    expect(isThere).toBe(true)
    expect(await slow).toMatchObject({ kind: 'sent' })
  })

  it('refuses the channel of a stranger, and says so', async () => {
    const [to, own] = [await bob.node.info(), await alice.node.info()]
    await alice.node.connect(to)
    await alice.node.openChannel({ peerId: to.nodeId, capacitySat: CAPACITY_SAT })
    await rig.until(() =>
      rig.logs.some((line) => line.startsWith(`bob: a channel of ${own.nodeId} is refused`)),
    )
    for (const { node } of [alice, bob]) await rig.until(async () => (await node.channels()).length === 0)
    // Nothing of it is on its way to the chain, or set aside.
    expect(await rig.chain.request('getrawmempool')).toEqual([])
    expect(await alice.node.walletSat()).toBe(FUNDS_SAT)
    await bob.node.connect(own)
    await rig.openChannel(alice, bob)
  })

  it('gets a payment back by the chain whose receiver has gone with it', async () => {
    await rig.openChannel(alice, bob)
    const [paid] = await hold(randomBytes(32))
    await bob.node.close()
    let end: unknown
    void paid!.then((ended) => (end = ended))
    // Until it has run out of time, and Alice closes by force.
    while ((await alice.node.channels()).length > 0) await rig.mine(QUIET_BLOCKS)
    await rig.mineUntil(() => end !== undefined)
    expect(end).toMatchObject({ kind: 'failed' })
    bob = await rig.open('bob')
    expectExact(await settled(rig, [alice, bob]))
    expect(await bob.node.held()).toEqual([])
    expect(await bob.node.receipts()).toEqual([])
  })
})
