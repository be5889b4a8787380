/** What every Lightning node must do, whichever program it is, on a real chain with real money. */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CAPACITY_SAT, type Peer, Rig, areUsable, keysend, outboundMsat, sha256 } from './rig.ts'

/** What closing a channel and sweeping it may cost. */
const FEES_SAT = 20_000n
/** The one record that nodes tell that show no others' types. */
const RECORD = 1_768_714_341n
const HALF_SAT = CAPACITY_SAT / 2n

export interface NodePair {
  readonly alice: Peer
  readonly bob: Peer
  /** Ends the program of a node at once, and lets it begin anew; resolves once it has told that it is there. */
  restart(peer: Peer): Promise<void>
  /** Whether it can hold payments to somebody else's hash. */
  readonly canHold: boolean
  /** Whether receivers see records that are no text. */
  readonly showsOctets: boolean
}

/** One pair lives through all of it, so nothing here counts on what was before. */
export function nodeSuite(name: string, open: (rig: Rig) => Promise<NodePair>): void {
  describe(name, { timeout: 120_000 }, () => {
    let rig: Rig
    let pair: NodePair
    let alice: Peer
    let bob: Peer
    /** From Alice to Bob. */
    let paidMsat = 0n

    beforeAll(async () => {
      rig = await Rig.start()
      pair = await open(rig)
      ;({ alice, bob } = pair)
      await rig.fund(alice, bob)
      await rig.openChannel(alice, bob)
    }, 120_000)
    afterAll(async () => rig.stop())

    async function invoiceOf(amountMsat: bigint, hash?: Uint8Array): Promise<string> {
      const options = { amountMsat, description: 'tea', expiryS: 3600, ...(hash && { hash }) }
      return bob.node.createInvoice(options)
    }
    async function receipts(): Promise<number> {
      return (await bob.node.receipts()).length
    }
    /** Until Bob holds it. */
    async function held(preimage: Uint8Array): Promise<void> {
      const hash = createHash('sha256').update(preimage).digest()
      await rig.until(() => bob.events.some((event) => event.kind === 'held' && hash.equals(event.hash)))
    }
    async function reconnect(): Promise<void> {
      await alice.node.connect(await bob.node.info())
      await rig.until(() => areUsable(alice, bob))
    }
    /** Mines until a wallet holds as much as this, but for fees. */
    async function gotBack({ node }: Peer, sat: bigint): Promise<void> {
      await rig.mineUntil(async () => (await node.walletSat()) > sat - FEES_SAT)
      expect(await node.walletSat()).toBeLessThanOrEqual(sat)
    }

    it('pays by keysend, with a record that the receiver sees', async () => {
      const value = pair.showsOctets ? randomBytes(600) : Buffer.from(randomBytes(300).toString('hex'))
      const end = await keysend(alice, bob, 123_456n, [{ type: RECORD, value }])
      expect(end).toMatchObject({ kind: 'sent', feeMsat: 0n })
      paidMsat += 123_456n
      await rig.until(async () => (await receipts()) === 1)
      const [receipt] = await bob.node.receipts()
      expect(receipt).toMatchObject({ index: 1, amountMsat: 123_456n, records: [{ type: RECORD }] })
      expect(Buffer.from(receipt!.records[0]!.value)).toEqual(value)
      expect(bob.events).toContainEqual({ kind: 'received', receipt })
    })

    it('pays an invoice, once, however often it is told to', async () => {
      const before = await receipts()
      const invoice = await invoiceOf(5_000_000n)
      const first = await alice.node.payInvoice(invoice)
      expect(first.kind).toBe('sent')
      expect(await alice.node.payInvoice(invoice)).toEqual(first)
      paidMsat += 5_000_000n
      await rig.until(async () => (await receipts()) === before + 1)
      await expect(alice.node.payInvoice('lnbcrt1')).rejects.toMatchObject({ code: 'refused' })
    })

    it('holds a payment to a foreign hash until it is settled or cancelled, or says that it cannot', async () => {
      const [preimage, other] = [randomBytes(32), randomBytes(32)]
      if (!pair.canHold) {
        await expect(invoiceOf(1000n, sha256(preimage))).rejects.toMatchObject({ code: 'unsupported' })
        return
      }
      const before = await receipts()
      const settled = alice.node.payInvoice(await invoiceOf(7_000_000n, sha256(preimage)))
      await held(preimage)
      expect(await receipts()).toBe(before)
      await bob.node.settleHeld(preimage)
      expect(Buffer.from(((await settled) as { preimage: Uint8Array }).preimage)).toEqual(preimage)
      paidMsat += 7_000_000n
      await rig.until(async () => (await receipts()) === before + 1)

      const cancelled = alice.node.payInvoice(await invoiceOf(7_000_000n, sha256(other)))
      await held(other)
      await bob.node.cancelHeld(sha256(other))
      expect(await cancelled).toMatchObject({ kind: 'failed' })
      expect(await receipts()).toBe(before + 1)
    })

    it('pays once for a preimage, also when it has died since', async () => {
      const before = await outboundMsat(alice)
      const { nodeId } = await bob.node.info()
      const payment = { nodeId, amountMsat: 1_000_000n, preimage: randomBytes(32), records: [] }
      const [first, same] = await Promise.all([alice.node.keysend(payment), alice.node.keysend(payment)])
      expect(first.kind).toBe('sent')
      expect(same).toEqual(first)
      paidMsat += 1_000_000n
      await pair.restart(alice)
      expect(await alice.node.keysend(payment)).toEqual(first)
      await reconnect()
      await rig.until(async () => before - (await outboundMsat(alice)) === 1_000_000n)
    })

    it('lists what came in until it is let go of, and goes on, when it has died since', async () => {
      const all = await bob.node.receipts()
      await bob.node.forgetReceipts([all[0]!.index])
      await pair.restart(bob)
      expect(await bob.node.receipts()).toEqual(all.slice(1))
      // It may listen somewhere else now.
      await reconnect()
      expect(await keysend(alice, bob, 1_000_000n)).toMatchObject({ kind: 'sent' })
      paidMsat += 1_000_000n
      await rig.until(async () => (await receipts()) === all.length)
      expect((await bob.node.receipts()).at(-1)!.index).toBe(all.at(-1)!.index + 1)
    })

    it('says that a payment has failed where the receiver is not there, and that no money has moved', async () => {
      const before = await outboundMsat(alice)
      const { nodeId } = await bob.node.info()
      await alice.node.disconnect(nodeId)
      await rig.until(async () => !(await areUsable(alice, bob)))
      const payment = { nodeId, amountMsat: 1_000_000n, preimage: randomBytes(32), records: [] }
      expect(await alice.node.keysend(payment)).toMatchObject({ kind: 'failed' })
      await reconnect()
      expect(await outboundMsat(alice)).toBe(before)
    })

    it('closes by agreement, and both have their money in the wallet', async () => {
      const [channel] = await alice.node.channels()
      const [inAlice, inBob] = [await alice.node.walletSat(), await bob.node.walletSat()]
      await alice.node.closeChannel(channel!.channelId)
      await gotBack(alice, inAlice + HALF_SAT - paidMsat / 1000n)
      await gotBack(bob, inBob + HALF_SAT + paidMsat / 1000n)
      await rig.mineUntil(async () => (await alice.node.channels()).length === 0)
    })

    it('closes by force, also with a payment under way, and both have their money in the wallet', async () => {
      if ((await alice.node.channels()).length === 0) {
        await rig.openChannel(alice, bob)
        paidMsat = 0n
      }
      const [inAlice, inBob] = [await alice.node.walletSat(), await bob.node.walletSat()]
      const preimage = randomBytes(32)
      const heldSat = pair.canHold ? 50_000n : 0n
      const paid = pair.canHold
        ? alice.node.payInvoice(await invoiceOf(heldSat * 1000n, sha256(preimage)))
        : undefined
      if (pair.canHold) await held(preimage)
      const [channel] = await alice.node.channels()
      await alice.node.closeChannel(channel!.channelId, true)
      // Bob claims on the chain, and Alice learns the preimage from there.
      if (pair.canHold) await bob.node.settleHeld(preimage)
      paidMsat += heldSat * 1000n
      await gotBack(bob, inBob + HALF_SAT + paidMsat / 1000n)
      await gotBack(alice, inAlice + HALF_SAT - paidMsat / 1000n)
      if (paid !== undefined) expect(await paid).toMatchObject({ kind: 'sent' })
    })
  })
}
