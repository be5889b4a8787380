import { type Address, toAddress } from '@hourglass/ilp'
import { encodeHex, encodeUtf8 } from '@hourglass/oer'
import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { Announcements } from './announcements.ts'
import {
  CHANGES_PER_UPDATE,
  LOOKS_PER_INTERVAL,
  UPDATE_INTERVAL_MS,
  UPDATE_RETRY_MS,
  WITHDRAWALS_MAX,
} from './limits.ts'
import type { Relation, RoutePeer } from './route-entry.ts'
import { RouteSender } from './route-sender.ts'
import { Routes } from './routes.ts'
import { NOW, peerOf, routeOf } from './testing/values.ts'
import { UPDATE_BYTES_MAX } from './wire/message.ts'
import type { RouteControl } from './wire/route-control.ts'
import { type RouteUpdate, encodeRouteUpdate } from './wire/route-update.ts'
import { NO_TABLE } from './wire/table-id.ts'

const OWN = toAddress('test.me')
const SECRET = new Uint8Array(32).fill(5)
const BROADCAST_MS = 30_000

/** Octets that count. */
function countingRng(): { bytes: (length: number) => Uint8Array } {
  let last = 0
  return { bytes: (length) => new Uint8Array(length).fill(++last) }
}

function setUp(relation: Relation = 'peer'): {
  routes: Routes<RoutePeer>
  announcements: Announcements<RoutePeer>
  peer: RoutePeer
  sender: RouteSender<RoutePeer>
  control: (options?: Partial<RouteControl>) => void
} {
  const routes = new Routes<RoutePeer>()
  routes.fix(OWN, [])
  const announcements = new Announcements({ routes, crypto: nodeCrypto, secret: SECRET, address: OWN })
  const peer = peerOf('bob', relation)
  const options = { broadcastIntervalMs: BROADCAST_MS, holdDownMs: 45_000, rng: countingRng() }
  const sender = new RouteSender(peer, announcements, options)
  sender.link(true)
  const known = { lastKnownTable: NO_TABLE, lastKnownEpoch: 0, features: [] }
  return {
    routes,
    announcements,
    peer,
    sender,
    control: (change) => sender.handleControl({ kind: 'control', mode: 'sync', ...known, ...change }),
  }
}

/** Takes what is due, and has it accepted. */
function deliver(sender: RouteSender<RoutePeer>, now: number): RouteUpdate | undefined {
  const update = sender.takeUpdate(now)
  if (update !== undefined) sender.answered(update, true, now)
  return update
}

/** All updates until there is nothing new, as far apart as they may be. */
function deliverAll(sender: RouteSender<RoutePeer>, from: number): RouteUpdate[] {
  const updates: RouteUpdate[] = []
  for (let now = from; ; now += UPDATE_INTERVAL_MS) {
    const update = deliver(sender, now)
    if (update === undefined) return updates
    updates.push(update)
  }
}

/** Has the log brought up to date, however many intervals that takes. */
function refreshAll(announcements: Announcements<RoutePeer>): void {
  for (let at = announcements.nextRefresh(); at !== undefined; at = announcements.nextRefresh()) {
    announcements.refresh(at)
  }
}

const prefixesOf = (update: RouteUpdate | undefined): Address[] =>
  (update?.newRoutes ?? []).map(({ prefix }) => prefix)

describe('a sender of routes', () => {
  it('says nothing until it is asked, then its own prefix first: CCP-21, CCP-55, X-CCP5', () => {
    const { sender, control } = setUp()
    expect(sender.nextTimeout()).toBeUndefined()
    expect(sender.takeUpdate(NOW)).toBeUndefined()
    control()
    expect(sender.takeUpdate(NOW)).toMatchObject({
      fromEpoch: 0,
      toEpoch: 1,
      currentEpoch: 1,
      holdDownMs: 45_000,
      speaker: OWN,
      newRoutes: [{ prefix: OWN, path: [OWN] }],
    })
  })

  it('names its table by a UUID of version 4, another for each start: CCP-17', () => {
    const { sender, control } = setUp()
    control()
    expect(sender.takeUpdate(NOW)!.table).toMatch(/^.{12}4.{3}[89ab]/)
  })

  it('numbers each change, and sends the newest of each prefix: CCP-16, CCP-24', () => {
    const { sender, control, routes, announcements } = setUp()
    control()
    deliver(sender, NOW)
    const carol = peerOf('carol')
    for (const prefix of ['test.a', 'test.b']) routes.offer(carol, routeOf(prefix))
    announcements.refresh(NOW)
    expect(announcements.epoch).toBe(3)
    routes.offer(carol, routeOf('test.a', ['test.x', 'test.a']))
    const update = deliver(sender, NOW + 1000)
    expect(update).toMatchObject({ fromEpoch: 1, toEpoch: 4 })
    expect(prefixesOf(update)).toEqual(['test.b', 'test.a'])
  })

  it('sends changes at once, though not too fast, and heartbeats where there are none: CCP-30, CCP-34, CCP-35', () => {
    const { sender, control, routes } = setUp()
    control()
    deliver(sender, NOW)
    expect(sender.nextTimeout()).toBe(NOW + BROADCAST_MS)
    routes.offer(peerOf('carol'), routeOf('test.a'))
    expect(sender.takeUpdate(NOW + UPDATE_INTERVAL_MS - 1)).toBeUndefined()
    expect(sender.nextTimeout()).toBe(NOW + UPDATE_INTERVAL_MS)
    // Two changes within the interval are one update.
    routes.offer(peerOf('carol'), routeOf('test.b'))
    expect(prefixesOf(deliver(sender, NOW + UPDATE_INTERVAL_MS))).toEqual(['test.a', 'test.b'])
    const heartbeat = deliver(sender, NOW + UPDATE_INTERVAL_MS + BROADCAST_MS)
    expect(heartbeat).toMatchObject({
      fromEpoch: 3,
      toEpoch: 3,
      currentEpoch: 3,
      newRoutes: [],
      withdrawn: [],
    })
  })

  it('sends nothing of what came and went within the interval', () => {
    const { sender, control, routes } = setUp()
    control()
    deliver(sender, NOW)
    const carol = peerOf('carol')
    routes.offer(carol, routeOf('test.a'))
    routes.offer(carol, routeOf('test.b'))
    routes.withdraw(carol, 'test.b')
    expect(prefixesOf(sender.takeUpdate(NOW + UPDATE_INTERVAL_MS))).toEqual(['test.a'])
  })

  it('splits what is too much for one update, by number and by length: CCP-36, CCP-37', () => {
    const { sender, control, routes } = setUp()
    for (let i = 0; i < 119; i++) routes.offer(peerOf('carol'), routeOf(`test.n${i}`))
    control()
    const updates = deliverAll(sender, NOW)
    expect(updates.map((update) => prefixesOf(update).length)).toEqual([
      CHANGES_PER_UPDATE,
      CHANGES_PER_UPDATE,
      20,
    ])
    expect(updates.map(({ fromEpoch, toEpoch }) => [fromEpoch, toEpoch])).toEqual([
      [0, 50],
      [50, 100],
      [100, 120],
    ])

    const long = setUp()
    const hop = `test.${'x'.repeat(1000)}`
    for (let i = 0; i < 50; i++) {
      long.routes.offer(peerOf('carol'), routeOf(`test.n${i}`, [hop, hop, hop, `test.n${i}`]))
    }
    // One that fits into no update at all is not told.
    long.routes.offer(
      peerOf('carol'),
      routeOf(
        'test.endless',
        Array.from({ length: 32 }, () => hop),
      ),
    )
    long.control()
    const split = deliverAll(long.sender, NOW)
    for (const update of split) expect(encodeRouteUpdate(update).length).toBeLessThanOrEqual(UPDATE_BYTES_MAX)
    expect(split.flatMap(prefixesOf)).toHaveLength(51)
    expect(split.length).toBeGreaterThan(4)
  })

  it('has one update under way, and sends again what was refused: CCP-38 … CCP-40, SEC-15, X-CCP7', () => {
    const { sender, control } = setUp()
    control()
    const first = sender.takeUpdate(NOW)!
    expect(sender.nextTimeout()).toBeUndefined()
    expect(sender.takeUpdate(NOW + BROADCAST_MS)).toBeUndefined()
    sender.answered(first, false, NOW)
    expect(sender.nextTimeout()).toBe(NOW + UPDATE_RETRY_MS)
    const second = sender.takeUpdate(NOW + UPDATE_RETRY_MS)!
    expect(second).toEqual(first)
    sender.answered(second, false, NOW)
    expect(sender.nextTimeout()).toBe(NOW + 3 * UPDATE_RETRY_MS)
    const third = sender.takeUpdate(NOW + 3 * UPDATE_RETRY_MS)!
    // The answer to an update of before says nothing of this one.
    sender.answered(second, true, NOW)
    expect(sender.takeUpdate(NOW + BROADCAST_MS)).toBeUndefined()
    sender.answered(third, true, NOW)
    expect(sender.takeUpdate(NOW + 2 * BROADCAST_MS)).toMatchObject({ fromEpoch: 1, toEpoch: 1 })
  })

  it('goes on where the peer is; who knows another table, or too much, begins anew: CCP-21, CCP-22', () => {
    const { sender, control, routes } = setUp()
    routes.offer(peerOf('carol'), routeOf('test.a'))
    control()
    const { table } = deliver(sender, NOW)!
    control({ lastKnownTable: table, lastKnownEpoch: 1 })
    expect(deliver(sender, NOW + 1000)).toMatchObject({ table, fromEpoch: 1, toEpoch: 2 })
    control({ lastKnownTable: '9'.repeat(32), lastKnownEpoch: 2 })
    expect(deliver(sender, NOW + 2000)).toMatchObject({ table, fromEpoch: 0, toEpoch: 2 })
    control({ lastKnownTable: table, lastKnownEpoch: 0xffff_ffff })
    const anew = deliver(sender, NOW + 3000)!
    expect(anew).toMatchObject({ fromEpoch: 0, toEpoch: 2 })
    expect(anew.table).not.toBe(table)
  })

  it('stops when the peer says idle, and while the link is down: CCP-23', () => {
    const { sender, control, routes } = setUp()
    control()
    deliver(sender, NOW)
    control({ mode: 'idle' })
    routes.offer(peerOf('carol'), routeOf('test.a'))
    expect(sender.takeUpdate(NOW + BROADCAST_MS)).toBeUndefined()
    control()
    sender.link(false)
    expect(sender.takeUpdate(NOW + BROADCAST_MS)).toBeUndefined()
    sender.link(true)
    expect(prefixesOf(sender.takeUpdate(NOW + BROADCAST_MS))).toEqual([OWN, 'test.a'])
  })

  it('tells no peer its own routes, and withdraws what the peer serves itself by now: CCP-41, CCP-51', () => {
    const { sender, control, routes, peer } = setUp()
    routes.offer(peerOf('carol'), routeOf('test.a', ['test.carol', 'test.x', 'test.a']))
    routes.offer(peer, routeOf('test.b'))
    control()
    // It was told of nothing before, so there is nothing to withdraw.
    const first = deliver(sender, NOW)
    expect(prefixesOf(first)).toEqual([OWN, 'test.a'])
    routes.offer(peer, routeOf('test.a'))
    const second = deliver(sender, NOW + 1000)
    expect(second).toMatchObject({ newRoutes: [], withdrawn: ['test.a'] })
  })

  it('withdraws what it told while the question was on its way, of which the peer says it knows nothing', () => {
    const { sender, control, routes } = setUp()
    const carol = peerOf('carol')
    routes.offer(carol, routeOf('test.a'))
    control()
    expect(prefixesOf(deliver(sender, NOW))).toEqual([OWN, 'test.a'])
    routes.withdraw(carol, 'test.a')
    expect(deliver(sender, NOW + 1000)).toMatchObject({ withdrawn: ['test.a'] })
    control()
    expect(deliver(sender, NOW + 2000)).toMatchObject({ fromEpoch: 0, withdrawn: ['test.a'] })
    // Over a link that was cut nothing is on its way.
    sender.link(false)
    sender.link(true)
    control()
    expect(deliver(sender, NOW + 3000)).toMatchObject({ fromEpoch: 0, withdrawn: [] })
  })

  it.each([
    ['parent', 'child', true],
    ['parent', 'peer', false],
    ['parent', 'parent', false],
    ['peer', 'child', true],
    ['peer', 'peer', true],
    ['peer', 'parent', true],
    ['child', 'peer', true],
    ['child', 'parent', true],
  ] as const)('tells a %s routes of a %s: %s (CCP-52)', (to, from, isTold) => {
    const { sender, control, routes } = setUp(to)
    routes.offer(peerOf('carol', from), routeOf('test.a'))
    control()
    expect(prefixesOf(deliver(sender, NOW))).toEqual(isTold ? [OWN, 'test.a'] : [OWN])
  })

  it('leaves out what a covering prefix leads the same way, until that changes: CCP-53', () => {
    const { sender, control, routes } = setUp()
    const [carol, dave] = [peerOf('carol'), peerOf('dave')]
    routes.offer(carol, routeOf('test.a'))
    routes.offer(carol, routeOf('test.a.b'))
    routes.offer(dave, routeOf('test.a.b.c'))
    control()
    expect(prefixesOf(deliver(sender, NOW))).toEqual([OWN, 'test.a', 'test.a.b.c'])
    routes.offer(dave, routeOf('test.a.b', ['test.a.b']))
    routes.withdraw(carol, 'test.a.b')
    expect(deliver(sender, NOW + 1000)).toMatchObject({
      newRoutes: [{ prefix: 'test.a.b' }],
      withdrawn: ['test.a.b.c'],
    })
    routes.withdraw(dave, 'test.a.b')
    expect(prefixesOf(deliver(sender, NOW + 2000))).toEqual(['test.a.b.c'])
  })

  it('tells of children by its own prefix alone, and of no other network: CCP-54, ADDR-16, ADDR-17, ADDR-20', () => {
    const { sender, control, routes } = setUp()
    const carol = peerOf('carol', 'child')
    for (const prefix of ['', 'test', 'test.me.carol', 'private.x', 'local.x', 'g.x', 'test.set']) {
      routes.fix(prefix, [{ peer: carol, weight: 1 }])
    }
    control()
    expect(prefixesOf(deliver(sender, NOW))).toEqual([OWN, 'test.set'])
  })

  it('proves its prefixes by a chain of hashes that begins with its secret: CCP-47, X-CCP4', () => {
    const { sender, control, routes } = setUp()
    const auth = new Uint8Array(32).fill(3)
    routes.offer(peerOf('carol'), routeOf('test.a', ['test.a'], { auth }))
    control()
    const [own, learnt] = deliver(sender, NOW)!.newRoutes
    const ofOwn = nodeCrypto.hmacSha256(SECRET)(encodeUtf8(OWN))
    expect(encodeHex(own!.auth)).toBe(encodeHex(nodeCrypto.sha256(ofOwn)))
    expect(encodeHex(learnt!.auth)).toBe(encodeHex(nodeCrypto.sha256(auth)))
    expect(learnt!.path).toEqual([OWN, 'test.a'])
  })

  it('passes on what is transitive as partial, and drops what is not: CCP-10', () => {
    const { sender, control, routes } = setUp()
    const property = { id: 1, isOptional: true, isPartial: false, isUtf8: false, value: Uint8Array.of(1) }
    const properties = [
      { ...property, isTransitive: true },
      { ...property, id: 2, isTransitive: false },
    ]
    routes.offer(peerOf('carol'), routeOf('test.a', undefined, { properties }))
    control()
    const [, learnt] = deliver(sender, NOW)!.newRoutes
    expect(learnt!.properties).toEqual([{ ...property, isTransitive: true, isPartial: true }])
  })

  it('looks at so many prefixes in an interval, however many one covers that comes and goes: CCP-53, SEC-13', () => {
    const { routes, announcements } = setUp()
    const [carol, dave] = [peerOf('carol'), peerOf('dave')]
    const count = 5 * LOOKS_PER_INTERVAL
    for (let i = 0; i < count; i++) routes.offer(carol, routeOf(`test.x.deep.n${i}`))
    refreshAll(announcements)
    expect(announcements.epoch).toBe(count + 1)
    // Whoever looks at a prefix asks what covers it.
    let looks = 0
    const { table } = routes
    const covering = table.covering.bind(table)
    table.covering = (...asked) => (looks++, covering(...asked))
    for (let flips = 0; flips < 20; flips++) {
      const now = NOW + flips * UPDATE_INTERVAL_MS
      const told = announcements.epoch
      looks = 0
      if (flips % 2 === 0) routes.offer(carol, routeOf('test.x'))
      else routes.withdraw(carol, 'test.x')
      routes.offer(dave, routeOf(`test.dave${flips}`))
      for (let at = now; at < now + UPDATE_INTERVAL_MS; at += 50) announcements.refresh(at)
      expect(looks).toBeLessThanOrEqual(2 * LOOKS_PER_INTERVAL)
      expect(looks).toBeGreaterThan(LOOKS_PER_INTERVAL / 2)
      // What others have to tell does not wait for it.
      const news = Array.from(announcements.since(told), ({ prefix }) => prefix)
      expect(news).toContain(`test.dave${flips}`)
    }
    // In the end all is told as if it had never come and gone.
    refreshAll(announcements)
    const told = Array.from(announcements.since(0)).filter(({ route }) => route !== undefined)
    expect(told.length).toBe(count + 1 + 20)
  })

  it('remembers a bounded number of withdrawals; who may have missed some begins anew: SEC-13', () => {
    const { sender, control, routes, announcements } = setUp()
    const carol = peerOf('carol')
    const churn = (from: number, to: number): void => {
      for (let i = from; i < to; i++) routes.offer(carol, routeOf(`test.n${i}`))
      refreshAll(announcements)
      for (let i = from; i < to; i++) routes.withdraw(carol, `test.n${i}`)
      refreshAll(announcements)
    }
    control()
    const { table } = deliver(sender, NOW)!
    churn(0, WITHDRAWALS_MAX + 1)
    routes.offer(carol, routeOf('test.stays'))
    const anew = deliver(sender, NOW + 1000)!
    expect(anew.table).not.toBe(table)
    expect(anew).toMatchObject({ fromEpoch: 0, toEpoch: anew.currentEpoch, withdrawn: [] })
    expect(prefixesOf(anew)).toEqual([OWN, 'test.stays'])
    churn(0, WITHDRAWALS_MAX + 1)
    expect(Array.from(announcements.since(0)).length).toBeLessThanOrEqual(WITHDRAWALS_MAX + 2)
  })
})
