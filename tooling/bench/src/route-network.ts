/**
 * One network of nodes that exchange routes in virtual time, from nothing to the last route, and again after links
 * have failed. A program, asked for by `benches/convergence.ts`. Tooling.
 */
import { RouteNetwork } from '@hourglass/routing/testing'
import { type Graph, chanceOf, scaleFree } from './scale-free.ts'

export interface NetworkSize {
  readonly nodes: number
  readonly links: number
  /** So many of the nodes tell a prefix that the others learn. */
  readonly prefixes: number
}

/** What happened until nobody had anything new to tell. */
export interface Phase {
  readonly seconds: number
  readonly mib: number
  readonly updates: number
  readonly routes: number
  readonly withdrawals: number
}

export interface Convergence {
  readonly first: Phase
  readonly afterFailure: Phase
  /** Prefixes in a node's table, and routes to them that peers offered it: means over the nodes. */
  readonly prefixesPerNode: number
  readonly offersPerNode: number
  readonly cpuSeconds: number
  readonly memoryMib: number
}

const DELAY_MS = 20
const FAILED_SHARE = 0.01
/** What the nodes whose prefixes count are below, where not all of them do. */
const SAMPLE = 'sample'

const [nodes = 0, links = 0, prefixes = 0] = process.argv.slice(2).map(Number)
const size: NetworkSize = { nodes, links, prefixes }
process.on('disconnect', () => process.exit())
process.send?.(converge(size))

function converge({ nodes: count, links: linkCount, prefixes: told }: NetworkSize): Convergence {
  const chance = chanceOf(count)
  const graph = scaleFree(count, linkCount, chance)
  const isSample = told < count
  const network = new RouteNetwork({ delayMs: DELAY_MS, ...(isSample && { prefixes: [`test.${SAMPLE}`] }) })
  const names = Array.from({ length: count }, (_, i) => {
    const isTold = Math.floor((i * told) / count) !== Math.floor(((i + 1) * told) / count)
    return isSample && isTold ? `${SAMPLE}.n${i}` : `n${i}`
  })
  for (const name of names) network.add(name)
  const between = ([a, b]: readonly [number, number]): [string, string] => [names[a]!, names[b]!]
  const first = phase(network, () => graph.links.forEach((pair) => network.connect(...between(pair))))
  const held = tablesOf(network)
  const failed = someOf(graph, chance)
  const afterFailure = phase(network, () => failed.forEach((pair) => network.cut(...between(pair))))
  const { user, system } = process.cpuUsage()
  return {
    first,
    afterFailure,
    ...held,
    cpuSeconds: (user + system) / 1e6,
    memoryMib: process.memoryUsage.rss() / 2 ** 20,
  }
}

function phase(network: RouteNetwork, change: () => void): Phase {
  const [began, before] = [network.now, { ...network.totals }]
  change()
  network.settle()
  const { updates, routes, withdrawals, bytes } = network.totals
  return {
    seconds: (network.changedAt - began) / 1000,
    mib: (bytes - before.bytes) / 2 ** 20,
    updates: updates - before.updates,
    routes: routes - before.routes,
    withdrawals: withdrawals - before.withdrawals,
  }
}

function tablesOf(network: RouteNetwork): Pick<Convergence, 'prefixesPerNode' | 'offersPerNode'> {
  let [known, offers] = [0, 0]
  for (const { routing } of network.nodes.values()) {
    known += routing.table.size
    for (const [, entry] of routing.table) offers += entry.offers().length
  }
  return { prefixesPerNode: known / network.nodes.size, offersPerNode: offers / network.nodes.size }
}

function someOf({ links: all }: Graph, chance: (below: number) => number): Graph['links'] {
  const some = new Set<Graph['links'][number]>()
  while (some.size < all.length * FAILED_SHARE) some.add(all[chance(all.length)]!)
  return [...some]
}
