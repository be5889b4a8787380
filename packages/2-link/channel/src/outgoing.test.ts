import { describe, expect, it } from 'vitest'
import { channel, channels, claimFor, openBehind, paid, termsToBob } from './testing/paid.ts'
import { DELAY_MS, MINTED, Peering, type Side } from './testing/peering.ts'
import { encodeAnswer } from './wire/answer.ts'
import { encodeHello } from './wire/hello.ts'

/** Replaces everything that the side has kept; its process is restarted. */
function replaceStore(peering: Peering, side: Side, records: ReturnType<Side['journal']['load']>): void {
  const gone = side.journal.load('').map(({ key }) => ({ key, value: undefined }))
  side.journal.commit([...gone, ...records], () => {})
  side.journal.flush()
  peering.crash(side)
}

describe('outgoing payments: the deposit', () => {
  it('is what the options say, or what the first order needs on top of it', () => {
    expect(channel(paid(30n)).deposit).toBe(100n)
    expect(channel(paid(250n)).deposit).toBe(350n)
  })

  it('is filled up before it runs out, so that orders do not wait for the ledger: HTLA-12', () => {
    const peering = paid(50n)
    expect(channel(peering).deposit).toBe(100n)
    peering.settle(peering.alice, 60n)
    peering.alice.journal.flush()
    expect(peering.messages, 'the claim does not wait').toHaveLength(1)
    peering.rest()
    expect(channel(peering).deposit).toBe(160n)
    expect(peering.alice.tracesOf('channel.funded')[0]).toMatchObject({ deposit: 160n, fee: 1n })
  })

  it('pays what it covers at once, and the rest when it is filled up', () => {
    const peering = paid(50n)
    peering.settle(peering.alice, 260n)
    peering.rest()
    expect(peering.bob.receivedTotals).toEqual([50n, 100n, 260n])
  })

  it('is tried again, ever more rarely, while the ledger account is short', () => {
    const peering = new Peering()
    peering.ledger.mint('alice', -peering.ledger.balanceOf('alice'))
    peering.connect()
    peering.settle(peering.alice, 30n)
    peering.rest(100_000)
    const refused = peering.alice.tracesOf('channel.refused')
    expect(refused[0]).toMatchObject({ by: 'ledger', action: 'open', refusal: 'insufficient-funds' })
    expect(refused.length).toBeGreaterThan(1)
    expect(refused.length).toBeLessThan(5)
    peering.ledger.mint('alice', MINTED)
    peering.rest(700_000)
    expect(peering.bob.received).toBe(30n)
  })
})

describe('outgoing payments: the settle delay', () => {
  it.each([
    ['shorter than the peer accepts', { settleDelayMs: DELAY_MS - 1 }],
    ['longer than the peer accepts', { settleDelayMs: DELAY_MS + 1, settleDelayMsMax: DELAY_MS }],
  ])('escrows nothing where ours is %s, and says why: HTLA-11', (_what, options) => {
    const peering = paid(30n, options)
    expect(channels(peering)).toEqual([])
    const [refused] = peering.alice.tracesOf('channel.refused')
    expect(refused).toMatchObject({ by: 'us', action: 'open' })
    expect(refused?.['message']).toMatch(
      /^we offer a settle delay of \d+ ms, the peer accepts from \d+ to \d+ ms$/,
    )
  })

  it.each([0, 1])('may be at either end of what the peer accepts', (end) => {
    const peering = paid(30n, { settleDelayMs: DELAY_MS + end, settleDelayMsMax: DELAY_MS + 1 })
    expect(peering.bob.received).toBe(30n)
  })
})

describe('outgoing payments: claims', () => {
  it('are sent one at a time, each for all that was ordered meanwhile', () => {
    const peering = paid(10n)
    for (let total = 11n; total <= 40n; total++) {
      peering.settle(peering.alice, total)
      peering.alice.journal.flush()
    }
    peering.rest()
    expect(peering.bob.receivedTotals).toEqual([10n, 11n, 40n])
  })

  it('are sent while orders keep coming faster than they become durable', () => {
    const peering = paid(1n)
    let total = 1n
    for (let i = 0; i < 20; i++) {
      peering.settle(peering.alice, ++total) // Ordered before the last commit is done.
      peering.alice.journal.flush()
      if (i % 2 === 0) peering.settle(peering.alice, ++total)
      while (peering.messages.length > 0) peering.deliver()
      peering.bob.journal.flush()
      while (peering.messages.length > 0) peering.deliver()
    }
    expect(peering.bob.received).toBeGreaterThan(20n)
  })

  it('are sent again when no answer came, and credited once: BTP-45', () => {
    const peering = paid(10n)
    peering.settle(peering.alice, 30n)
    peering.alice.journal.flush()
    peering.deliver()
    peering.bob.journal.flush()
    peering.messages = [] // The answer is lost.
    expect([peering.alice.sent, peering.bob.received]).toEqual([10n, 30n])
    peering.rest()
    expect(peering.alice.tracesOf('channel.claim-unanswered')).toHaveLength(1)
    expect([peering.alice.sent, peering.bob.received]).toEqual([30n, 30n])
    expect(peering.bob.receivedTotals).toEqual([10n, 30n])
  })

  it('are not sent again on a new connection to a peer that says that it holds them', () => {
    const peering = paid(30n)
    const sent = peering.alice.tracesOf('channel.claim-sent').length
    peering.disconnect()
    peering.connect()
    peering.rest()
    expect(peering.alice.tracesOf('channel.claim-sent')).toHaveLength(sent)
  })

  it('are sent again, ever more rarely, to a peer that refuses them', () => {
    const peering = paid(10n)
    peering.settle(peering.alice, 30n)
    peering.alice.journal.flush()
    const times: number[] = []
    while (times.length < 6) {
      const question = peering.messages.find(({ to, kind }) => to === 'bob' && kind === 'request')
      if (question !== undefined) {
        times.push(peering.now)
        const body = encodeAnswer({ refusal: 'a word of tomorrow', amount: 0n })
        peering.messages = [{ to: 'alice', kind: 'reply', id: question.id, body }]
        peering.deliver()
      }
      peering.pass(500)
    }
    const gaps = times.slice(1).map((time, i) => time - times[i]!)
    expect(gaps).toEqual([1000, 2000, 4000, 8000, 16_000])
  })
})

describe('outgoing payments: when a channel ends', () => {
  it('go on over a new channel, which pays what the closed one did not', () => {
    const peering = paid(30n)
    peering.disconnect()
    peering.settle(peering.alice, 45n)
    peering.perform(peering.bob, { kind: 'close', channelId: channel(peering).id })
    peering.flow()
    peering.connect()
    peering.rest()
    expect([peering.alice.sent, peering.bob.received]).toEqual([45n, 45n])
    expect(channels(peering)).toHaveLength(2)
  })

  it('pay again what was signed and never arrived', () => {
    const peering = paid(30n)
    const { id: channelId } = channel(peering)
    peering.settle(peering.alice, 70n)
    peering.alice.journal.flush()
    peering.messages = [] // The claim for 70 is lost,
    peering.perform(peering.bob, { kind: 'close', channelId }) // and the channel is closed.
    peering.rest()
    expect([peering.alice.sent, peering.bob.received]).toEqual([70n, 70n])
    const closed = { role: 'outgoing', channelId, amount: 30n, redeemed: 0n, returned: 170n }
    expect(peering.alice.tracesOf('channel.closed')).toEqual([closed])
  })

  it('do not pay again what arrived and was not redeemed: that is the destination’s loss', () => {
    const peering = paid(30n)
    peering.perform(peering.bob, { kind: 'close', channelId: channel(peering).id })
    peering.rest()
    peering.settle(peering.alice, 50n)
    peering.rest()
    expect(peering.bob.received).toBe(50n)
    expect(channels(peering)[1]).toBeDefined()
    peering.handle(peering.bob, { kind: 'collect' })
    peering.rest()
    expect(channels(peering).map(({ claimed }) => claimed)).toEqual([0n, 20n])
  })

  it('count what the ledger paid, whatever the peer says that it holds', () => {
    const peering = paid(30n)
    peering.handle(peering.bob, { kind: 'collect' })
    peering.rest()
    replaceStore(peering, peering.bob, []) // From now on Bob says that he holds nothing.
    peering.settle(peering.alice, 30n)
    peering.perform(peering.bob, { kind: 'close', channelId: channel(peering).id })
    peering.connect()
    peering.rest()
    peering.settle(peering.alice, 50n)
    peering.rest()
    peering.handle(peering.bob, { kind: 'collect' })
    peering.rest()
    expect(channels(peering).map(({ claimed }) => claimed)).toEqual([30n, 20n])
  })

  it('take the rest home once the settle delay is over, where somebody asked to close with our key', () => {
    const peering = paid(30n)
    const { id: channelId } = channel(peering)
    peering.perform(peering.alice, { kind: 'request-close', channelId })
    peering.flow()
    peering.settle(peering.alice, 80n)
    peering.rest(DELAY_MS / 2)
    expect(peering.bob.received, 'a closing channel pays no more').toBe(30n)
    expect(channel(peering).deposit, 'and is not filled up, which would cancel the close').toBe(100n)
    peering.rest()
    expect(channels(peering)[0]).toMatchObject({ closed: true, claimed: 30n })
    expect(peering.bob.received).toBe(80n)
  })

  it.each([
    ['the peer', ['bob'], 'close'],
    ['us, and the peer at once', ['alice', 'bob'], 'request-close'],
    ['us, when its time has come', ['alice'], 'request-close'],
  ] as const)(
    'go on with the exact sums over a new one, with a new reference, where it was closed by %s',
    (...row) => {
      const [, closers, kind] = row
      const peering = paid(30n)
      for (const round of [1n, 2n, 3n]) {
        const { id: channelId } = channels(peering).at(-1)!
        peering.perform(peering[closers[0]], { kind, channelId })
        peering.flow() // Where there is time to redeem, it is redeemed.
        if (closers.length > 1) peering.perform(peering.bob, { kind: 'close', channelId })
        peering.rest()
        peering.settle(peering.alice, 30n + 7n * round)
        peering.rest()
        expect([peering.alice.sent, peering.bob.received]).toEqual([30n + 7n * round, 30n + 7n * round])
      }
      expect(channels(peering).map(({ closed }) => closed)).toEqual([true, true, true, false])
      expect(new Set(channels(peering).map(({ terms }) => terms.reference)).size).toBe(4)
      for (const side of peering.sides()) peering.crash(side)
      peering.settle(peering.alice, 60n)
      peering.connect()
      peering.rest()
      expect([peering.alice.sent, peering.bob.received]).toEqual([60n, 60n])
      expect(channels(peering)).toHaveLength(4)
    },
  )

  it('stop for a peer that wants to be paid elsewhere, and go there once the channel is closed', () => {
    const peering = paid(30n)
    const { id: channelId } = channel(peering)
    const hello = {
      ledger: 'memory',
      account: 'carol',
      asset: 'native',
      referencePrefix: '00'.repeat(16),
      settleDelayMsMin: 0,
      settleDelayMsMax: DELAY_MS,
      held: [],
    }
    peering.ask(peering.alice, encodeHello(hello))
    expect(peering.alice.tracesOf('channel.refused').at(-1)).toMatchObject({ action: 'pay', channelId })
    peering.messages = []
    peering.settle(peering.alice, 40n)
    peering.alice.journal.flush()
    expect(peering.messages).toEqual([])
    peering.perform(peering.bob, { kind: 'close', channelId })
    peering.rest()
    expect(channels(peering)[1]?.terms).toMatchObject({ destination: 'carol' })
  })
})

describe('outgoing payments: when the store is lost', () => {
  it('go on with the channel that the peer holds a claim on', () => {
    const peering = paid(30n)
    replaceStore(peering, peering.alice, [])
    peering.connect()
    peering.rest()
    expect(peering.alice.tracesOf('channel.adopted')).toEqual([
      { channelId: channel(peering).id, amount: 30n, deposit: 100n },
    ])
    peering.settle(peering.alice, 12n) // The books begin anew as well.
    peering.rest()
    expect(peering.bob.received).toBe(42n)
    expect(channels(peering)).toHaveLength(1)
    peering.crash(peering.alice)
    peering.settle(peering.alice, 20n)
    peering.connect()
    peering.rest()
    expect(peering.bob.received).toBe(50n)
  })

  it('go on above what the peer holds, where the store is an old copy', () => {
    const peering = paid(30n)
    const copy = peering.alice.journal.load('')
    peering.settle(peering.alice, 60n)
    peering.rest()
    replaceStore(peering, peering.alice, copy) // The books say 30 again.
    peering.settle(peering.alice, 35n)
    peering.connect()
    peering.rest()
    expect(peering.bob.received).toBe(65n)
  })

  it('go on above what the ledger has paid, where the peer’s store is lost as well', () => {
    const peering = paid(30n)
    const copy = peering.alice.journal.load('')
    peering.settle(peering.alice, 60n)
    peering.rest()
    peering.handle(peering.bob, { kind: 'collect' })
    peering.rest()
    replaceStore(peering, peering.alice, copy)
    replaceStore(peering, peering.bob, [])
    peering.settle(peering.alice, 35n)
    peering.connect()
    peering.rest()
    expect(peering.bob.received, 'Bob’s books begin anew').toBe(5n)
    peering.handle(peering.bob, { kind: 'collect' })
    peering.rest()
    expect(channel(peering).claimed).toBe(65n)
  })

  it('go on with a channel that was opened after the old copy was made', () => {
    const peering = paid(30n)
    const copy = peering.alice.journal.load('')
    peering.perform(peering.bob, { kind: 'close', channelId: channel(peering).id })
    peering.rest()
    peering.settle(peering.alice, 45n)
    peering.rest()
    expect(channels(peering)).toHaveLength(2)
    replaceStore(peering, peering.alice, copy)
    peering.settle(peering.alice, 30n)
    peering.connect()
    peering.rest()
    peering.settle(peering.alice, 36n)
    peering.rest()
    expect(channels(peering)).toHaveLength(2)
    expect(peering.bob.received).toBe(51n)
  })

  it.each([
    [
      'that somebody else signed',
      (p: Peering) => ({ ...claimFor(p, openBehind(p, termsToBob(p)), 5n), amount: 6n }),
    ],
    ['on a channel that nobody opened', (p: Peering) => claimFor(p, 'nowhere', 5n)],
    [
      'on a channel to somebody else',
      (p: Peering) => claimFor(p, openBehind(p, termsToBob(p, { destination: 'carol' })), 5n),
    ],
    [
      'on a channel for another account',
      (p: Peering) => claimFor(p, openBehind(p, termsToBob(p, { reference: 'ab'.repeat(32) })), 5n),
    ],
  ])('are not led astray by a claim %s', (_what, makeClaim) => {
    const peering = new Peering()
    peering.handle(peering.alice, { kind: 'up' })
    const held = [makeClaim(peering)]
    const { reference } = termsToBob(peering)
    const hello = {
      ledger: 'memory',
      account: 'bob',
      asset: 'native',
      referencePrefix: reference.slice(0, 32),
      settleDelayMsMin: 0,
      settleDelayMsMax: DELAY_MS,
      held,
    }
    peering.ask(peering.alice, encodeHello(hello))
    peering.settle(peering.alice, 20n)
    peering.rest()
    expect(peering.alice.tracesOf('channel.adopted')).toEqual([])
    expect(peering.alice.tracesOf('channel.opened')).toHaveLength(1)
  })

  it('wait for a ledger that does not know their channel at the moment', () => {
    const peering = paid(30n)
    const [record] = peering.alice.journal.load('channel/peer/outgoing')
    const elsewhere = new Peering()
    replaceStore(elsewhere, elsewhere.alice, [record!])
    elsewhere.settle(elsewhere.alice, 60n)
    elsewhere.connect()
    elsewhere.rest()
    const refused = elsewhere.alice.tracesOf('channel.refused')
    expect(refused.length).toBeGreaterThan(1)
    for (const fields of refused) expect(fields).toMatchObject({ by: 'ledger', action: 'watch' })
    expect(elsewhere.ledger.channels()).toEqual([])
  })
})
