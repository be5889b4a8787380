import { toAddress } from '@hourglass/ilp'
import { TIMEOUT } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import type { Relation, RoutePeer } from './route-entry.ts'
import { Routing } from './routing.ts'
import { RouteNetwork } from './testing/network.ts'

function chain(...names: string[]): RouteNetwork {
  const network = new RouteNetwork()
  for (const name of names) network.add(name)
  for (const [i, name] of names.entries()) if (i > 0) network.connect(names[i - 1]!, name)
  network.settle()
  return network
}

describe('routes between nodes', () => {
  it('reach every node of a chain, own address in front: CCP-43, CCP-55, CONN-09', () => {
    const network = chain('a', 'b', 'c', 'd')
    expect(network.trace('a', 'test.d.bob')).toEqual(['a', 'b', 'c', 'd'])
    expect(network.trace('d', 'test.a')).toEqual(['d', 'c', 'b', 'a'])
    expect(network.node('a').routing.table.get('test.d')?.best?.route.path).toEqual([
      'test.b',
      'test.c',
      'test.d',
    ])
  })

  it('go when a link is cut, and come back with it: CCP-56', () => {
    const network = chain('a', 'b', 'c', 'd')
    network.cut('c', 'd')
    network.settle()
    expect(network.trace('a', 'test.d')).toEqual(['a'])
    network.heal('c', 'd')
    network.settle()
    expect(network.trace('a', 'test.d')).toEqual(['a', 'b', 'c', 'd'])
  })

  it('take the shorter way, then the other, and never go round in a ring: CCP-44, CCP-49, CCP-57', () => {
    const network = chain('a', 'b', 'c', 'd')
    network.connect('d', 'a')
    network.settle()
    expect(network.trace('a', 'test.d')).toEqual(['a', 'd'])
    network.cut('d', 'a')
    network.settle()
    expect(network.trace('a', 'test.d')).toEqual(['a', 'b', 'c', 'd'])
    network.cut('c', 'd')
    network.settle()
    for (const name of ['a', 'b', 'c']) expect(network.node(name).routing.table.get('test.d')).toBeUndefined()
  })
})

/** A child that counts how often it is asked what it is. */
class CountedChild implements RoutePeer {
  readonly id: string
  asked = 0

  constructor(id: string) {
    this.id = id
  }

  get relation(): Relation {
    this.asked++
    return 'child'
  }
}

describe('routing of a node with many children', () => {
  const address = toAddress('test.me')
  const exchange = { rng: { bytes: (length: number) => new Uint8Array(length) } }

  it('does the same for each that joins or leaves, however many there are', () => {
    const routing = new Routing({ address, crypto: nodeCrypto, peers: [], routes: [], exchange })
    const children = Array.from({ length: 500 }, (_, i) => new CountedChild(`kid${i}`))
    for (const child of children) routing.addPeer(child, {})
    expect(routing.table.size).toBe(1 + children.length)
    for (const { id } of children) routing.removePeer(id)
    expect(routing.table.size).toBe(1)
    expect(Math.max(...children.map(({ asked }) => asked))).toBeLessThan(10)
  })

  it('has nothing new to tell where all routes are set again', () => {
    const peer: RoutePeer = { id: 'bob', relation: 'peer' }
    const routes = [{ prefix: 'test.bob', account: 'bob' }]
    const routing = new Routing<RoutePeer>({
      address,
      crypto: nodeCrypto,
      peers: [[peer, {}]],
      routes,
      exchange,
    })
    expect(routing.nextTimeout()).toBe(0)
    routing.handle(TIMEOUT, 1)
    routing.setRoutes([...routes])
    expect(routing.nextTimeout()).toBeUndefined()
    routing.setRoutes([{ ...routes[0]!, weight: 2 }])
    expect(routing.nextTimeout()).toBe(0)
  })

  it('leads to one that joins and leaves, but where the operator has set something else: CCP-49', () => {
    const [set, other] = [new CountedChild('set'), new CountedChild('other')]
    const peer: RoutePeer = { id: 'bob', relation: 'peer' }
    const routes = [{ prefix: 'test.me.set', account: 'bob' }]
    const routing = new Routing<RoutePeer>({ address, crypto: nodeCrypto, peers: [[peer, {}]], routes })
    for (const child of [set, other]) routing.addPeer(child, {})
    expect(routing.table.resolve('test.me.set.x')?.leader).toBe(peer)
    expect(routing.table.resolve('test.me.other.x')?.leader).toBe(other)
    for (const { id } of [set, other]) routing.removePeer(id)
    expect(routing.table.resolve('test.me.set.x')?.leader).toBe(peer)
    expect(routing.table.resolve('test.me.other.x')?.leader).toBeUndefined()
  })
})
