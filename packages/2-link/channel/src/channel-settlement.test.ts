import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DELAY_MS, Peering, type Side } from './testing/peering.ts'
import { decodeAnswer } from './wire/answer.ts'
import { encodeClaim } from './wire/claim.ts'
import { encodeHello } from './wire/hello.ts'

function events(side: Side): string[] {
  return side.traces.map(({ event }) => event)
}

/** A connected peering in which Alice has paid Bob `total`. */
function paid(total: bigint, options: ConstructorParameters<typeof Peering>[0] = {}): Peering {
  const peering = new Peering(options)
  peering.connect()
  peering.handle(peering.alice, { kind: 'settle', total })
  peering.rest()
  return peering
}

function channelOf(peering: Peering): string {
  return String(peering.alice.traces.find(({ event }) => event === 'channel.opened')?.fields['channelId'])
}

/** What Bob answers to a claim that arrives out of the blue. */
function claimTo(
  peering: Peering,
  claim: Parameters<typeof encodeClaim>[0],
): ReturnType<typeof decodeAnswer> {
  peering.handle(peering.bob, { kind: 'request', id: 999, body: encodeClaim(claim) })
  peering.bob.journal.flush()
  peering.ledger.run()
  peering.pass(10_000)
  const answer = peering.messages.find(({ id, kind }) => id === 999 && kind === 'reply')
  if (answer === undefined) throw new Error('Bob did not answer')
  return decodeAnswer(answer.body)
}

describe('channel settlement', () => {
  it('opens a channel at the first order, pays by claims, and both sides tell the same total: PCS-11', () => {
    const peering = paid(30n)
    expect([peering.alice.sent, peering.bob.received]).toEqual([30n, 30n])
    peering.handle(peering.alice, { kind: 'settle', total: 75n })
    peering.rest()
    expect([peering.alice.sent, peering.bob.received]).toEqual([75n, 75n])
    expect(events(peering.alice).filter((event) => event === 'channel.opened')).toHaveLength(1)
  })

  it('pays both ways, each over a channel of its own', () => {
    const peering = paid(30n)
    peering.handle(peering.bob, { kind: 'settle', total: 8n })
    peering.rest()
    expect([peering.bob.sent, peering.alice.received]).toEqual([8n, 8n])
    expect(peering.bob.received).toBe(30n)
  })

  it('adds money when the deposit runs out, and opens with more where the first order exceeds it', () => {
    const peering = paid(250n)
    expect(peering.bob.received).toBe(250n)
    peering.handle(peering.alice, { kind: 'settle', total: 260n })
    peering.rest()
    expect(peering.bob.received).toBe(260n)
    expect(events(peering.alice)).toContain('channel.funded')
  })

  it('does not pay an order twice, nor one below an earlier one: PCS-12, BTP-45', () => {
    const peering = paid(30n)
    for (const total of [30n, 10n, 30n]) peering.handle(peering.alice, { kind: 'settle', total })
    peering.rest()
    expect(peering.bob.received).toBe(30n)
  })

  it('shows a claim only when it is durable, on both sides', () => {
    const peering = new Peering()
    peering.connect()
    peering.rest()
    peering.handle(peering.alice, { kind: 'settle', total: 30n })
    expect(peering.ledger.waiting).toBe(0) // The intent is not durable yet: nothing is opened.
    peering.alice.journal.flush()
    peering.ledger.run()
    peering.alice.journal.flush() // The channel's name.
    peering.ledger.run()
    expect(peering.messages).toEqual([]) // The claim is not durable yet: nothing is sent.
    peering.alice.journal.flush()
    expect(peering.messages).toHaveLength(1)
    peering.deliver()
    peering.ledger.run()
    expect(peering.bob.received).toBe(0n)
    expect(peering.messages).toEqual([])
    peering.bob.journal.flush()
    expect(peering.bob.received).toBe(30n)
    expect(peering.messages).toHaveLength(1)
  })

  it('redeems when asked, and what the ledger paid is what was received', () => {
    const peering = paid(30n)
    const before = peering.ledger.balanceOf('bob')
    peering.handle(peering.bob, { kind: 'collect' })
    peering.rest()
    expect(peering.ledger.balanceOf('bob') - before).toBe(29n) // 30, less the fee.
    expect(events(peering.bob)).toContain('channel.redeemed')
  })

  it('redeems by itself at the threshold', () => {
    const peering = paid(30n, { redeemThreshold: 40n })
    expect(events(peering.bob)).not.toContain('channel.redeemed')
    peering.handle(peering.alice, { kind: 'settle', total: 40n })
    peering.rest()
    expect(events(peering.bob)).toContain('channel.redeemed')
  })

  it('redeems at once when the source asks to close, takes no more claims, and is paid over a new channel', () => {
    const peering = paid(30n)
    const channelId = channelOf(peering)
    const before = peering.ledger.balanceOf('bob')
    peering.alice.session?.perform({ kind: 'request-close', id: 5000, channelId })
    peering.rest()
    expect(peering.ledger.balanceOf('bob') - before).toBe(29n)
    peering.pass(DELAY_MS)
    peering.alice.session?.perform({ kind: 'close', id: 5001, channelId })
    peering.rest()
    peering.handle(peering.alice, { kind: 'settle', total: 50n })
    peering.rest()
    expect([peering.alice.sent, peering.bob.received]).toEqual([50n, 50n])
  })

  it('converts totals between scales downwards, and carries what is left over', () => {
    const peering = paid(19n, { accountScale: 10, ledgerScale: 9 })
    expect(peering.bob.received).toBe(10n)
    peering.handle(peering.alice, { kind: 'settle', total: 21n })
    peering.rest()
    expect(peering.bob.received).toBe(20n)
  })

  it('pays nobody whose ledger or asset is another', () => {
    const peering = new Peering()
    peering.handle(peering.alice, { kind: 'up' })
    const stranger = { ledger: 'elsewhere', account: 'bob', asset: 'native', held: undefined }
    peering.handle(peering.alice, { kind: 'request', id: 1, body: encodeHello(stranger) })
    peering.handle(peering.alice, { kind: 'settle', total: 5n })
    peering.rest()
    expect(events(peering.alice)).toContain('channel.refused')
    expect(events(peering.alice)).not.toContain('channel.opening')
  })

  it('goes on with its channel when its store is lost, from the claim that the peer holds', () => {
    const peering = paid(30n)
    peering.alice.journal.commit(
      peering.alice.journal.load('').map(({ key }) => ({ key, value: undefined })),
      () => {},
    )
    peering.alice.journal.flush()
    peering.crash(peering.alice)
    peering.connect()
    peering.rest()
    expect(events(peering.alice)).toContain('channel.adopted')
    peering.handle(peering.alice, { kind: 'settle', total: 12n }) // Its books begin anew as well.
    peering.rest()
    expect(peering.bob.received).toBe(42n)
  })
})

describe('channel settlement: claims that are worth nothing', () => {
  const peering = (): Peering => paid(30n)
  const signed = (p: Peering, channelId: string, amount: bigint): Uint8Array =>
    p.ledger.open('alice').scheme.sign(channelId, amount)

  it('refuses a signature that is not the claim key’s: SEC-34', () => {
    const p = peering()
    const channelId = channelOf(p)
    const signature = signed(p, channelId, 41n)
    expect(claimTo(p, { channelId, amount: 40n, signature })).toEqual({
      refusal: 'bad-signature',
      amount: 30n,
    })
    expect(p.bob.received).toBe(30n)
  })

  it('refuses more than the channel holds', () => {
    const p = peering()
    const channelId = channelOf(p)
    const claim = { channelId, amount: 101n, signature: signed(p, channelId, 101n) }
    expect(claimTo(p, claim).refusal).toBe('over-deposit')
    expect(p.bob.received).toBe(30n)
  })

  it('credits an old or repeated claim with nothing, and says what it holds: BTP-45', () => {
    const p = peering()
    const channelId = channelOf(p)
    for (const amount of [30n, 12n]) {
      const claim = { channelId, amount, signature: signed(p, channelId, amount) }
      expect(claimTo(p, claim)).toEqual({ refusal: undefined, amount: 30n })
    }
    expect(p.bob.receivedTotals).toEqual([30n])
  })

  it('refuses a channel that nobody opened', () => {
    const claim = { channelId: 'nowhere', amount: 5n, signature: new Uint8Array(3) }
    expect(claimTo(peering(), claim).refusal).toBe('unknown-channel')
  })

  it.each([
    ['pays another', { destination: 'carol' }],
    ['leaves too little time to redeem', { settleDelayMs: DELAY_MS - 1 }],
    ['holds another asset', { asset: 'shells' }],
  ])('refuses a channel that %s', (_why, change) => {
    const p = peering()
    const ledger = p.ledger.open('alice')
    const terms = {
      source: 'alice',
      destination: 'bob',
      claimKey: ledger.scheme.claimKey,
      asset: 'native',
      settleDelayMs: DELAY_MS,
      reference: 'ff'.repeat(32),
      ...change,
    }
    p.alice.session?.perform({ kind: 'open', id: 7000, terms, deposit: 100n })
    p.rest()
    const channelId = `${terms.source}>${terms.destination}#${terms.reference}`
    const claim = { channelId, amount: 5n, signature: ledger.scheme.sign(channelId, 5n) }
    expect(claimTo(p, claim).refusal).toBe('bad-terms')
    expect(p.bob.received).toBe(30n)
  })

  it('survives any bytes: each gets one answer, nothing is credited', () => {
    const p = peering()
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 120 }),
          fc
            .tuple(fc.constantFrom(1, 2, 3), fc.uint8Array({ maxLength: 80 }))
            .map(([type, rest]) => Uint8Array.of(1, type, ...rest)),
        ),
        (body) => {
          p.messages = []
          p.handle(p.bob, { kind: 'request', id: 5, body })
          p.ledger.run()
          p.pass(6000)
          expect(p.messages.filter(({ id, kind }) => id === 5 && kind !== 'request')).toHaveLength(1)
          expect(p.bob.received).toBe(30n)
        },
      ),
      { numRuns: 10_000 },
    )
  })
})

describe('channel settlement: whatever goes wrong', () => {
  const fault = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('order' as const), who: who(), amount: amount() }),
    },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('deliver' as const), index: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose' as const), index: fc.nat(3) }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('flush' as const), who: who() }) },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('ledger' as const), max: fc.integer({ min: 1, max: 3 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), who: who() }) },
    { weight: 3, arbitrary: fc.constant({ kind: 'connect' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'disconnect' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 12_000 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('collect' as const), who: who() }) },
  )
  function who(): fc.Arbitrary<'alice' | 'bob'> {
    return fc.constantFrom('alice', 'bob')
  }
  function amount(): fc.Arbitrary<bigint> {
    return fc.bigInt({ min: 1n, max: 150n })
  }
  type Fault = typeof fault extends fc.Arbitrary<infer F> ? F : never

  function apply(p: Peering, ordered: Record<'alice' | 'bob', bigint>, step: Fault): void {
    switch (step.kind) {
      case 'order':
        ordered[step.who] += step.amount
        return p.handle(p[step.who], { kind: 'settle', total: ordered[step.who] })
      case 'deliver':
        return p.deliver(step.index)
      case 'lose':
        return p.lose(step.index)
      case 'flush':
        return p[step.who].journal.flush()
      case 'ledger':
        return p.ledger.run(step.max)
      case 'crash':
        p.crash(p[step.who])
        // The books outlive the crash and order again what they had ordered.
        return p.handle(p[step.who], { kind: 'settle', total: ordered[step.who] })
      case 'connect':
        return p.connect()
      case 'disconnect':
        return p.disconnect()
      case 'pass':
        return p.pass(step.ms)
      case 'collect':
        return p.handle(p[step.who], { kind: 'collect' })
    }
  }

  it('credits no more than was ordered, never twice, and in the end exactly that: crashes, losses, any order', () => {
    fc.assert(
      fc.property(fc.array(fault, { maxLength: 80 }), (steps) => {
        const p = new Peering()
        const supply = p.ledger.supply()
        const ordered = { alice: 0n, bob: 0n }
        for (const step of steps) {
          apply(p, ordered, step)
          expect(p.bob.received <= ordered.alice).toBe(true)
          expect(p.alice.received <= ordered.bob).toBe(true)
          expect(p.ledger.supply() <= supply).toBe(true)
        }
        p.connect()
        p.rest()
        expect([p.bob.received, p.alice.received]).toEqual([ordered.alice, ordered.bob])
        for (const side of p.sides()) p.handle(side, { kind: 'collect' })
        p.rest()
        const redeemed = (side: Side): bigint => {
          const last = side.traces.findLast(({ event }) => event === 'channel.redeemed')
          return last === undefined ? 0n : (last.fields['amount'] as bigint)
        }
        expect([redeemed(p.bob), redeemed(p.alice)]).toEqual([ordered.alice, ordered.bob])
      }),
      { numRuns: 1000 },
    )
  })
})
