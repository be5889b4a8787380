/** Whatever links do: in the end all nodes find one another by the ways that are left, and nothing goes in circles. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RouteNetwork } from './testing/network.ts'
import { routeOf, updateOf } from './testing/values.ts'

const NODES = 7
const anyLink = fc
  .tuple(fc.nat(NODES - 1), fc.nat(NODES - 1))
  .filter(([a, b]) => a < b)
  .map(([a, b]) => `n${a} n${b}`)

interface Turn {
  readonly link: string
  readonly pauseMs: number
}

const anyTurns: fc.Arbitrary<Turn[]> = fc.array(
  fc.record({ link: anyLink, pauseMs: fc.constantFrom(0, 5, 20, 150, 400, 2000) }),
  { maxLength: 25 },
)

/** By its ends; those that are up. */
function open(links: readonly string[]): RouteNetwork {
  const network = new RouteNetwork({ delayMs: 20 })
  for (let i = 0; i < NODES; i++) network.add(`n${i}`)
  for (const link of links) {
    const [a, b] = link.split(' ') as [string, string]
    network.connect(a, b)
  }
  return network
}

function reachable(from: string, up: ReadonlySet<string>): Set<string> {
  const found = new Set([from])
  for (const node of found) {
    for (const link of up) {
      const [a, b] = link.split(' ') as [string, string]
      if (a === node) found.add(b)
      if (b === node) found.add(a)
    }
  }
  return found
}

function expectTruth(network: RouteNetwork, up: ReadonlySet<string>): void {
  for (const from of network.nodes.keys()) {
    const found = reachable(from, up)
    for (const to of network.nodes.keys()) {
      const path = network.trace(from, `test.${to}.someone`)
      if (found.has(to)) expect(path.at(-1)).toBe(to)
      else expect(network.node(from).routing.table.get(`test.${to}`)).toBeUndefined()
    }
  }
}

describe('a network of nodes', () => {
  it('knows every way that is left once links stop changing, whatever was lost: CCP-27, CCP-38, CCP-44, CCP-56', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyLink, { maxLength: 12 }),
        anyTurns,
        fc.nat(40),
        (links, turns, losses) => {
          const network = open(links)
          const up = new Set(links)
          let sent = 0
          network.passes = () => (sent++ * 37) % 101 >= losses
          for (const { link, pauseMs } of turns) {
            network.run(pauseMs)
            if (!links.includes(link)) continue
            const [a, b] = link.split(' ') as [string, string]
            if (up.delete(link)) network.cut(a, b)
            else {
              up.add(link)
              network.heal(a, b)
            }
          }
          network.passes = () => true
          // Long enough for what was lost to be said again.
          network.run(60_000)
          network.settle()
          expectTruth(network, up)
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each([1, 20, 70, 140, 400])(
    'agree whose way to a parent in common is taken, %d ms apart: CCP-49',
    (delayMs) => {
      const network = new RouteNetwork({ delayMs })
      for (const name of ['top', 'a', 'b']) network.add(name)
      for (const name of ['a', 'b']) network.connect(name, 'top', 'parent')
      // Each would rather have the other's way than its own.
      network.connect('a', 'b')
      network.run(60_000)
      expect(network.now - network.changedAt).toBeGreaterThan(30_000)
      for (const name of ['a', 'b']) expect(network.trace(name, 'test.top').at(-1)).toBe('top')
    },
  )

  it('begins anew with a node that has lost its memory: CCP-17, CCP-21, CCP-25', () => {
    const network = open(['n0 n1', 'n1 n2'])
    network.settle()
    // Another process under the same name: n1's table is named anew, and it knows of nobody.
    network.restart('n1')
    network.settle()
    expectTruth(network, new Set(['n0 n1', 'n1 n2']))
    expect(network.node('n1').routing.table.size).toBe(3)
  })

  it('lets the routes of a silent node go after its hold-down time: CCP-33', () => {
    const network = open(['n0 n1', 'n1 n2'])
    network.settle()
    network.passes = ({ from }) => from !== 'n2'
    network.run(80_000)
    expect(network.trace('n0', 'test.n2')).toEqual(['n0'])
    expect(network.node('n1').traces).toContainEqual({
      kind: 'trace',
      event: 'routing.expired',
      fields: { account: 'n2', routes: 1 },
    })
  })

  it('hears of a storm at one node as of one change in each interval: SEC-13', () => {
    const network = open(['n0 n1', 'n1 n2'])
    network.settle()
    const { updates, routes } = network.totals
    const began = network.now
    // A peer of n0 that changes its mind as often as it may.
    network.node('n0').routing.addPeer({ id: 'mallory', relation: 'peer' }, {})
    network.handle('n0', { kind: 'up', account: 'mallory' })
    for (let i = 0; i < 200; i++) {
      const path = ['test.mallory', `test.x${i % 2}`, 'test.storm']
      const update = updateOf([routeOf('test.storm', path)], [], { fromEpoch: i })
      network.handle('n0', { kind: 'request', account: 'mallory', id: i, message: update })
      network.run(10)
    }
    network.settle()
    const intervals = Math.ceil((network.now - began) / 150)
    expect(network.trace('n2', 'test.storm')).toEqual(['n2', 'n1', 'n0'])
    expect(network.totals.routes - routes).toBeLessThanOrEqual(2 * intervals)
    expect(network.totals.updates - updates).toBeLessThanOrEqual(2 * intervals)
  })
})
