import { type Address, type Prepare, decodeAmountTooLarge } from '@hourglass/ilp'
import { describe, expect, it } from 'vitest'
import type { ConnectorOptions } from './messages.ts'
import { NOTHING, NOW, account, connector, handle, prepare, ask, rejectOf } from './testing/one-connector.ts'

const LINK_TEST = 'peer.ilp_over_http_connection_test_that_should_always_reject' as Address

describe('connector: a packet that may not pass', () => {
  const cases: readonly [string, string, Partial<ConnectorOptions>, Partial<Prepare>][] = [
    ['F02', 'no route: ADDR-13', {}, { destination: 'test.carol' as Address }],
    ['F02', 'an unknown child: CONN-34', {}, { destination: 'test.node.unknown' as Address }],
    ['F02', 'our own address: CONN-33, ECHO-07', {}, { destination: 'test.node' as Address }],
    ['F02', 'the live network on a test node: ADDR-19, CONN-11', {}, { destination: 'g.bob' as Address }],
    ['F02', '`self.`: ADDR-15', {}, { destination: 'self.bob' as Address }],
    ['F02', '`local.`: ADDR-16', {}, { destination: 'local.bob' as Address }],
    ['F02', '`example.`: ADDR-18', {}, { destination: 'example.bob' as Address }],
    [
      'F01',
      'an unknown `peer.` protocol: ADDR-14, CONN-10, CONN-36',
      {},
      { destination: 'peer.foo' as Address },
    ],
    ['F01', 'a test of the link: ECHO-12', {}, { destination: LINK_TEST }],
    ['R02', 'already expired: ILP-27', {}, { expiresAt: NOW - 1 }],
    ['R02', 'too little time left: ILP-28, CONN-16', {}, { expiresAt: NOW + 1999 }],
    ['T04', 'more than the peer may owe: PCS-05, HTLA-03', {}, { amount: 1001n }],
    [
      'T04',
      'more than we may owe the next peer: PCS-22, SEC-35',
      { accounts: [account('alice'), account('bob', { payableMax: 99n })] },
      {},
    ],
    [
      'R01',
      'money that would vanish: ILP-23',
      { accounts: [account('alice'), account('bob', { asset: { code: 'USD', scale: 0 } })] },
      {},
    ],
    [
      'T00',
      'no exchange rate: CONN-29',
      { accounts: [account('alice'), account('bob', { asset: { code: 'XYZ', scale: 0 } })] },
      {},
    ],
  ]
  it.each(cases)(
    'gets %s, and no name or number of ours, for %s (CONN-44)',
    (code, _why, options, packet) => {
      const machine = connector(options)
      const reject = rejectOf(handle(machine, ask(prepare(packet))))
      expect(reject).toMatchObject({ code, triggeredBy: 'test.node', data: NOTHING })
      expect(reject.message).not.toMatch(/alice|bob|\d/)
      expect([...machine.accounts()].map((a) => a.heldIncoming + a.heldOutgoing)).toEqual([0n, 0n])
    },
  )

  it('gets F01 when it is no packet at all: ILP-36', () => {
    expect(rejectOf(handle(connector(), ask(Uint8Array.of(12, 3, 1)))).code).toBe('F01')
  })

  it('hears the first of its faults in an order of its own, whatever else is wrong: CONN-19', () => {
    const xyz = { code: 'XYZ', scale: 0 }
    const limited = account('alice', { packetAmountMax: 2000n })
    const full = connector({ accounts: [{ ...limited, packetsInFlightMax: 0 }, account('bob')] })
    const free = connector({ accounts: [limited, account('bob', { asset: xyz })] })
    const usd = connector({ accounts: [limited, account('bob')] })
    // All is wrong with it; from line to line, one thing less.
    const worst = prepare({ amount: 5000n, destination: 'g.carol' as Address, expiresAt: NOW })
    const large = { ...worst, amount: 1500n }
    const affordable = { ...large, amount: 100n }
    const foreign = { ...affordable, destination: 'test.carol' as Address }
    const routed = { ...foreign, destination: 'test.bob' as Address }
    const faults = [
      [full, Uint8Array.of(12, 3, 1), 'invalid packet'],
      [full, worst, 'too many packets in flight'],
      [free, worst, 'amount too large'],
      [free, large, 'exceeded maximum balance'],
      [free, affordable, 'scheme not routed here'],
      [free, foreign, 'no route'],
      [free, routed, 'no exchange rate'],
      [usd, routed, 'expires too soon'],
    ] as const
    for (const [machine, packet, message] of faults) {
      expect(rejectOf(handle(machine, ask(packet))).message).toBe(message)
    }
  })

  it('does not go back to the account that it came from: CONN-31, SEC-38', () => {
    expect(rejectOf(handle(connector(), ask(prepare(), 1, 'bob'))).code).toBe('F02')
  })

  it('gets F08 with both amounts in its own units, also for the next account: CONN-22, CONN-23, RISK-09', () => {
    const own = connector({ accounts: [account('alice', { packetAmountMax: 50n }), account('bob')] })
    const data = rejectOf(handle(own, ask(prepare()))).data
    expect(decodeAmountTooLarge(data)).toEqual({ receivedAmount: 100n, maximumAmount: 50n })

    const bob = account('bob', { asset: { code: 'USD', scale: 9 }, packetAmountMax: 50_999n })
    const next = connector({ accounts: [account('alice'), bob] })
    const nextData = rejectOf(handle(next, ask(prepare()))).data
    expect(decodeAmountTooLarge(nextData)).toEqual({ receivedAmount: 100n, maximumAmount: 50n })
  })

  it('gets F08 rather than wrap above 2^64-1: ILP-24', () => {
    const accounts = [
      account('alice', { balanceMax: 2n ** 64n }),
      account('bob', { asset: { code: 'USD', scale: 9 } }),
    ]
    expect(rejectOf(handle(connector({ accounts }), ask(prepare({ amount: 2n ** 63n })))).code).toBe('F08')
  })

  it('counts what is under way: PCS-06, PCS-07, PCS-21, CONN-12, HTLA-04, HTLA-13', () => {
    const machine = connector()
    expect(handle(machine, ask(prepare({ amount: 600n }), 1))[0]?.kind).toBe('request')
    expect(rejectOf(handle(machine, ask(prepare({ amount: 401n }), 2))).code).toBe('T04')
    expect(handle(machine, ask(prepare({ amount: 400n }), 3))[0]?.kind).toBe('request')
  })

  it('costs no other peer its turn: RISK-08', () => {
    const machine = connector({ accounts: ['alice', 'bob', 'carol'].map((id) => account(id)) })
    handle(machine, ask(prepare({ amount: 1000n }), 1))
    expect(rejectOf(handle(machine, ask(prepare(), 2))).code).toBe('T04')
    expect(handle(machine, ask(prepare(), 3, 'carol'))[0]?.kind).toBe('request')
  })

  it('gets T05 while too many of the peer are unanswered', () => {
    const machine = connector({ accounts: [account('alice', { packetsInFlightMax: 1 }), account('bob')] })
    handle(machine, ask(prepare({ amount: 1n }), 1))
    expect(rejectOf(handle(machine, ask(prepare({ amount: 1n }), 2))).code).toBe('T05')
  })

  it('gets T01 while the next peer is not connected: CONN-32', () => {
    const machine = connector()
    handle(machine, { kind: 'down', account: 'bob' })
    expect(rejectOf(handle(machine, ask(prepare()))).code).toBe('T01')
  })
})
