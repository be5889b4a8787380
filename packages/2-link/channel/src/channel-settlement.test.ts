import { DecodeError, UsageError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { channel, paid } from './testing/paid.ts'
import { DELAY_MS, Peering } from './testing/peering.ts'
import { encodeHello } from './wire/hello.ts'

describe('channel settlement', () => {
  it('opens a channel at the first order, pays by claims, and both sides tell the same total: PCS-11, HTLA-06', () => {
    const peering = paid(30n)
    expect([peering.alice.sent, peering.bob.received]).toEqual([30n, 30n])
    peering.settle(peering.alice, 75n)
    peering.rest()
    expect([peering.alice.sent, peering.bob.received]).toEqual([75n, 75n])
    expect(channel(peering).terms).toMatchObject({ source: 'alice', destination: 'bob' })
  })

  it('opens nothing for a peer that is owed nothing', () => {
    const peering = new Peering()
    peering.connect()
    peering.rest()
    expect(peering.ledger.channels()).toEqual([])
  })

  it('pays both ways, each over a channel of its own', () => {
    const peering = paid(30n)
    peering.settle(peering.bob, 8n)
    peering.rest()
    expect([peering.bob.sent, peering.alice.received]).toEqual([8n, 8n])
    expect(peering.bob.received).toBe(30n)
    expect(peering.ledger.channels()).toHaveLength(2)
  })

  it('does not pay an order twice, nor one below an earlier one: PCS-12, BTP-45', () => {
    const peering = paid(30n)
    for (const total of [30n, 10n, 30n]) peering.settle(peering.alice, total)
    peering.rest()
    expect(peering.bob.receivedTotals).toEqual([30n])
  })

  it('shows a channel, a claim and a receipt only when they are durable: HTLA-09', () => {
    const peering = new Peering()
    const { alice, bob, ledger } = peering
    peering.connect()
    peering.flow()
    peering.settle(alice, 30n)
    expect(ledger.waiting, 'the channel is decided on, not durable').toBe(0)
    alice.journal.flush()
    expect(ledger.waiting, 'durable: it is opened').toBe(1)
    ledger.run()
    peering.hear(alice)
    alice.journal.flush()
    ledger.run()
    peering.hear(alice)
    expect(peering.messages, 'the claim is signed, not durable').toEqual([])
    alice.journal.flush()
    expect(peering.messages, 'durable: it is sent').toHaveLength(1)
    peering.deliver()
    ledger.run()
    peering.hear(bob)
    expect([bob.received, peering.messages.length], 'it is good, not durable').toEqual([0n, 0])
    bob.journal.flush()
    expect([bob.received, peering.messages.length], 'durable: it is told and answered').toEqual([30n, 1])
  })

  it('converts totals between scales downwards, and carries what is left over: SET-37, SET-38', () => {
    const peering = paid(19n, { accountScale: 10, ledgerScale: 9 })
    expect(peering.bob.received).toBe(10n)
    for (const [ordered, received] of [
      [21n, 20n],
      [30n, 30n],
    ] as const) {
      peering.settle(peering.alice, ordered)
      peering.rest()
      expect([peering.alice.sent, peering.bob.received]).toEqual([received, received])
    }
  })

  it('pays to the last unit where the ledger counts finer than the account: SET-04', () => {
    const peering = paid(7n, { accountScale: 6, ledgerScale: 9, deposit: 10_000n })
    expect(peering.bob.received).toBe(7n)
    peering.handle(peering.bob, { kind: 'collect' })
    peering.rest()
    expect(channel(peering).claimed).toBe(7000n)
  })

  it('says hello again, ever more rarely, while nobody answers', () => {
    const peering = new Peering()
    peering.connect()
    const times: number[] = []
    while (times.length < 5) {
      if (peering.messages.some(({ to }) => to === 'bob')) times.push(peering.now)
      peering.messages = []
      peering.pass(100)
    }
    const gaps = times.slice(1).map((time, i) => time - times[i]!)
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b))
    expect(gaps.at(-1)).toBeGreaterThan(gaps[0]!)
  })

  it.each([
    ['ledger', { ledger: 'elsewhere' }],
    ['asset', { asset: 'shells' }],
  ])('pays nobody whose %s is another', (_what, change) => {
    const peering = new Peering()
    peering.handle(peering.alice, { kind: 'up' })
    const mine = {
      ledger: 'memory',
      account: 'bob',
      asset: 'native',
      referencePrefix: '00'.repeat(16),
      settleDelayMsMin: 0,
      settleDelayMsMax: DELAY_MS,
      held: [],
    }
    const answer = peering.ask(peering.alice, encodeHello({ ...mine, ...change }))
    expect(answer, 'it learns what we want').toBeDefined()
    peering.settle(peering.alice, 5n)
    peering.rest()
    expect(peering.alice.tracesOf('channel.refused')[0]).toMatchObject({ by: 'us', action: 'hello' })
    expect(peering.ledger.channels()).toEqual([])
  })

  it('survives any bytes: each message gets one answer, and nothing is credited', () => {
    const peering = paid(30n)
    const typed = fc
      .tuple(fc.constantFrom(1, 2, 3), fc.uint8Array({ maxLength: 80 }))
      .map(([type, rest]) => Uint8Array.of(1, type, ...rest))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 120 }), typed), (body) => {
        peering.ask(peering.bob, body)
        expect(peering.bob.received).toBe(30n)
      }),
      { numRuns: 10_000 },
    )
  })

  it('survives any answer: what was ordered is paid when sense comes back', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (answers) => {
        const peering = new Peering()
        peering.connect()
        peering.settle(peering.alice, 30n)
        for (const body of answers) {
          const id = [...peering.alice.questions.keys()].at(-1)
          if (id === undefined) break
          peering.alice.questions.delete(id)
          peering.handle(peering.alice, { kind: 'reply', id, body })
          peering.flow()
          peering.pass(1000)
        }
        peering.rest()
        expect(peering.bob.received).toBe(30n)
      }),
      { numRuns: 300 },
    )
  })

  it('ignores late, early and repeated timeouts, and answers to nothing', () => {
    const peering = paid(30n)
    for (const side of peering.sides()) {
      for (let i = 0; i < 3; i++) peering.handle(side, { kind: 'timeout' })
      peering.handle(side, { kind: 'committed', id: 999 })
      peering.handle(side, { kind: 'reply', id: 999, body: new Uint8Array(3) })
      peering.handle(side, { kind: 'failed', id: 999, failure: 'lost' })
    }
    peering.rest()
    expect(peering.bob.receivedTotals).toEqual([30n])
  })

  it('tells its totals again after a restart', () => {
    const peering = paid(30n)
    for (const side of peering.sides()) peering.crash(side)
    expect(peering.bob.receivedTotals).toEqual([30n])
    peering.settle(peering.alice, 30n)
    peering.connect()
    peering.rest()
    expect(peering.alice.sentTotals).toEqual([30n, 30n])
    expect(peering.bob.receivedTotals).toEqual([30n])
  })

  it('stops at records that it did not write', () => {
    const peering = paid(30n)
    const records = peering.bob.journal.load('channel/').map(({ key }) => ({ key, value: Uint8Array.of(9) }))
    expect(() => peering.bob.machine.restore(records)).toThrow(DecodeError)
  })

  it.each([
    ['a slash in the account', { account: 'a/b' }],
    ['no account', { account: '' }],
    ['a scale that is none', { ledgerScale: 1.5 }],
    ['a negative deposit', { deposit: -1n }],
    ['a settle delay that is no number', { settleDelayMsMin: NaN }],
  ])('refuses options that cannot be meant: %s', (_what, change) => {
    expect(() => new Peering(change)).toThrow(UsageError)
    expect(DELAY_MS).toBeGreaterThan(0)
  })
})
