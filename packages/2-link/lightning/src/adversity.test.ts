/** Whatever goes wrong, in any order: nobody is paid twice, nothing is credited twice, and all arrives in the end. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Name, Peering, WALLET_SAT } from './testing/peering.ts'

const RUNS = 60

const who = fc.constantFrom<Name>('alice', 'bob')

function step<Kind extends string, Fields extends object>(
  kind: Kind,
  fields: { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> },
): fc.Arbitrary<{ kind: Kind } & Fields> {
  return fc.record({ kind: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<{ kind: Kind } & Fields>
}

const ordinary = [
  { weight: 5, arbitrary: step('order', { who, amount: fc.bigInt({ min: 1n, max: 30_000n }) }) },
  { weight: 6, arbitrary: step('deliver', { index: fc.nat(3) }) },
  { weight: 1, arbitrary: step('copy', { index: fc.nat(3) }) },
  { weight: 1, arbitrary: step('lose', { index: fc.nat(3) }) },
  { weight: 6, arbitrary: step('flush', { who }) },
  { weight: 6, arbitrary: step('run', { max: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 6, arbitrary: step('hear', { who, max: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 3, arbitrary: step('crash', { who }) },
  { weight: 3, arbitrary: step('connect', {}) },
  { weight: 1, arbitrary: step('disconnect', {}) },
  { weight: 2, arbitrary: step('pass', { ms: fc.integer({ min: 1, max: 12_000 }) }) },
  { weight: 2, arbitrary: step('flow', {}) },
  { weight: 1, arbitrary: step('hold', { isHolding: fc.boolean() }) },
  { weight: 1, arbitrary: step('expire', {}) },
  { weight: 1, arbitrary: step('offline', { who, isOffline: fc.boolean() }) },
  { weight: 1, arbitrary: step('collect', { who }) },
] as const
/** An operator who wants no more of it. */
const endings = [{ weight: 1, arbitrary: step('end', { who }) }] as const

type Step = typeof ordinary | typeof endings extends readonly { arbitrary: fc.Arbitrary<infer S> }[]
  ? S
  : never

/** What may be ordered in all: all of it fits into channels, whoever has paid whom before. */
const ORDERED_MAX = 150_000n

type Way = 'keysend' | 'invoice'

class World {
  readonly peering: Peering
  readonly ordered = { alice: 0n, bob: 0n }
  readonly #supplyMsat: bigint

  constructor(by: Way) {
    this.peering = new Peering({ by })
    this.#supplyMsat = this.peering.network.supplyMsat()
  }

  apply(step: Step): void {
    const p = this.peering
    switch (step.kind) {
      case 'order':
        if (this.ordered[step.who] + step.amount > ORDERED_MAX) return
        this.ordered[step.who] += step.amount
        return p.settle(p[step.who], this.ordered[step.who])
      case 'deliver':
      case 'copy':
        return p.deliver(step.index, step.kind === 'copy')
      case 'lose':
        p.messages.splice(step.index, 1)
        return
      case 'flush':
        return p[step.who].journal.flush()
      case 'run':
        return p.network.run(step.max)
      case 'hear':
        return p.hear(p[step.who], step.max)
      case 'crash':
        p.crash(p[step.who])
        // The books outlive the crash and order again what they had ordered.
        return p.settle(p[step.who], this.ordered[step.who])
      case 'connect':
        return p.connect()
      case 'disconnect':
        return p.disconnect()
      case 'pass':
        return p.pass(step.ms)
      case 'flow':
        return p.flow()
      case 'hold':
        p.network.isHolding = step.isHolding
        return
      case 'expire':
        return p.network.expire()
      case 'offline':
        if (step.isOffline) p.network.offline.add(p[step.who].nodeId)
        else p.network.offline.delete(p[step.who].nodeId)
        return
      case 'collect':
      case 'end':
        return p.handle(p[step.who], { kind: step.kind })
    }
  }

  check(): void {
    const { peering, ordered } = this
    for (const side of peering.sides()) {
      const { received, receivedTotals, sent } = side
      expect(received <= ordered[peering.other(side).name], 'no more is credited than was ordered').toBe(true)
      expect(sent <= ordered[side.name], 'no more is paid than was ordered').toBe(true)
      expect(receivedTotals, 'totals rise').toEqual(receivedTotals.toSorted((a, b) => Number(a - b)))
    }
    expect(peering.network.supplyMsat()).toBe(this.#supplyMsat)
  }

  /** No more faults. */
  recover(): void {
    const { peering } = this
    peering.network.isHolding = false
    peering.network.offline.clear()
    peering.connect()
    peering.rest()
  }
}

function courseOf(
  ...steps: readonly { weight: number; arbitrary: fc.Arbitrary<Step> }[]
): fc.Arbitrary<Step[]> {
  return fc.array(fc.oneof(...steps), { maxLength: 200, size: 'large' })
}

describe.each<Way>(['keysend', 'invoice'])('Lightning settlement by %s: whatever goes wrong', (by) => {
  it('credits no more than was ordered, never twice, and in the end all of it', () => {
    fc.assert(
      fc.property(courseOf(...ordinary), (steps) => {
        const world = new World(by)
        for (const step of steps) {
          world.apply(step)
          world.check()
        }
        world.recover()
        const { alice, bob } = world.peering
        expect([bob.received, alice.received]).toEqual([world.ordered.alice, world.ordered.bob])
        expect([alice.sent, bob.sent]).toEqual([world.ordered.alice, world.ordered.bob])
      }),
      { numRuns: RUNS },
    )
  })

  it.each<Name>(['alice', 'bob'])('pays and credits once, wherever the process of %s is killed', (name) => {
    let isKilled = true
    let outputs = 0
    for (; isKilled; outputs++) {
      const peering = new Peering({ by })
      const { alice, bob } = peering
      const side = peering[name]
      peering.connect()
      side.outputsLeft = outputs
      const order = (): void => {
        peering.settle(alice, 150_000n)
        peering.settle(bob, 70_000n)
      }
      order()
      const isPaid = (): boolean => alice.sent === 150_000n && bob.sent === 70_000n
      while (!side.isDead && !isPaid()) peering.rest(1000)
      isKilled = side.isDead
      if (isKilled) peering.crash(side)
      peering.connect()
      order()
      while (!isPaid()) peering.rest(1000)
      peering.rest(60_000)
      expect([bob.received, alice.received], `after ${outputs} outputs`).toEqual([150_000n, 70_000n])
    }
    expect(outputs, 'how often it was killed').toBeGreaterThan(20)
  })

  it('leaves each with what it was paid, and nothing open, whenever the peering ends', () => {
    fc.assert(
      fc.property(courseOf(...ordinary, ...endings), (steps) => {
        const world = new World(by)
        for (const step of steps) {
          world.apply(step)
          world.check()
        }
        const { peering } = world
        const { alice, bob, network } = peering
        for (const side of peering.sides()) peering.handle(side, { kind: 'end' })
        world.recover()
        expect(network.channels).toEqual([])
        expect([alice.sent, bob.sent]).toEqual([bob.received, alice.received])
        // Less what the network took, and parts of a satoshi.
        const gainedMsat = (network.walletSat(bob.nodeId) - WALLET_SAT) * 1000n
        const lostMsat = bob.received - alice.received - gainedMsat
        expect(lostMsat >= -network.feesMsat && lostMsat <= network.feesMsat).toBe(true)
      }),
      { numRuns: RUNS },
    )
  })
})
