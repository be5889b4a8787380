import {
  type Address,
  ILDCP_CONDITION,
  ILDCP_FULFILLMENT,
  decodeFulfill,
  decodeIldcpResponse,
  decodePrepare,
  encodeFulfill,
  encodeIldcpRequest,
  encodeIldcpResponse,
  encodeReject,
} from '@hourglass/ilp'
import { describe, expect, it } from 'vitest'
import type { Connector } from './connector.ts'
import type { ConnectorInput, ConnectorOutput } from './messages.ts'
import {
  NOTHING,
  NOW,
  account,
  ask,
  connector,
  drain,
  handle,
  prepare,
  rejectOf,
} from './testing/one-connector.ts'

const USD = { assetCode: 'USD', assetScale: 6 }

/** A node without an address, below `parent`. */
function child(...children: string[]): Connector {
  const accounts = [
    account('parent', { relation: 'parent' }),
    ...children.map((name) => account(name, { relation: 'child' })),
  ]
  return connector({
    address: undefined,
    accounts,
    links: 'down',
    routes: [{ prefix: '', account: 'parent' }],
  })
}

/** What the node asks its parent when the link comes up. */
function asked(machine: Connector, now = NOW): Extract<ConnectorOutput, { kind: 'request' }> {
  return requestOf(handle(machine, { kind: 'up', account: 'parent' }, now))
}

function requestOf(outputs: readonly ConnectorOutput[]): Extract<ConnectorOutput, { kind: 'request' }> {
  const found = outputs.find((output) => output.kind === 'request' && output.protocol === 'ilp')
  if (found?.kind !== 'request') throw new Error('the parent was not asked')
  return found
}

function answer(id: number, address: string, asset = USD): ConnectorInput {
  const data = encodeIldcpResponse({ address: address as Address, ...asset })
  return { kind: 'reply', id, body: encodeFulfill({ fulfillment: ILDCP_FULFILLMENT, data }) }
}

describe('a node without an address', () => {
  it('asks its parent as soon as the link is up, and has what it says: DCP-01 … 05, DCP-19', () => {
    const machine = child('bob')
    const request = asked(machine)
    expect(request.account).toBe('parent')
    expect(decodePrepare(request.body)).toEqual({
      amount: 0n,
      destination: 'peer.config',
      executionCondition: ILDCP_CONDITION,
      expiresAt: NOW + 60_000,
      data: NOTHING,
    })
    const traces = handle(machine, answer(request.id, 'test.parent.node'))
    expect(traces).toEqual([
      { kind: 'trace', event: 'connector.address', fields: { address: 'test.parent.node', was: '' } },
    ])
    expect(machine.address).toBe('test.parent.node')
  })

  it('refuses all packets until then, for a while, and gives no address: DCP-21', () => {
    const machine = child('bob')
    const request = {
      ...prepare(),
      destination: 'peer.config' as Address,
      executionCondition: ILDCP_CONDITION,
    }
    for (const packet of [prepare(), request]) {
      expect(rejectOf(handle(machine, ask(packet, 1, 'bob')))).toMatchObject({ code: 'T00', triggeredBy: '' })
    }
    expect(handle(machine, { kind: 'down', account: 'bob' })).toEqual([])
  })

  it('asks one parent only, the first: DCP-17, CONN-07', () => {
    const accounts = ['one', 'two'].map((id) => account(id, { relation: 'parent' }))
    const machine = connector({ address: undefined, accounts, links: 'down', routes: [] })
    const isAsking = (id: string) =>
      handle(machine, { kind: 'up', account: id }).some((o) => o.kind === 'request' && o.protocol === 'ilp')
    expect([isAsking('two'), isAsking('one')]).toEqual([false, true])
    expect(() => connector({ address: undefined })).toThrow('a node has an address, or a parent to ask')
  })

  it.each<[string, (id: number) => ConnectorInput]>([
    ['a Reject', (id) => ({ kind: 'reply', id, body: reject })],
    ['no answer', (id) => ({ kind: 'failed', id, failure: 'lost' })],
    ['no packet', (id) => ({ kind: 'reply', id, body: Uint8Array.of(13, 1) })],
    ['another asset', (id) => answer(id, 'test.x', { assetCode: 'USD', assetScale: 9 })],
    ['an address that travels nowhere: SEC-10, SEC-11', (id) => answer(id, 'self.x')],
    ['no address: DCP-09', (id) => answer(id, 'no address')],
    [
      'a fulfillment that is not zero: DCP-08',
      (id) => {
        const data = encodeIldcpResponse({ address: 'test.x' as Address, ...USD })
        return { kind: 'reply', id, body: encodeFulfill({ fulfillment: ILDCP_CONDITION, data }) }
      },
    ],
  ])('takes %s for no answer, and asks again later each time', (_, wrong) => {
    const machine = child()
    let [request, now] = [asked(machine), NOW]
    for (const pauseMs of [1000, 2000, 4000]) {
      const complaints = handle(machine, wrong(request.id), now)
      expect(complaints).toMatchObject([{ kind: 'trace', event: 'connector.no-address' }])
      expect(machine.address).toBeUndefined()
      expect(machine.nextTimeout()).toBe(now + pauseMs)
      request = requestOf(handle(machine, { kind: 'timeout' }, (now += pauseMs)))
    }
    handle(machine, answer(request.id, 'test.parent.node'), now)
    expect(machine.address).toBe('test.parent.node')
  })

  it('goes with its parent where that moves, its children too, but into no other network: DCP-20, CONN-11', () => {
    const machine = child('bob')
    handle(machine, answer(asked(machine).id, 'test.parent.node'))
    handle(machine, { kind: 'up', account: 'bob' })
    const reaches = (destination: string): string | undefined => {
      const [output] = handle(machine, ask(prepare({ destination: destination as Address }), 1, 'parent'))
      return output?.kind === 'request' ? output.account : undefined
    }
    expect(reaches('test.parent.node.bob.x')).toBe('bob')
    handle(machine, { kind: 'down', account: 'parent' })
    handle(machine, answer(asked(machine).id, 'test.elsewhere.node'))
    expect(machine.address).toBe('test.elsewhere.node')
    expect(reaches('test.elsewhere.node.bob.x')).toBe('bob')
    expect(reaches('test.parent.node.bob.x')).toBeUndefined()
    handle(machine, { kind: 'down', account: 'parent' })
    expect(handle(machine, answer(asked(machine).id, 'g.elsewhere.node'))).toMatchObject([
      { kind: 'trace', event: 'connector.no-address' },
    ])
    expect(machine.address).toBe('test.elsewhere.node')
  })
})

describe('addresses', () => {
  it('are inherited by children of children: DCP-13, DCP-14, ADDR-20', () => {
    const root = connector({ accounts: [account('a', { relation: 'child' })], routes: [] })
    const [a, b] = [child('b'), child('c')]
    inherit(root, 'a', a)
    inherit(a, 'b', b)
    expect([a.address, b.address]).toEqual(['test.node.a', 'test.node.a.b'])

    for (const machine of [a, b])
      for (const { id } of machine.accounts()) handle(machine, { kind: 'up', account: id })
    const packet = prepare({ destination: 'test.node.a.b.c.shop' as Address, amount: 0n })
    const [fromRoot] = handle(root, ask(packet, 1, 'a'))
    expect(rejectOf([fromRoot!]).message).toBe('no route')
    const [fromA] = handle(a, ask(packet, 1, 'parent'))
    expect(fromA).toMatchObject({ kind: 'request', account: 'b' })
    const [fromB] = handle(b, ask(packet, 1, 'parent'))
    expect(fromB).toMatchObject({ kind: 'request', account: 'c' })
  })

  it('have an end: who has the longest gives none to children', () => {
    const machine = child('bob')
    handle(machine, answer(asked(machine).id, `test.${'x'.repeat(1017)}`))
    const answered = handle(machine, ask(encodeIldcpRequest(NOW + 5000), 1, 'bob'))
    expect(rejectOf(answered).code).toBe('T00')
  })
})

const reject = encodeReject({ code: 'F00', triggeredBy: '', message: 'no', data: NOTHING })

/** Carries the question of `below` to the node above, and the answer back. */
function inherit(above: Connector, id: string, below: Connector): void {
  const request = asked(below)
  const [reply] = handle(above, { kind: 'request', account: id, id: 1, protocol: 'ilp', body: request.body })
  if (reply?.kind !== 'reply') throw new Error('no answer')
  expect(decodeIldcpResponse(decodeFulfill(reply.body))).toMatchObject(USD)
  handle(below, { kind: 'reply', id: request.id, body: reply.body })
  drain(below)
}
