import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { ChannelSettlement } from './channel-settlement.ts'
import { CLOSED_CHANNELS_MAX, OPEN_CHANNELS_MAX } from './incoming.ts'
import { CHANNELS_MAX } from './ledger-view.ts'
import { SETTLE_DELAY_MS_MAX } from './options.ts'
import { channel, claimFor, claimTo, openBehind, paid, termsToBob } from './testing/paid.ts'
import { DELAY_MS, Peering } from './testing/peering.ts'
import { encodeClaim } from './wire/claim.ts'

describe('incoming claims', () => {
  it('are refused where the signature is not the claim key’s: SEC-34, HTLA-07', () => {
    const peering = paid(30n)
    const { id } = channel(peering)
    const signatures = [
      claimFor(peering, id, 41n).signature,
      peering.ledger.open('bob').scheme.sign(id, 40n),
      new Uint8Array(0),
    ]
    for (const signature of signatures) {
      const claim = { channelId: id, amount: 40n, signature }
      expect(claimTo(peering, claim)).toEqual({ refusal: 'bad-signature', amount: 30n })
    }
    expect(peering.bob.received).toBe(30n)
  })

  it('are refused above what the channel holds: HTLA-07', () => {
    const peering = paid(30n)
    const { id, deposit } = channel(peering)
    expect(claimTo(peering, claimFor(peering, id, deposit + 1n)).refusal).toBe('over-deposit')
    expect(peering.bob.received).toBe(30n)
    expect(claimTo(peering, claimFor(peering, id, deposit)).refusal).toBeUndefined()
    expect(peering.bob.received).toBe(deposit)
  })

  it('are credited with nothing when old or repeated, and answered with what is held: BTP-45, HTLA-08', () => {
    const peering = paid(30n)
    const { id } = channel(peering)
    for (const amount of [30n, 12n, 0n]) {
      expect(claimTo(peering, claimFor(peering, id, amount))).toEqual({ refusal: undefined, amount: 30n })
    }
    expect(peering.bob.receivedTotals).toEqual([30n])
  })

  it('are refused on a channel that nobody opened', () => {
    expect(claimTo(paid(30n), claimFor(paid(30n), 'nowhere', 5n)).refusal).toBe('unknown-channel')
  })

  it.each([
    ['pays another', { destination: 'carol' }],
    ['leaves too little time to redeem: HTLA-11', { settleDelayMs: DELAY_MS - 1 }],
    ['keeps the source waiting beyond all proportion: SEC-34', { settleDelayMs: SETTLE_DELAY_MS_MAX + 1 }],
    ['holds another asset', { asset: 'shells' }],
    ['is for another account of ours: SEC-34', { reference: 'ab'.repeat(32) }],
  ])('are refused on a channel that %s', (_why, change) => {
    const peering = paid(30n)
    const id = openBehind(peering, termsToBob(peering, change))
    expect(claimTo(peering, claimFor(peering, id, 5n)).refusal).toBe('bad-terms')
    expect(peering.bob.received).toBe(30n)
  })

  it('are taken at either end of what we accept as settle delay', () => {
    const peering = new Peering({ settleDelayMsMax: 2 * DELAY_MS })
    peering.connect()
    for (const [at, settleDelayMs] of [DELAY_MS, 2 * DELAY_MS, 2 * DELAY_MS + 1].entries()) {
      const reference = termsToBob(peering).reference.slice(0, -1) + String(at)
      const id = openBehind(peering, termsToBob(peering, { settleDelayMs, reference }))
      const isGood = settleDelayMs <= 2 * DELAY_MS
      expect(claimTo(peering, claimFor(peering, id, 5n)).refusal).toBe(isGood ? undefined : 'bad-terms')
    }
    expect(peering.bob.received).toBe(10n)
  })

  it('are refused once the source has asked to close: HTLA-11', () => {
    const peering = paid(30n)
    const { id: channelId } = channel(peering)
    peering.perform(peering.alice, { kind: 'request-close', channelId })
    peering.flow()
    expect(claimTo(peering, claimFor(peering, channelId, 40n))).toEqual({ refusal: 'closing', amount: 30n })
  })

  it('count on one account of a node alone, though several share its ledger account: SEC-34', () => {
    const peering = paid(30n)
    const { ledger } = peering
    const { name: ledgerName, account: ledgerAccount, scheme } = ledger.open('bob')
    const sybil = new ChannelSettlement({
      ...{
        account: 'sybil',
        accountScale: 9,
        ledgerName,
        ledgerAccount,
        scheme,
        asset: 'native',
        ledgerScale: 9,
      },
      ...{ rng: { bytes: (length) => new Uint8Array(length) }, crypto: nodeCrypto },
      ...{ deposit: 100n, settleDelayMs: DELAY_MS, settleDelayMsMin: DELAY_MS },
    })
    const kinds: string[] = []
    const session = ledger
      .open('bob')
      .connect((event) => sybil.handle({ kind: 'ledger', event }, peering.now))
    const claim = claimFor(peering, channel(peering).id, 30n)
    sybil.handle({ kind: 'request', id: 1, body: encodeClaim(claim) }, peering.now)
    for (let turn = 0; turn < 5; turn++) {
      for (let output = sybil.poll(); output !== undefined; output = sybil.poll()) {
        kinds.push(output.kind)
        if (output.kind === 'ledger') session.perform(output.action)
      }
      ledger.run()
    }
    expect(kinds).toContain('reply')
    expect(kinds).not.toContain('received')
    expect(kinds).not.toContain('commit')
  })

  it('wait for a deposit that the ledger is about to tell', () => {
    const peering = paid(30n)
    const { id: channelId, deposit } = channel(peering)
    peering.perform(peering.alice, { kind: 'fund', channelId, deposit: deposit + 50n })
    peering.ledger.run()
    const claim = claimFor(peering, channelId, deposit + 50n)
    expect(claimTo(peering, claim).refusal).toBeUndefined() // Bob hears of it after the claim.
    expect(peering.bob.received).toBe(deposit + 50n)
  })

  it('that follow one another closely are kept one after the other, and none is answered twice', () => {
    const peering = paid(30n)
    const { id } = channel(peering)
    for (const [at, amount] of [40n, 50n, 60n].entries()) {
      peering.messages.push({
        to: 'bob',
        kind: 'request',
        id: -at,
        body: encodeClaim(claimFor(peering, id, amount)),
      })
    }
    while (peering.messages.some(({ to }) => to === 'bob')) peering.deliver()
    peering.rest()
    expect(peering.bob.receivedTotals.at(-1)).toBe(60n)
    expect(peering.unanswered).toBe(0)
  })

  it('count what came after our memory begins, where the ledger had paid before', () => {
    const peering = new Peering()
    peering.connect()
    const channelId = openBehind(peering, termsToBob(peering))
    const { signature } = claimFor(peering, channelId, 20n)
    peering.perform(peering.bob, { kind: 'redeem', channelId, amount: 20n, signature })
    peering.flow()
    expect(claimTo(peering, claimFor(peering, channelId, 20n))).toEqual({ refusal: undefined, amount: 20n })
    expect(peering.bob.received).toBe(0n)
    claimTo(peering, claimFor(peering, channelId, 35n))
    expect(peering.bob.received).toBe(15n)
  })
})

describe('what a peer can make us keep', () => {
  it('is a few open channels', () => {
    const peering = new Peering()
    peering.connect()
    const refusals = Array.from({ length: OPEN_CHANNELS_MAX + 1 }, (_, i) => {
      const { reference } = termsToBob(peering)
      const terms = termsToBob(peering, { reference: reference.slice(0, 32) + String(i).padStart(32, '0') })
      return claimTo(peering, claimFor(peering, openBehind(peering, terms), 1n)).refusal
    })
    expect(refusals).toEqual([...Array.from({ length: OPEN_CHANNELS_MAX }, () => undefined), 'busy'])
  })

  it('is a bounded number of looks at channels that are no business of ours', () => {
    const peering = paid(30n)
    const refusals = new Set<string | undefined>()
    for (let i = 0; i < CHANNELS_MAX + 5; i++) {
      const terms = termsToBob(peering, { destination: 'carol', reference: String(i).padStart(64, '0') })
      refusals.add(claimTo(peering, claimFor(peering, openBehind(peering, terms, 1n), 1n)).refusal)
    }
    expect([...refusals]).toEqual(['bad-terms', 'busy'])
    peering.settle(peering.alice, 90n)
    peering.rest()
    expect(peering.bob.received, 'its own channel is served still').toBe(90n)
  })

  it('is one sum for all channels that were closed long ago', () => {
    const peering = new Peering()
    peering.connect()
    let total = 0n
    for (let i = 0; i < CLOSED_CHANNELS_MAX + 3; i++) {
      peering.settle(peering.alice, (total += 10n))
      peering.rest()
      const { id: channelId } = peering.ledger.channels().at(-1)!
      peering.handle(peering.bob, { kind: 'collect' })
      peering.flow()
      peering.perform(peering.bob, { kind: 'close', channelId })
      peering.rest()
    }
    expect(peering.bob.received).toBe(total)
    expect(peering.bob.journal.load('channel/peer/incoming/')).toHaveLength(CLOSED_CHANNELS_MAX)
    peering.crash(peering.bob)
    expect(peering.bob.receivedTotals).toEqual([total])
  })
})
