import {
  type Address,
  ErrorCode,
  type Prepare,
  decodePrepare,
  encodePrepare,
  toAddress,
} from '@hourglass/ilp'
import {
  ACCEPTED,
  type Route,
  type RouteMessage,
  type RouteUpdate,
  decodeRouteMessage,
  encodeRouteMessage,
} from '@hourglass/routing'
import { nodeRng } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import type { AccountOptions } from './account.ts'
import type { Connector } from './connector.ts'
import type { ConnectorOutput } from './messages.ts'
import {
  NOW,
  account,
  ask,
  balances,
  connector,
  handle,
  prepare,
  rejectOf,
  send,
} from './testing/one-connector.ts'

const TABLE = '1'.repeat(32)

/** alice asks, bob is asked; messages that went out while the links came up are answered by nobody. */
function exchanging(accounts: AccountOptions[] = [account('alice'), account('bob')]): Connector {
  return connector({ accounts, routes: [], routing: { rng: nodeRng }, links: 'down' })
}

/** The messages among the outputs. */
function messagesOf(
  outputs: readonly ConnectorOutput[],
): { account: string; id: number; message: RouteMessage }[] {
  return outputs.flatMap((output) => {
    if (output.kind !== 'request' || output.protocol !== 'ilp') return []
    const message = decodeRouteMessage(decodePrepare(output.body))
    return [{ account: output.account, id: output.id, message }]
  })
}

function updateOf(newRoutes: readonly Partial<Route>[], options: Partial<RouteUpdate> = {}): RouteUpdate {
  return {
    kind: 'update',
    table: TABLE,
    currentEpoch: newRoutes.length,
    fromEpoch: 0,
    toEpoch: newRoutes.length,
    holdDownMs: 45_000,
    speaker: toAddress('test.bob'),
    newRoutes: newRoutes.map((route) => ({
      prefix: toAddress('test.far'),
      path: [toAddress('test.bob'), toAddress('test.far')],
      auth: new Uint8Array(32),
      properties: [],
      ...route,
    })),
    withdrawn: [],
    ...options,
  }
}

const say = (machine: Connector, message: RouteMessage, from = 'bob'): ConnectorOutput[] =>
  handle(machine, ask(encodeRouteMessage(message, NOW + 60_000), 9, from))

const control: RouteMessage = {
  kind: 'control',
  mode: 'sync',
  lastKnownTable: '0'.repeat(32),
  lastKnownEpoch: 0,
  features: [],
}

function up(machine: Connector, ...ids: string[]): ConnectorOutput[] {
  return ids.flatMap((id) => handle(machine, { kind: 'up', account: id }))
}

describe('connector: routes of its peers', () => {
  it('asks its parents and peers for them, not its children: CCP-01, CCP-03, CCP-15, CCP-19', () => {
    const machine = exchanging([
      account('alice', { relation: 'child' }),
      account('bob'),
      account('carol', { relation: 'parent' }),
      account('dave', { routing: { receiveRoutes: false } }),
    ])
    const outputs = up(machine, 'alice', 'bob', 'carol', 'dave')
    expect(messagesOf(outputs)).toMatchObject([
      { account: 'bob', message: { kind: 'control', mode: 'sync' } },
      { account: 'carol', message: { kind: 'control' } },
    ])
    const request = outputs.find((output) => output.kind === 'request' && output.protocol === 'ilp')
    const packet = decodePrepare((request as { body: Uint8Array }).body)
    expect(packet).toMatchObject({ amount: 0n, destination: 'peer.route.control', expiresAt: NOW + 60_000 })
  })

  it('forwards packets by them, until they are withdrawn: CCP-24, CCP-31', () => {
    const machine = exchanging()
    up(machine, 'alice', 'bob')
    const packet = prepare({ destination: 'test.far.shop' as Address })
    expect(rejectOf(handle(machine, ask(packet))).code).toBe(ErrorCode.F02_UNREACHABLE)
    expect(say(machine, updateOf([{}]))).toMatchObject([{ kind: 'reply', id: 9, body: ACCEPTED }])
    expect(handle(machine, ask(packet))).toMatchObject([{ kind: 'request', account: 'bob' }])
    say(
      machine,
      updateOf([], { fromEpoch: 1, toEpoch: 2, currentEpoch: 2, withdrawn: [toAddress('test.far')] }),
    )
    expect(rejectOf(handle(machine, ask(packet))).code).toBe(ErrorCode.F02_UNREACHABLE)
  })

  it('tells them to the peers that ask: CCP-43, CONN-09', () => {
    const machine = exchanging()
    up(machine, 'alice', 'bob')
    say(machine, updateOf([{}]))
    const [message] = messagesOf(say(machine, control, 'alice'))
    expect(message).toMatchObject({
      account: 'alice',
      message: {
        newRoutes: [
          { prefix: 'test.node', path: ['test.node'] },
          { prefix: 'test.far', path: ['test.node', 'test.bob', 'test.far'] },
        ],
      },
    })
  })

  it('sends again what a peer rejects or does not answer: CCP-38, CCP-40, SEC-15', () => {
    const machine = exchanging()
    up(machine, 'alice', 'bob')
    const [first] = messagesOf(say(machine, control, 'alice'))
    handle(machine, { kind: 'reply', id: first!.id, body: Uint8Array.of(14, 0) })
    const [second] = messagesOf(handle(machine, { kind: 'timeout' }, NOW + 1000))
    expect(second).toMatchObject({ account: 'alice', message: first!.message })
    handle(machine, { kind: 'failed', id: second!.id, failure: 'lost' }, NOW + 1000)
    const [third] = messagesOf(handle(machine, { kind: 'timeout' }, NOW + 3000))
    expect(third?.message).toEqual(first!.message)
    handle(machine, { kind: 'reply', id: third!.id, body: ACCEPTED }, NOW + 3000)
    expect(machine.nextTimeout()).toBe(NOW + 33_000)
  })

  it('takes none from children and whom the operator excludes: CCP-14, CCP-15', () => {
    const machine = exchanging([
      account('alice', { relation: 'child' }),
      account('bob', { routing: { sendRoutes: false } }),
      account('carol', { relation: 'child', routing: { receiveRoutes: true } }),
    ])
    up(machine, 'alice', 'bob', 'carol')
    expect(rejectOf(say(machine, updateOf([{}]), 'alice'))).toMatchObject({
      code: 'F00',
      triggeredBy: 'test.node',
    })
    expect(rejectOf(say(machine, control, 'bob')).code).toBe('F00')
    expect(say(machine, updateOf([{}]), 'carol')).toMatchObject([{ kind: 'reply', body: ACCEPTED }])
    // A child that asks is told (X-CCP2).
    expect(say(machine, control, 'alice')).toMatchObject([
      { kind: 'reply', body: ACCEPTED },
      { kind: 'request' },
    ])
  })

  it('refuses what is no route message: CCP-04, CCP-11, CCP-59', () => {
    const machine = exchanging()
    up(machine, 'bob')
    const packet = decodePrepare(encodeRouteMessage(control, NOW + 60_000))
    const codeOf = (change: Partial<Prepare>): string =>
      rejectOf(handle(machine, ask(encodePrepare({ ...packet, ...change }), 1, 'bob'))).code
    expect(codeOf({ executionCondition: packet.executionCondition.with(0, 0) })).toBe('F01')
    expect(codeOf({ destination: toAddress('peer.route.foo') })).toBe('F01')
    expect(codeOf({ data: packet.data.subarray(1) })).toBe('F01')
    expect(codeOf({ expiresAt: NOW })).toBe('R02')
  })

  it('takes no money for them, and fulfills none that has some: CCP-01, CCP-58', () => {
    const machine = exchanging()
    up(machine, 'alice', 'bob')
    const packet = decodePrepare(encodeRouteMessage(updateOf([{}]), NOW + 60_000))
    const paying = encodePrepare({ ...packet, amount: 100n })
    expect(rejectOf(handle(machine, ask(paying, 1, 'bob'))).code).toBe('F01')
    say(machine, updateOf([{}]))
    say(machine, control, 'alice')
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
  })

  it('lets no peer flood it with them: T05 above the allowance, which comes back: SEC-13', () => {
    const machine = exchanging()
    up(machine, 'bob')
    const codes = Array.from({ length: 100 }, () => {
      const [reply] = say(machine, updateOf([], { toEpoch: 0, currentEpoch: 0 }))
      return (reply as { body: Uint8Array }).body[0]
    })
    expect(codes.filter((type) => type === 13)).toHaveLength(40)
    expect(rejectOf(say(machine, updateOf([]))).code).toBe('T05')
    const body = encodeRouteMessage(updateOf([]), NOW + 60_000)
    const [reply] = handle(machine, ask(body, 1, 'bob'), NOW + 1000)
    expect(reply).toMatchObject({ kind: 'reply', body: ACCEPTED })
  })

  it('is no part of a node that exchanges no routes', () => {
    const machine = connector()
    expect(machine.nextTimeout()).toBeUndefined()
    expect(rejectOf(say(machine, control)).code).toBe('F01')
  })
})

describe('connector: several next hops', () => {
  const accounts = ['alice', 'bob', 'carol'].map((id) => account(id, { balanceMax: 1_000_000n }))
  const routes = [
    { prefix: 'test.shop', account: 'bob', weight: 3 },
    { prefix: 'test.shop', account: 'carol', weight: 1 },
  ]
  const to = (i: number): Prepare => prepare({ amount: 0n, destination: toAddress(`test.shop.${i}`) })
  /** Who gets each of a hundred destinations. */
  const hops = (machine: Connector, now = NOW): string[] =>
    Array.from({ length: 100 }, (_, i) => {
      const [output] = handle(machine, ask({ ...to(i), expiresAt: now + 10_000 }), now)
      return output?.kind === 'request' ? output.account : 'nobody'
    })

  it('share the packets of a prefix, and take over from a link that is down', () => {
    const machine = connector({ accounts, routes })
    const both = hops(machine)
    expect(new Set(both)).toEqual(new Set(['bob', 'carol']))
    handle(machine, { kind: 'down', account: 'bob' })
    expect(new Set(hops(machine))).toEqual(new Set(['carol']))
    up(machine, 'bob')
    expect(hops(machine)).toEqual(both)
  })

  it.each([
    ['answers nothing', 'lost'],
    ['fails', 'broken'],
    ['is not there, though its link is up', 'down'],
  ] as const)('take over from a peer that %s; a packet now and then tries it again', (_, failure) => {
    const machine = connector({ accounts, routes })
    const both = hops(machine)
    const toBob = both.indexOf('bob')
    for (let i = 0; i < 10; i++) {
      const id = send(machine, to(toBob))
      handle(machine, { kind: 'failed', id, failure })
    }
    expect(new Set(hops(machine))).toEqual(new Set(['carol']))
    const tried = hops(machine, NOW + 1000)
    expect(tried.filter((hop) => hop === 'bob')).toHaveLength(1)
  })

  it('with one alone refuse packets at once while it answers nothing: T01', () => {
    const machine = connector()
    for (let i = 0; i < 10; i++) {
      handle(machine, { kind: 'failed', id: send(machine, prepare({ amount: 0n })), failure: 'lost' })
    }
    expect(rejectOf(handle(machine, ask(prepare()))).code).toBe('T01')
    expect(handle(machine, ask(prepare()), NOW + 1000)).toMatchObject([{ kind: 'request', account: 'bob' }])
  })
})
