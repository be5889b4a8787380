import { describe, expect, it } from 'vitest'
import { RouteEntry, type RoutePeer } from './route-entry.ts'
import { peerOf, routeOf } from './testing/values.ts'

const [alice, bob, carol] = [peerOf('alice'), peerOf('bob'), peerOf('carol')]
const all = (): boolean => true

function entryOf(...offers: readonly (readonly [RoutePeer, ...string[]])[]): RouteEntry<RoutePeer> {
  const entry = new RouteEntry<RoutePeer>()
  for (const [peer, ...path] of offers) entry.offer({ peer, route: routeOf('test.x', path) })
  return entry
}

describe('the routes of one prefix', () => {
  it('are in order: what is set, children, peers, parents, short paths, accounts: CCP-49, CONN-08, SEC-12', () => {
    const [child, parent] = [peerOf('zoe', 'child'), peerOf('adam', 'parent')]
    const entry = entryOf(
      [parent, 'test.x'],
      [carol, 'test.c', 'test.x'],
      [bob, 'test.x'],
      [alice, 'test.x'],
      [child, 'test.a', 'test.b', 'test.x'],
    )
    expect(entry.offers().map(({ peer }) => peer.id)).toEqual(['zoe', 'alice', 'bob', 'carol', 'adam'])
    entry.fixed = [{ peer: parent, weight: 1 }]
    expect(entry.next('test.x', bob, all)).toBe(parent)
    entry.fixed = undefined
    expect(entry.next('test.x', bob, all)).toBe(child)
  })

  it('give way where a peer cannot be used: the next best takes the packets: CCP-57', () => {
    const entry = entryOf([alice, 'test.x'], [bob, 'test.b', 'test.x'])
    expect(entry.next('test.x', carol, (peer) => peer !== alice)).toBe(bob)
    // Where nobody can, the reject names what is wrong with the best.
    expect(entry.next('test.x', carol, () => false)).toBe(alice)
    entry.withdraw(alice)
    expect(entry.leader).toBe(bob)
  })

  it('share destinations by weight; each destination keeps its hop', () => {
    const entry = new RouteEntry<RoutePeer>()
    entry.fixed = [
      { peer: alice, weight: 3 },
      { peer: bob, weight: 1 },
    ]
    const destinations = Array.from({ length: 4000 }, (_, i) => `test.x.connection${i}`)
    const share = (isUsable: (peer: RoutePeer) => boolean): number => {
      const toAlice = destinations.filter((destination) => entry.next(destination, carol, isUsable) === alice)
      return toAlice.length / destinations.length
    }
    expect(share(all)).toBeGreaterThan(0.7)
    expect(share(all)).toBeLessThan(0.8)
    expect(entry.next('test.x.1', carol, all)).toBe(entry.next('test.x.1', carol, all))
    expect(share((peer) => peer !== alice)).toBe(0)
    expect(share((peer) => peer !== bob)).toBe(1)
    expect(share(() => false)).toBe(share(all))
    // What came from one of them goes to the other.
    expect(destinations.every((destination) => entry.next(destination, alice, all) === bob)).toBe(true)
  })

  it('moves the destinations of a hop that fails, and no others', () => {
    const entry = new RouteEntry<RoutePeer>()
    entry.fixed = [alice, bob, carol].map((peer) => ({ peer, weight: 1 }))
    const dave = peerOf('dave')
    for (let i = 0; i < 1000; i++) {
      const before = entry.next(`test.x.${i}`, dave, all)
      const after = entry.next(`test.x.${i}`, dave, (peer) => peer !== bob)
      if (before === bob) expect([alice, carol]).toContain(after)
      else expect(after).toBe(before)
    }
  })

  it('lead nowhere where the prefix is our own', () => {
    const entry = entryOf([alice, 'test.x'])
    entry.fixed = []
    expect(entry.next('test.x', bob, all)).toBeUndefined()
  })
})
