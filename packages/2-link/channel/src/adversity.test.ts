/** Whatever goes wrong, in any order: nobody is paid twice, nothing is credited twice, and all arrives in the end. */
import type { ChannelState } from '@hourglass/ledger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DELAY_MS, MINTED, type Name, Peering, other } from './testing/peering.ts'

const RUNS = 200

const who = fc.constantFrom<Name>('alice', 'bob')

function step<Kind extends string, Fields extends object>(
  kind: Kind,
  fields: { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> },
): fc.Arbitrary<{ kind: Kind } & Fields> {
  return fc.record({ kind: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<{ kind: Kind } & Fields>
}

const ordinary = [
  { weight: 4, arbitrary: step('order', { who, amount: fc.bigInt({ min: 1n, max: 150n }) }) },
  { weight: 6, arbitrary: step('deliver', { index: fc.nat(3) }) },
  { weight: 1, arbitrary: step('copy', { index: fc.nat(3) }) },
  { weight: 1, arbitrary: step('lose', { index: fc.nat(3) }) },
  { weight: 6, arbitrary: step('flush', { who }) },
  { weight: 5, arbitrary: step('ledger', { max: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 5, arbitrary: step('hear', { who, max: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: step('crash', { who }) },
  { weight: 3, arbitrary: step('connect', {}) },
  { weight: 1, arbitrary: step('disconnect', {}) },
  { weight: 2, arbitrary: step('pass', { ms: fc.integer({ min: 1, max: 12_000 }) }) },
  { weight: 1, arbitrary: step('collect', { who }) },
  { weight: 2, arbitrary: step('flow', {}) },
] as const
/** A source may ask to close at any time, its destination may be without money for a fee. */
const threats = [
  { weight: 1, arbitrary: step('request-close', { who, which: fc.nat(2) }) },
  { weight: 1, arbitrary: step('impoverish', { who }) },
] as const
/** What whoever runs a node may do with its ledger account, behind its settlement's back. */
const meddling = [
  { weight: 1, arbitrary: step('request-close', { who, which: fc.nat(2) }) },
  { weight: 1, arbitrary: step('close', { who, which: fc.nat(2) }) },
] as const
/** An operator who wants no more of it. */
const endings = [{ weight: 1, arbitrary: step('end', { who }) }] as const

type Step = typeof ordinary | typeof threats | typeof meddling | typeof endings extends readonly {
  arbitrary: fc.Arbitrary<infer S>
}[]
  ? S
  : never

/** Nobody is without its ledger for longer than that. */
const CARE_MS = DELAY_MS / 4
const CARE_TURNS = 3
const VAULT = 'vault'

class World {
  readonly peering = new Peering({ redeemAfterMs: DELAY_MS })
  readonly ordered = { alice: 0n, bob: 0n }
  #caredAt = this.peering.now

  apply(step: Step): void {
    const p = this.peering
    switch (step.kind) {
      case 'order':
        this.ordered[step.who] += step.amount
        return p.settle(p[step.who], this.ordered[step.who])
      case 'deliver':
      case 'copy':
        return p.deliver(step.index, step.kind === 'copy')
      case 'lose':
        return p.lose(step.index)
      case 'flush':
        return p[step.who].journal.flush()
      case 'ledger':
        return p.ledger.run(step.max)
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
      case 'collect':
        return p.handle(p[step.who], { kind: 'collect' })
      case 'end':
        return p.handle(p[step.who], { kind: 'end' })
      case 'flow':
        return p.flow()
      case 'impoverish': {
        const balance = p.ledger.balanceOf(step.who)
        p.ledger.mint(VAULT, balance)
        return p.ledger.mint(step.who, -balance)
      }
      case 'request-close':
      case 'close': {
        const channelId = this.channelsOf(step.who)[step.which]?.id
        if (channelId === undefined) return
        return p.perform(p[step.kind === 'close' ? other(step.who) : step.who], {
          kind: step.kind,
          channelId,
        })
      }
    }
  }

  /** Both sides have money and see their ledger for a moment, where that was long ago. */
  care(): void {
    const { peering } = this
    if (peering.now - this.#caredAt < CARE_MS) return
    for (const { name } of peering.sides()) {
      peering.ledger.mint(name, peering.ledger.balanceOf(VAULT) / 2n)
      peering.ledger.mint(VAULT, -peering.ledger.balanceOf(VAULT) / 2n)
    }
    for (let turn = 0; turn < CARE_TURNS; turn++) {
      for (const { journal } of peering.sides()) journal.flush()
      peering.ledger.run()
      for (const side of peering.sides()) peering.hear(side)
      peering.pass(DELAY_MS / 15)
    }
    this.#caredAt = peering.now
  }

  /** Channels that this side pays with. */
  channelsOf(name: Name): ChannelState[] {
    return this.peering.ledger.channels().filter(({ terms }) => terms.source === name)
  }

  /** What the ledger has paid from this side to the other. */
  paidBy(name: Name): bigint {
    return this.channelsOf(name).reduce((sum, { claimed }) => sum + claimed, 0n)
  }

  check(): void {
    const { peering, ordered } = this
    for (const side of peering.sides()) {
      const fromPeer = ordered[other(side.name)]
      expect(side.received <= fromPeer, 'no more is credited than was ordered').toBe(true)
      expect(this.paidBy(side.name) <= ordered[side.name], 'no more is paid than was ordered').toBe(true)
      expect(side.receivedTotals, 'totals rise').toEqual(
        side.receivedTotals.toSorted((a, b) => Number(a - b)),
      )
    }
    expect(peering.ledger.supply()).toBe(2n * MINTED)
  }

  /** No more faults: everything that was ordered arrives. */
  recover(): void {
    this.peering.connect()
    this.peering.rest()
    expect(this.peering.unanswered, 'requests without an answer').toBe(0)
    expect([this.peering.bob.received, this.peering.alice.received]).toEqual([
      this.ordered.alice,
      this.ordered.bob,
    ])
  }
}

describe('channel settlement: whatever goes wrong', () => {
  it('credits no more than was ordered, never twice, and in the end all of it, which the ledger pays', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...ordinary), { maxLength: 200, size: 'large' }), (steps) => {
        const world = new World()
        for (const step of steps) {
          world.apply(step)
          world.check()
        }
        world.recover()
        for (const side of world.peering.sides()) world.peering.handle(side, { kind: 'collect' })
        world.peering.rest()
        expect([world.paidBy('alice'), world.paidBy('bob')]).toEqual([world.ordered.alice, world.ordered.bob])
        for (const name of ['alice', 'bob'] as const)
          expect(world.channelsOf(name).length).toBeLessThanOrEqual(1)
      }),
      { numRuns: RUNS },
    )
  })

  it('redeems every claim in time where it sees its ledger a few times in each settle delay: HTLA-10', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...ordinary, ...threats), { maxLength: 200, size: 'large' }), (steps) => {
        const world = new World()
        for (const step of steps) {
          world.apply(step)
          world.care()
          world.check()
        }
        world.peering.pass(CARE_MS)
        world.care()
        world.recover()
        for (const side of world.peering.sides()) {
          const closed = side.tracesOf('channel.closed').filter(({ role }) => role === 'incoming')
          for (const fields of closed) expect(fields).toMatchObject({ lost: 0n })
          world.peering.handle(side, { kind: 'collect' })
        }
        world.peering.rest()
        expect([world.paidBy('alice'), world.paidBy('bob')]).toEqual([world.ordered.alice, world.ordered.bob])
      }),
      { numRuns: RUNS },
    )
  })

  it('leaves each with what it was paid, and nothing open, whenever the peering ends', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...ordinary, ...endings), { maxLength: 200, size: 'large' }), (steps) => {
        const world = new World()
        const { peering } = world
        peering.ledger.fee = 0n
        for (const step of steps) {
          world.apply(step)
          world.care()
          world.check()
        }
        peering.pass(CARE_MS)
        world.care()
        const { alice, bob, ledger } = peering
        peering.connect()
        for (const side of peering.sides()) peering.handle(side, { kind: 'end' })
        peering.rest(3 * DELAY_MS)
        expect(ledger.channels().filter(({ closed }) => !closed)).toEqual([])
        expect([world.paidBy('alice'), world.paidBy('bob')]).toEqual([bob.received, alice.received])
        expect([alice.sent, bob.sent]).toEqual([bob.received, alice.received])
        expect(ledger.balanceOf('bob')).toBe(MINTED + bob.received - alice.received)
      }),
      { numRuns: RUNS },
    )
  })

  it('pays what is still owed over new channels when channels are closed under its feet', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(...ordinary, ...meddling), { maxLength: 200, size: 'large' }),
        (steps) => {
          const world = new World()
          for (const step of steps) {
            world.apply(step)
            world.check()
          }
          world.recover()
          world.check()
        },
      ),
      { numRuns: RUNS },
    )
  })
})
