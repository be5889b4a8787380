import {
  type Address,
  ILDCP_CONDITION,
  ILDCP_FULFILLMENT,
  decodeFulfill,
  decodeIldcpResponse,
} from '@hourglass/ilp'
import { decodeUtf8 } from '@hourglass/oer'
import { describe, expect, it } from 'vitest'
import {
  NOW,
  CONDITION,
  FULFILLMENT,
  NOTHING,
  account,
  balances,
  connector,
  handle,
  prepare,
  ask,
  rejectOf,
} from './testing/one-connector.ts'

describe('connector: what it answers itself', () => {
  const child = account('alice', { relation: 'child' })
  const request = prepare({
    destination: 'peer.config' as Address,
    amount: 0n,
    executionCondition: ILDCP_CONDITION,
  })

  it('gives a child an address below ours: DCP-06, DCP-07, DCP-13, DCP-14, DCP-18, ADDR-20', () => {
    const machine = connector({ accounts: [child, account('bob')] })
    const [reply] = handle(machine, ask(request))
    const fulfill = decodeFulfill((reply as { body: Uint8Array }).body)
    expect(fulfill.fulfillment).toEqual(ILDCP_FULFILLMENT)
    expect(decodeIldcpResponse(fulfill)).toEqual({
      address: 'test.node.alice',
      assetCode: 'USD',
      assetScale: 6,
    })
    const [forwarded] = handle(
      machine,
      ask(prepare({ destination: 'test.node.alice.t' as Address }), 1, 'bob'),
    )
    expect(forwarded).toMatchObject({ kind: 'request', account: 'alice' })
  })

  it('gives addresses to children only, for the right condition, in time: DCP-10 … DCP-12, DCP-16', () => {
    const machine = connector({ accounts: [child, account('bob')] })
    for (const [packet, from, code] of [
      [request, 'bob', 'F00'],
      [{ ...request, executionCondition: CONDITION }, 'alice', 'F01'],
      [{ ...request, expiresAt: NOW }, 'alice', 'R02'],
    ] as const) {
      const reject = rejectOf(handle(machine, ask(packet, 1, from)))
      expect(reject).toMatchObject({ code, triggeredBy: 'test.node', data: NOTHING })
    }
  })

  it('neither forwards a request for an address nor takes money for it: DCP-22', () => {
    const routes = [{ prefix: '', account: 'bob' }]
    const machine = connector({ accounts: [child, account('bob')], routes })
    const outputs = handle(machine, ask({ ...request, amount: 100n }))
    expect(outputs).toMatchObject([{ kind: 'reply', account: 'alice' }])
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
  })

  it('answers a heartbeat with the octets that it brings, and takes no money for it: CONN-35', () => {
    const machine = connector()
    const data = Uint8Array.of(...FULFILLMENT, 1, 2, 3)
    const heartbeat = prepare({ destination: 'peer.heartbeat' as Address, data })
    const [reply] = handle(machine, ask(heartbeat))
    expect(decodeFulfill((reply as { body: Uint8Array }).body)).toEqual({ fulfillment: FULFILLMENT, data })
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })

    const short = { ...heartbeat, data: data.subarray(0, 31) }
    expect(rejectOf(handle(machine, ask(short))).code).toBe('F01')
    expect(rejectOf(handle(machine, ask({ ...heartbeat, expiresAt: NOW }))).code).toBe('R02')
  })

  it('tells a peer its balance as the peer sees it, and what it may still send', () => {
    const machine = connector()
    handle(machine, { kind: 'received', account: 'alice', total: 50n, reference: 'claim' })
    handle(machine, ask(prepare({ amount: 20n })))
    const input = { kind: 'request', account: 'alice', id: 5, protocol: 'balance', body: NOTHING } as const
    const [reply] = handle(machine, input)
    expect(JSON.parse(decodeUtf8((reply as { body: Uint8Array }).body))).toEqual({
      assetCode: 'USD',
      assetScale: 6,
      balance: '50',
      spendable: '1030',
    })
  })

  it('refuses link protocols that it does not know', () => {
    const input = { kind: 'request', account: 'alice', id: 5, protocol: 'foo', body: NOTHING } as const
    expect(handle(connector(), input)).toMatchObject([{ kind: 'refuse', account: 'alice', id: 5 }])
  })
})
