/** Peers that are gone, hold what they are paid, or lie; channels that are used up. */
import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { Bench, OURS, PEER_HELLO, PEER_ID, channelWith, receipt } from './testing/bench.ts'
import { FEE_MSAT } from './testing/model-network.ts'
import { Peering } from './testing/peering.ts'
import { type Hello, encodeHello } from './wire/hello.ts'
import { destinationOf } from './wire/reference.ts'

/** Alice has paid Bob once, so that there is a channel. */
function paid(totalMsat: bigint, options: ConstructorParameters<typeof Peering>[0] = {}): Peering {
  const peering = new Peering(options)
  peering.connect()
  peering.settle(peering.alice, totalMsat)
  peering.rest()
  return peering
}

describe('a payment whose end nobody knows', () => {
  it('is not begun again while the payee is gone, and counts once when it has come', () => {
    const peering = paid(1000n)
    const { alice, bob, network } = peering
    network.offline.add(bob.nodeId)
    peering.settle(alice, 3000n)
    peering.rest()
    peering.crash(alice)
    peering.settle(alice, 3000n)
    peering.connect()
    peering.rest()
    expect([network.underWay, alice.sent, bob.received]).toEqual([1, 1000n, 1000n])
    network.offline.clear()
    peering.rest()
    expect([network.underWay, alice.sent, bob.received]).toEqual([0, 3000n, 3000n])
    expect(network.feesMsat, 'two payments were made').toBe(2n * FEE_MSAT)
  })

  it('stays unknown while the payee holds it, fails when its time is over, and is paid once after that', () => {
    const peering = paid(1000n)
    const { alice, bob, network } = peering
    network.isHolding = true
    peering.settle(alice, 3000n)
    peering.rest()
    expect([network.underWay, alice.sent, bob.received]).toEqual([1, 1000n, 1000n])
    network.expire()
    peering.flow()
    network.isHolding = false
    peering.rest()
    expect([network.underWay, alice.sent, bob.received]).toEqual([0, 3000n, 3000n])
    expect(alice.traces.filter(({ event }) => event === 'lightning.unpaid')).toHaveLength(1)
  })

  it('keeps no other order from being paid', () => {
    const peering = paid(1000n)
    const { alice, bob, network } = peering
    network.isHolding = true
    peering.settle(alice, 3000n)
    peering.rest()
    peering.settle(alice, 5000n)
    peering.rest()
    expect(network.underWay).toBe(2)
    network.isHolding = false
    peering.rest()
    expect(bob.received).toBe(5000n)
  })
})

describe('what is owed beyond what channels carry', () => {
  it('goes in parts over channels that are opened for it, exact to the millisatoshi', () => {
    const peering = paid(250_001n)
    expect([peering.alice.sent, peering.bob.received]).toEqual([250_001n, 250_001n])
    expect(peering.network.channels.length).toBe(3)
  })

  it('goes in parts at once where several channels have room, the tightest that fits first', () => {
    const bench = new Bench()
    bench.greet()
    bench.reportAll([3000n, 9000n, 5000n].map((outboundMsat) => channelWith(outboundMsat)))
    for (const total of [4000n, 20_000n]) bench.push({ kind: 'settle', total })
    bench.journal.flush()
    expect(bench.payments().map(({ amountMsat }) => amountMsat)).toEqual([4000n, 9000n, 3000n, 1000n])
  })

  it('waits for no other payment, up to a limit; beyond it orders are paid together', () => {
    const bench = new Bench()
    bench.greet()
    for (let total = 1n; total <= 200n; total++) bench.push({ kind: 'settle', total })
    bench.journal.flush()
    const payments = bench.payments()
    expect(payments).toHaveLength(64)
    bench.ledger({ kind: 'paid', hash: nodeCrypto.sha256(payments[0]!.preimage), feeMsat: 0n })
    bench.journal.flush()
    expect(bench.payments().map(({ amountMsat }) => amountMsat)).toEqual([136n])
  })

  it('is paid by what the peer pays us, without a channel more', () => {
    const peering = paid(90_000n, { reserveSat: 850n })
    peering.settle(peering.alice, 150_000n)
    peering.rest()
    expect(peering.bob.received < 150_000n).toBe(true)
    peering.settle(peering.bob, 80_000n)
    peering.rest()
    expect([peering.bob.received, peering.alice.received]).toEqual([150_000n, 80_000n])
    const { alice, network } = peering
    expect(network.channels.filter(({ opener }) => opener === alice.nodeId)).toHaveLength(1)
  })
})

describe('the policy of channels', () => {
  const open = { kind: 'open', peerId: PEER_ID, capacitySat: 1_000_000n }

  it('opens another before the last one is used up, so that no payment waits for the chain', () => {
    const bench = new Bench()
    bench.greet(1_000_000_000n)
    bench.push({ kind: 'settle', total: 800_000_001n })
    bench.take()
    bench.report(199_999_999n, { capacitySat: 1_000_000n })
    expect(bench.actions()).toEqual([open])
  })

  it('opens none for a peer that is owed nothing, nor where it is told to refill at nothing', () => {
    const idle = new Bench()
    idle.greet(0n)
    const thrifty = new Bench({ refillPercent: 0 })
    thrifty.greet(1_000_000_000n)
    thrifty.push({ kind: 'settle', total: 999_999_999n })
    thrifty.report(1n)
    for (const bench of [idle, thrifty]) expect(bench.actions()).not.toContainEqual(open)
  })

  it('leaves the reserve in the wallet', () => {
    const bench = new Bench({ reserveSat: 50_000n })
    bench.greet()
    bench.push({ kind: 'settle', total: 5000n })
    bench.reportAll([], 1_049_999n)
    expect(bench.traces()).toContain('lightning.reserve-reached')
    bench.pass(5000)
    bench.pass(10_000)
    bench.take()
    bench.reportAll([], 1_050_000n)
    bench.pass(20_000)
    expect(bench.actions()).toContainEqual(open)
  })

  it('closes a channel that is spent where the budget is used up, and opens another with what that frees', () => {
    const peering = paid(290_000n)
    const { alice, bob, network } = peering
    expect(network.channels).toHaveLength(3)
    peering.settle(alice, 500_000n)
    peering.rest()
    expect([alice.sent, bob.received]).toEqual([500_000n, 500_000n])
    expect(alice.traces.filter(({ event }) => event === 'lightning.recycle').length).toBeGreaterThan(1)
    expect(network.channels.length).toBeLessThanOrEqual(3)
  })

  it('books what paying costs as a running total', () => {
    const peering = paid(250_001n)
    const { alice, network } = peering
    peering.crash(alice)
    peering.connect()
    peering.rest()
    const last = alice.traces.findLast(({ event }) => event === 'lightning.paid')
    expect(last?.fields).toMatchObject({ feeMsat: FEE_MSAT, feesTotalMsat: network.feesMsat })
    expect(alice.machine.report()).toMatchObject({
      feesMsat: network.feesMsat,
      paidMsat: 250_001n,
      channels: 3,
    })
  })
})

describe('channels to be paid over', () => {
  const WANTING = { inboundSat: 100n, servesInbound: true }

  it('are asked for, and opened by a peer that is told to, within its own budget', () => {
    const peering = new Peering({ ...WANTING, budgetSat: 100n })
    peering.connect()
    peering.rest()
    const { alice, bob, network } = peering
    expect(network.channels.map(({ opener }) => opener).toSorted()).toEqual([alice.nodeId, bob.nodeId])
    peering.settle(alice, 99_000n)
    peering.rest(1000)
    expect(bob.received, 'no channel had to be waited for').toBe(99_000n)
    peering.rest(10_000_000)
    expect(network.channels.filter(({ opener }) => opener === alice.nodeId)).toHaveLength(1)
  })

  it('are opened for nobody by a peer that is not told to, which is asked again, later each time', () => {
    const peering = new Peering({ inboundSat: 100n })
    peering.connect()
    peering.rest(86_400_000)
    expect(peering.network.channels).toEqual([])
    const asked = peering.alice.traces.filter(({ event }) => event === 'lightning.inbound-wanted')
    expect(asked.length).toBeGreaterThan(2)
    expect(asked.length).toBeLessThan(40)
  })
})

describe('a peer that lies in its hello', () => {
  const greet = (change: Partial<Hello>): Bench => {
    const bench = new Bench()
    bench.push({ kind: 'up' })
    bench.push({ kind: 'request', id: 1, body: encodeHello({ ...PEER_HELLO, ...change }) })
    bench.journal.flush()
    return bench
  }

  it('is not heard where it says to have our own node', () => {
    const { nodeId } = { nodeId: '03'.padEnd(66, '2') }
    const bench = greet({ address: { ...PEER_HELLO.address, nodeId } })
    expect(bench.actions().map(({ kind }) => kind)).not.toContain('reach')
  })

  it('has its money sent where it says, and learns that nobody credits what another account is marked with', () => {
    const other = destinationOf('other', nodeCrypto.sha256(Uint8Array.of(1)), nodeCrypto)
    const bench = new Bench()
    bench.ledger(receipt(1, 700n, other))
    bench.ledger(receipt(2, 700n, { ...other, reference: OURS.reference }))
    bench.ledger({ ...receipt(3, 700n), amountMsat: 7000n } as Parameters<Bench['ledger']>[0])
    bench.journal.flush()
    const outputs = bench.take()
    expect(outputs.filter(({ kind }) => kind === 'received')).toEqual([])
    const events = outputs.flatMap((output) => (output.kind === 'trace' ? [output.event] : []))
    expect(events).toEqual(['lightning.not-credited', 'lightning.not-credited', 'lightning.not-credited'])
  })
})
