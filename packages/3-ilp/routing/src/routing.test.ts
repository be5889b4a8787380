import { describe, expect, it } from 'vitest'
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
