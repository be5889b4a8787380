/** The embedded node on a real chain: channels, payments, closes, and the money back in the wallet. */
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CAPACITY_SAT, FUNDS_SAT, type Party, Rig, isUsable, keysend, outboundMsat, sha256 } from './rig.ts'

/** What closing a channel and sweeping it may cost. */
const FEES_SAT = 20_000n
const RECORD = 70_001n

describe('an embedded Lightning node', () => {
  let rig: Rig
  let alice: Party
  let bob: Party

  beforeEach(async () => {
    rig = await Rig.start()
    ;[alice, bob] = await Promise.all([rig.open('alice'), rig.open('bob')])
    await rig.fund(alice, bob)
    await rig.openChannel(alice, bob)
  })
  afterEach(async () => rig.stop())

  /** Mines until a wallet holds as much as this, but for fees. */
  async function gotBack({ node }: Party, sat: bigint): Promise<void> {
    await rig.mineUntil(async () => (await node.walletSat()) > sat - FEES_SAT)
    expect(await node.walletSat()).toBeLessThanOrEqual(sat)
  }

  it('pays by keysend, with records that the receiver sees', async () => {
    const value = randomBytes(600)
    const end = await keysend(alice, bob, 123_456n, [{ type: RECORD, value }])
    expect(end).toMatchObject({ kind: 'sent', feeMsat: 0n })
    const [receipt] = await bob.node.receipts()
    expect(receipt).toMatchObject({ index: 1, amountMsat: 123_456n, records: [{ type: RECORD }] })
    expect(Buffer.from(receipt!.records[0]!.value)).toEqual(value)
    expect(bob.events).toContainEqual({ kind: 'received', receipt })
  })

  it('pays an invoice, once, however often it is told to', async () => {
    const invoice = await bob.node.createInvoice({
      amountMsat: 5_000_000n,
      description: 'tea',
      expiryS: 3600,
    })
    const first = await alice.node.payInvoice(invoice)
    expect(first.kind).toBe('sent')
    expect(await alice.node.payInvoice(invoice)).toEqual(first)
    expect(await bob.node.receipts()).toHaveLength(1)
  })

  it('holds a payment to a foreign hash until it is settled or cancelled', async () => {
    const hold = async (preimage: Uint8Array): Promise<string> =>
      bob.node.createInvoice({
        ...{ amountMsat: 7_000_000n, description: 'held', expiryS: 3600, hash: sha256(preimage) },
      })
    const held = (): number => bob.events.filter(({ kind }) => kind === 'held').length
    const preimage = randomBytes(32)
    const settled = alice.node.payInvoice(await hold(preimage))
    await rig.until(() => held() === 1)
    expect(await bob.node.receipts()).toEqual([])
    await bob.node.settleHeld(preimage)
    expect(Buffer.from(((await settled) as { preimage: Uint8Array }).preimage)).toEqual(preimage)

    const other = randomBytes(32)
    const cancelled = alice.node.payInvoice(await hold(other))
    await rig.until(() => held() === 2)
    await bob.node.cancelHeld(sha256(other))
    expect(await cancelled).toMatchObject({ kind: 'failed' })
    expect(await bob.node.receipts()).toHaveLength(1)
  })

  it('closes by agreement, and both have their money in the wallet', async () => {
    await keysend(alice, bob, 500_000_000n)
    const [channel] = await alice.node.channels()
    await alice.node.closeChannel(channel!.channelId)
    const half = CAPACITY_SAT / 2n
    await gotBack(alice, FUNDS_SAT - half - 500_000n)
    await gotBack(bob, FUNDS_SAT + half + 500_000n)
    expect(await alice.node.channels()).toEqual([])
  })

  it('closes by force with a payment under way, and both have their money in the wallet', async () => {
    const preimage = randomBytes(32)
    const invoice = await bob.node.createInvoice({
      ...{ amountMsat: 50_000_000n, description: 'held', expiryS: 3600, hash: sha256(preimage) },
    })
    const paid = alice.node.payInvoice(invoice)
    await rig.until(() => bob.events.some(({ kind }) => kind === 'held'))
    const [channel] = await alice.node.channels()
    await alice.node.closeChannel(channel!.channelId, true)
    // Bob claims on the chain, and Alice learns the preimage from there.
    await bob.node.settleHeld(preimage)
    const half = CAPACITY_SAT / 2n
    await gotBack(bob, FUNDS_SAT + half + 50_000n)
    await gotBack(alice, FUNDS_SAT - half - 50_000n)
    expect(await paid).toMatchObject({ kind: 'sent' })
  }, 120_000)

  it('goes on where it was when its process was killed, and so does its peer', async () => {
    const before = await outboundMsat(alice)
    await keysend(alice, bob, 1_000_000n)
    process.kill(bob.node.pid!, 'SIGKILL')
    await rig.until(() => bob.events.some(({ kind }) => kind === 'available'))
    // Bob listens somewhere else now.
    const [to, from] = [await bob.node.info(), await alice.node.info()]
    await alice.node.connect(to)
    await rig.until(async () => (await isUsable(alice, to.nodeId)) && isUsable(bob, from.nodeId))
    expect(await keysend(alice, bob, 1_000_000n)).toMatchObject({ kind: 'sent' })
    expect(await bob.node.receipts()).toHaveLength(2)
    await rig.until(async () => before - (await outboundMsat(alice)) === 2_000_000n)
  })

  it('pays nothing for a payment that it has made, also when it was killed since', async () => {
    const { nodeId } = await bob.node.info()
    const payment = { nodeId, amountMsat: 1_000_000n, preimage: randomBytes(32), records: [] }
    const first = await alice.node.keysend(payment)
    process.kill(alice.node.pid!, 'SIGKILL')
    await rig.until(() => alice.events.some(({ kind }) => kind === 'available'))
    expect(await alice.node.keysend(payment)).toEqual(first)
    expect(await bob.node.receipts()).toHaveLength(1)
  })

  it('follows the chain through a reorganisation, and pays on', async () => {
    await rig.chain.mine(3)
    await rig.chain.reorganise(2)
    const height = await rig.chain.height()
    await rig.until(async () => (await alice.node.info()).height === height)
    expect(await keysend(alice, bob, 1_000_000n)).toMatchObject({ kind: 'sent' })
  })

  it('says that a payment has failed where the receiver is not there, and that no money has moved', async () => {
    const before = await outboundMsat(alice)
    const { nodeId } = await bob.node.info()
    await bob.node.close()
    await rig.until(async () => !(await isUsable(alice, nodeId)))
    const payment = { nodeId, amountMsat: 1_000_000n, preimage: randomBytes(32), records: [] }
    expect(await alice.node.keysend(payment)).toMatchObject({ kind: 'failed' })
    expect(await outboundMsat(alice)).toBe(before)
  })
})
