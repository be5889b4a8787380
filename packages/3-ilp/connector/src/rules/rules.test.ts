import { type Address, decodeAmountTooLarge } from '@hourglass/ilp'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AccountOptions } from '../account.ts'
import type { Connector } from '../connector.ts'
import {
  NOW,
  account,
  ask,
  balances,
  connector,
  eth,
  fulfillBody,
  handle,
  prepare,
  rejectOf,
  send,
} from '../testing/one-connector.ts'
import { TokenBucket } from './token-bucket.ts'

/** A connector between an alice with these rules and a bob with those. */
function between(alice: Partial<AccountOptions>, bob: Partial<AccountOptions> = {}): Connector {
  return connector({ accounts: [account('alice', alice), account('bob', bob)] })
}

/** What becomes of a packet: `ok`, or the code of its Reject. */
function fateOf(
  machine: Connector,
  packet: Parameters<typeof prepare>[0] = {},
  now = NOW,
  from = 'alice',
): string {
  const outputs = handle(machine, ask(prepare({ expiresAt: now + 10_000, ...packet }), 1, from), now)
  return outputs[0]?.kind === 'request' ? 'ok' : rejectOf(outputs).code
}

function fates(count: number, each: () => string): string[] {
  return Array.from({ length: count }, each)
}

describe('a packet rate', () => {
  it('takes a burst, then as many as come back with time, and T05 for the rest: CONN-20', () => {
    const machine = between({ packetRate: { perMinute: 60, burst: 2 } })
    const each = (now: number) => fates(3, () => fateOf(machine, { amount: 0n }, now))
    expect(each(NOW)).toEqual(['ok', 'ok', 'T05'])
    expect(each(NOW + 1000)).toEqual(['ok', 'T05', 'T05'])
    expect(each(NOW + 120_000)).toEqual(['ok', 'ok', 'T05'])
  })

  it('counts what the node answers itself, and nobody else’s packets', () => {
    const machine = between({ packetRate: { perMinute: 1 } })
    const heartbeat = { destination: 'peer.heartbeat' as Address, data: new Uint8Array(32) }
    expect(handle(machine, ask(prepare(heartbeat)))).toMatchObject([{ kind: 'reply' }])
    expect(fateOf(machine)).toBe('T05')
    expect(rejectOf(handle(machine, ask(prepare(), 1, 'bob'))).code).toBe('F02')
  })
})

describe('the size of packets', () => {
  it('has an end below as well, both ways, for packets with money: R01', () => {
    const machine = between({ packetAmountMin: 100n }, { packetAmountMin: 200n })
    expect([99n, 150n, 200n, 0n].map((amount) => fateOf(machine, { amount }))).toEqual([
      'R01',
      'R01',
      'ok',
      'ok',
    ])
  })
})

describe('throughput', () => {
  it('lets through so much money a second, and T04 for the rest, coming and going: CONN-21', () => {
    for (const machine of [
      between({ throughput: { incoming: 100n } }),
      between({}, { throughput: { outgoing: 100n } }),
    ]) {
      const each = (now: number) => fates(3, () => fateOf(machine, { amount: 50n }, now))
      expect(each(NOW)).toEqual(['ok', 'ok', 'T04'])
      expect(each(NOW + 500)).toEqual(['ok', 'T04', 'T04'])
      expect(each(NOW + 60_000)).toEqual(['ok', 'ok', 'T04'])
    }
  })

  it('says how large a packet may be that would never pass: F08, in the units of who sent it', () => {
    for (const machine of [
      between({ throughput: { incoming: 60n } }),
      between({}, { asset: { code: 'USD', scale: 9 }, throughput: { outgoing: 60_999n } }),
    ]) {
      const reject = rejectOf(handle(machine, ask(prepare())))
      expect(reject.code).toBe('F08')
      expect(decodeAmountTooLarge(reject.data)).toEqual({ receivedAmount: 100n, maximumAmount: 60n })
    }
  })

  it('is not used up by what does not go out', () => {
    const machine = between({}, { throughput: { outgoing: 100n }, payableMax: 10n })
    expect(fateOf(machine, { amount: 100n })).toBe('T04')
    expect(fateOf(machine, { amount: 10n })).toBe('ok')
  })
})

describe('destinations', () => {
  const routes = ['test.bob', 'test.bobby', ''].map((prefix) => ({ prefix, account: 'bob' }))
  function reach(rules: AccountOptions['destinations'], ...to: string[]): string[] {
    const machine = connector({
      accounts: [account('alice', { destinations: rules }), account('bob')],
      routes,
    })
    return to.map((destination) => fateOf(machine, { destination: destination as Address, amount: 1n }))
  }

  it('that are denied cannot be reached, but for what is allowed below, on segment boundaries: SEC-09', () => {
    const rules = { deny: ['test.bob'], allow: ['test.bob.shop', 'test'] }
    expect(reach(rules, 'test.bob.x', 'test.bob', 'test.bob.shop.1', 'test.bobby', 'private.x')).toEqual([
      'F02',
      'F02',
      'ok',
      'ok',
      'F02',
    ])
  })

  it('are all allowed but the denied ones where none is named as allowed', () => {
    expect(reach({ deny: ['test.bob'] }, 'test.bob.x', 'test.carol')).toEqual(['F02', 'ok'])
  })

  it('end nobody else’s packets', () => {
    const machine = between({ destinations: { allow: [] } })
    expect(fateOf(machine)).toBe('F02')
    expect(fateOf(machine, { destination: 'peer.heartbeat' as Address, data: new Uint8Array(9) })).toBe('F01')
  })
})

describe('duplicates', () => {
  it('are refused while the first is unanswered, and only where an account says so: SEC-08', () => {
    const machine = between({ refusesDuplicates: true })
    const id = send(machine)
    const other = prepare({ executionCondition: prepare().executionCondition.with(31, 0) })
    expect(fateOf(machine)).toBe('F00')
    expect(fateOf(machine, other)).toBe('ok')
    expect(fateOf(machine)).toBe('F00')
    handle(machine, { kind: 'reply', id, body: fulfillBody })
    expect(fateOf(machine)).toBe('ok')

    const plain = between({})
    expect([fateOf(plain), fateOf(plain)]).toEqual(['ok', 'ok'])
    expect([...plain.accounts()].map(({ heldIncoming }) => heldIncoming)).toEqual([200n, 0n])
  })
})

describe('the expiry window', () => {
  it('is the account’s own: the margin that a last-moment Fulfill needs, and the hold time: RISK-01', () => {
    const machine = between({ expiryMarginMs: 3000, holdTimeMsMax: 5000 })
    expect(fateOf(machine, { expiresAt: NOW + 5999 })).toBe('R02')
    const [near] = handle(machine, ask(prepare({ expiresAt: NOW + 6000 })))
    expect(near).toMatchObject({ kind: 'request', deadline: NOW + 3000 })
    const [far] = handle(machine, ask(prepare({ expiresAt: NOW + 3_600_000 })))
    expect(far).toMatchObject({ kind: 'request', deadline: NOW + 5000 })
  })
})

describe('the way back', () => {
  it('is open to an account that says so, and costs nothing: CONN-31', () => {
    const accounts = [account('alice', { reflects: true }), account('bob')]
    const machine = connector({ accounts, routes: [{ prefix: '', account: 'alice' }] })
    const id = send(machine)
    handle(machine, { kind: 'reply', id, body: fulfillBody })
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
    expect(machine.books.assets().map(({ sum }) => sum)).toEqual([0n])
  })
})

describe('a token bucket', () => {
  it('never gives more than its burst and what has come back, however it is asked', () => {
    const steps = fc.array(fc.record({ waitMs: fc.nat(5000), tokens: fc.bigInt(0n, 50n) }), {
      maxLength: 100,
    })
    const size = fc.record({ perPeriod: fc.bigInt(1n, 100n), burst: fc.bigInt(1n, 100n) })
    fc.assert(
      fc.property(steps, size, (asked, { perPeriod, burst }) => {
        const bucket = new TokenBucket({ perPeriod, periodMs: 1000, burst })
        let [now, given] = [NOW, 0n]
        for (const { waitMs, tokens } of asked) {
          now += waitMs
          if (bucket.take(tokens, now)) given += tokens
          expect((given - burst) * 1000n <= BigInt(now - NOW) * perPeriod).toBe(true)
        }
      }),
    )
  })
})

it('a node with too much under way refuses at once rather than answer late: RISK-03', () => {
  const machine = connector({ packetsInFlightMax: 2 })
  const id = send(machine)
  expect(fates(2, () => fateOf(machine))).toEqual(['ok', 'T03'])
  handle(machine, { kind: 'reply', id, body: fulfillBody })
  expect(fateOf(machine)).toBe('ok')
})

it('rules stand side by side: each account has its own', () => {
  const alice = { packetRate: { perMinute: 1 }, refusesDuplicates: true, reflects: true }
  const machine = connector({
    accounts: [account('alice', alice), account('bob'), account('carol', { asset: eth })],
  })
  expect(fates(2, () => fateOf(machine))).toEqual(['ok', 'T05'])
  expect(fates(2, () => fateOf(machine, {}, NOW, 'carol'))).toEqual(['ok', 'ok'])
})
