import { toAddress } from '@hourglass/ilp'
import { describe, expect, it } from 'vitest'
import { CONTROL_RETRY_MS_MAX, DROPS_AT_ONCE, HOPS_MAX, SEGMENTS_MAX, UPDATE_INTERVAL_MS } from './limits.ts'
import type { RoutePeer } from './route-entry.ts'
import { type ReceivingOptions, RouteReceiver } from './route-receiver.ts'
import { Routes } from './routes.ts'
import { NOW, TABLE, peerOf, routeOf, updateOf } from './testing/values.ts'
import type { RouteProperty } from './wire/route-property.ts'
import type { RouteUpdate } from './wire/route-update.ts'
import { NO_TABLE } from './wire/table-id.ts'

const OWN = toAddress('test.me')
const peer = peerOf('bob')

function setUp(options: Partial<ReceivingOptions> = {}): {
  routes: Routes<RoutePeer>
  receiver: RouteReceiver<RoutePeer>
  take: (update: RouteUpdate, now?: number) => ReturnType<RouteReceiver<RoutePeer>['handleUpdate']>
  prefixes: () => string[]
} {
  const routes = new Routes<RoutePeer>()
  const receiver = new RouteReceiver(peer, routes, {
    routesMax: 100,
    prefixes: undefined,
    holdDownMs: 45_000,
    ...options,
  })
  receiver.up(NOW)
  return {
    routes,
    receiver,
    take: (update, now = NOW) => receiver.handleUpdate(update, OWN, now),
    prefixes: () => Array.from(routes.table, ([prefix]) => prefix).sort(),
  }
}

describe('a receiver of routes', () => {
  it('asks for the whole table once the link is up, again while nobody answers: CCP-18, CCP-19, CCP-20', () => {
    const { receiver } = setUp()
    const first = receiver.takeControl(NOW)!
    expect(first).toEqual({
      kind: 'control',
      mode: 'sync',
      lastKnownTable: NO_TABLE,
      lastKnownEpoch: 0,
      features: [],
    })
    expect(receiver.takeControl(NOW)).toBeUndefined()
    receiver.answered(first, false, NOW)
    const pauses: number[] = []
    let now = NOW
    while (pauses.at(-1) !== CONTROL_RETRY_MS_MAX) {
      const next = receiver.nextTimeout()!
      expect(receiver.takeControl(next - 1)).toBeUndefined()
      pauses.push(next - now)
      now = next
      receiver.answered(receiver.takeControl(now)!, false, now)
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000])
    now = receiver.nextTimeout()!
    receiver.answered(receiver.takeControl(now)!, true, now)
    // Answered, but no update comes: the peer is asked again after the hold-down time.
    expect(receiver.nextTimeout()).toBe(now + 45_000)
  })

  it('takes changes in their order, from what it knows on: CCP-24, CCP-29, CCP-32', () => {
    const { take, prefixes, receiver } = setUp()
    expect(take(updateOf([routeOf('test.a'), routeOf('test.b')])).outcome).toBe('applied')
    expect(take(updateOf([routeOf('test.c')], [], { fromEpoch: 2 })).outcome).toBe('applied')
    expect(take(updateOf([routeOf('test.old')], [], { fromEpoch: 0 })).outcome).toBe('old')
    expect(prefixes()).toEqual(['test.a', 'test.b', 'test.c'])
    expect(receiver.count).toBe(3)
    // One that overlaps with what is known is taken as far as it goes.
    expect(take(updateOf([routeOf('test.c'), routeOf('test.d')], [], { fromEpoch: 2 })).outcome).toBe(
      'applied',
    )
    expect(prefixes()).toEqual(['test.a', 'test.b', 'test.c', 'test.d'])
  })

  it('takes a heartbeat for a sign of life: CCP-30, CCP-33', () => {
    const { take, receiver, prefixes } = setUp()
    receiver.answered(receiver.takeControl(NOW)!, true, NOW)
    take(updateOf([routeOf('test.a')]))
    take(updateOf([], [], { fromEpoch: 1 }), NOW + 40_000)
    expect(receiver.expire(NOW + 84_999)).toBeUndefined()
    expect(prefixes()).toEqual(['test.a'])
    expect(receiver.nextTimeout()).toBe(NOW + 85_000)
    expect(receiver.expire(NOW + 85_000)).toBe(1)
    expect(prefixes()).toEqual([])
    // Who was silent is asked as if nothing had been known of it.
    expect(receiver.takeControl(NOW + 85_000)).toMatchObject({ lastKnownTable: NO_TABLE, lastKnownEpoch: 0 })
  })

  it('takes nothing behind a gap, and asks for what is missing, not faster than updates come: CCP-27, CCP-28', () => {
    const { take, receiver, prefixes } = setUp()
    receiver.answered(receiver.takeControl(NOW)!, true, NOW)
    take(updateOf([routeOf('test.a')]))
    expect(take(updateOf([routeOf('test.c')], [], { fromEpoch: 2 })).outcome).toBe('gap')
    expect(prefixes()).toEqual(['test.a'])
    expect(receiver.takeControl(NOW)).toBeUndefined()
    const control = receiver.takeControl(NOW + UPDATE_INTERVAL_MS)
    expect(control).toMatchObject({ mode: 'sync', lastKnownTable: TABLE, lastKnownEpoch: 1 })
  })

  it('withdraws before it adds, and minds no withdrawal of what it never had: CCP-31, CCP-41', () => {
    const { take, prefixes, receiver } = setUp()
    take(updateOf([routeOf('test.a')], ['test.a', 'test.never']))
    expect(prefixes()).toEqual(['test.a'])
    take(updateOf([], ['test.a'], { fromEpoch: 3 }))
    expect(prefixes()).toEqual([])
    expect(receiver.count).toBe(0)
  })

  it('drops what a new table no longer has once that is complete: CCP-25, CCP-26, X-CCP6', () => {
    const { take, prefixes, receiver } = setUp()
    take(updateOf([routeOf('test.a'), routeOf('test.b')]))
    const table = '2'.repeat(32)
    expect(take(updateOf([routeOf('test.a')], [], { table, currentEpoch: 2 })).outcome).toBe('applied')
    expect(prefixes()).toEqual(['test.a', 'test.b'])
    take(updateOf([routeOf('test.c')], [], { table, fromEpoch: 1 }))
    expect(prefixes()).toEqual(['test.a', 'test.c'])
    expect(receiver.count).toBe(2)
  })

  it('does not use loops, its own addresses, other networks, long ways: CCP-44 … CCP-46, SEC-10, SEC-13', () => {
    const { take, prefixes } = setUp()
    const many = Array.from({ length: HOPS_MAX + 1 }, (_, i) => `test.h${i}`)
    const deep = ['test', ...Array.from({ length: SEGMENTS_MAX }, () => 'x')].join('.')
    const received = take(
      updateOf([
        routeOf('test.loop', ['test.bob', 'test.me', 'test.loop']),
        routeOf('test.me'),
        routeOf('test.me.child'),
        routeOf('g.a'),
        routeOf('private.a'),
        routeOf('peer.route'),
        routeOf('self.a'),
        routeOf('test1.a'),
        routeOf('test.far', many),
        routeOf(deep),
        routeOf('test.mean', ['test.bob', 'test.mean']),
      ]),
    )
    expect(received.refused).toBe(10)
    expect(prefixes()).toEqual(['test.mean'])
  })

  it('drops the earlier route of a prefix where the new one is of no use', () => {
    const { take, prefixes } = setUp()
    take(updateOf([routeOf('test.a')]))
    take(updateOf([routeOf('test.a', ['test.bob', 'test.me', 'test.a'])], [], { fromEpoch: 1 }))
    expect(prefixes()).toEqual([])
  })

  it('uses no route with a property that one has to know: CCP-10', () => {
    const { take, prefixes } = setUp()
    const property: RouteProperty = {
      id: 9,
      isOptional: false,
      isTransitive: true,
      isPartial: false,
      isUtf8: false,
      value: Uint8Array.of(1),
    }
    const optional = { ...property, isOptional: true }
    take(
      updateOf([
        routeOf('test.strict', undefined, { properties: [property] }),
        routeOf('test.lax', undefined, { properties: [optional] }),
      ]),
    )
    expect(prefixes()).toEqual(['test.lax'])
  })

  it('cares neither for speaker nor auth, nor minds an empty path: CCP-42, CCP-48, X-CCP5', () => {
    const { take, routes } = setUp()
    take(updateOf([routeOf('test.a', [])], [], { speaker: toAddress('test.mallory') }))
    expect(routes.table.get('test.a')?.leader).toBe(peer)
  })

  it('keeps no more routes than it may, and only those below the allowed prefixes: CCP-60, SEC-12, SEC-13', () => {
    const limited = setUp({ routesMax: 2 })
    const three = ['test.a', 'test.b', 'test.c'].map((prefix) => routeOf(prefix))
    expect(limited.take(updateOf(three)).refused).toBe(1)
    expect(limited.prefixes()).toEqual(['test.a', 'test.b'])
    // What is known may change still.
    expect(
      limited.take(updateOf([routeOf('test.b', ['test.x', 'test.b'])], [], { fromEpoch: 3 })).refused,
    ).toBe(0)

    const filtered = setUp({ prefixes: ['test.bob'] })
    filtered.take(
      updateOf([routeOf('test.bob'), routeOf('test.bob.x'), routeOf('test.bobby'), routeOf('test.a')]),
    )
    expect(filtered.prefixes()).toEqual(['test.bob', 'test.bob.x'])
  })

  it('says when a prefix has another owner than before: SEC-12', () => {
    const { take, routes } = setUp()
    routes.offer(peerOf('carol'), routeOf('test.shop', ['test.carol', 'test.x', 'test.shop']))
    expect(take(updateOf([routeOf('test.shop', ['test.mallory'])])).takenOver).toEqual(['test.shop'])
    expect(
      take(updateOf([routeOf('test.shop', ['test.y', 'test.mallory'])], [], { fromEpoch: 1 })).takenOver,
    ).toEqual([])
  })

  it('forgets all when the link goes down: CCP-56', () => {
    const { take, prefixes, receiver } = setUp()
    take(updateOf([routeOf('test.a')]))
    receiver.down()
    expect(prefixes()).toEqual([])
    expect(receiver.nextTimeout()).toBeUndefined()
    receiver.up(NOW + 1)
    expect(receiver.takeControl(NOW + 1)).toMatchObject({ lastKnownTable: NO_TABLE })
  })

  it('drops many routes in steps, all of them before it asks anew: CCP-56, SEC-13', () => {
    const count = 3 * DROPS_AT_ONCE
    const { take, receiver } = setUp({ routesMax: count })
    take(updateOf(Array.from({ length: count }, (_, i) => routeOf(`test.n${i}`))))
    receiver.down()
    receiver.up(NOW + 1)
    for (let kept = count - DROPS_AT_ONCE; kept > 0; kept -= DROPS_AT_ONCE) {
      expect(receiver.count).toBe(kept)
      expect(receiver.nextTimeout()).toBe(0)
      expect(receiver.takeControl(NOW + 1)).toBeUndefined()
      expect(receiver.drop()).toBe(true)
    }
    expect(receiver.count).toBe(0)
    while (receiver.drop());
    expect(receiver.takeControl(NOW + 1)).toMatchObject({ lastKnownTable: NO_TABLE })
  })

  it('keeps what is told anew while the rest goes', () => {
    const count = 2 * DROPS_AT_ONCE
    const { take, receiver, prefixes } = setUp({ routesMax: count })
    take(updateOf(Array.from({ length: count }, (_, i) => routeOf(`test.n${i}`))))
    receiver.down()
    receiver.up(NOW + 1)
    const last = `test.n${count - 1}`
    take(updateOf([routeOf(last)], [], { table: '2'.repeat(32), currentEpoch: 2 }))
    expect(prefixes().length).toBe(DROPS_AT_ONCE)
    while (receiver.drop());
    expect(prefixes()).toEqual([last])
  })

  it('makes no wave of a table that says the same again', () => {
    const { take, routes } = setUp()
    take(updateOf([routeOf('test.a'), routeOf('test.b')]))
    while (routes.haveChanged) routes.takeChanged()
    take(updateOf([routeOf('test.a'), routeOf('test.b')], [], { table: '2'.repeat(32) }))
    expect(routes.haveChanged).toBe(false)
  })
})
