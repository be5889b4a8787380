/** How long nodes of a whole network take to find one another, what they say meanwhile, and what they keep. Tooling. */
import type { Bench, BenchOptions, Row } from '../bench.ts'
import { Child } from '../measure/child.ts'
import { moduleUrl } from '../modules.ts'
import type { Convergence, NetworkSize, Phase } from '../route-network.ts'

export const bench: Bench = {
  summary: 'networks that find their routes, and find them again after links fail; virtual time',
  run,
}

/** The size of the Lightning network, and ten times as much, of which a share of the nodes tells prefixes. */
const NETWORKS: readonly NetworkSize[] = [
  { nodes: 2000, links: 7000, prefixes: 2000 },
  { nodes: 20_000, links: 80_000, prefixes: 25 },
]
const HEAP_MIB = 16_000

async function run(options: BenchOptions): Promise<Row[]> {
  const rows: Row[] = []
  for (const size of sizesAsked() ?? NETWORKS) {
    const name = nameOf(size)
    options.progress(name)
    const args = [size.nodes, size.links, size.prefixes].map(String)
    const network = new Child(moduleUrl('route-network'), args, { heapMib: HEAP_MIB })
    rows.push(...rowsOf(name, (await network.next()) as Convergence))
    await network.stop()
  }
  return rows
}

/** BENCH_NETWORK=500,1750,500 asks for another one: nodes, links, nodes whose prefixes are told. */
function sizesAsked(): NetworkSize[] | undefined {
  const text = process.env['BENCH_NETWORK']
  if (text === undefined) return undefined
  const [nodes = 0, links = 0, prefixes = nodes] = text.split(',').map(Number)
  return [{ nodes, links, prefixes }]
}

function nameOf({ nodes, links, prefixes }: NetworkSize): string {
  const [many, between] = [nodes, links].map((count) => count.toLocaleString('en'))
  return `${many} nodes, ${between} links, ${prefixes.toLocaleString('en')} prefixes`
}

function rowsOf(subject: string, result: Convergence): Row[] {
  const rowsFor = (metric: string, unit: string, figures: Readonly<Record<string, number>>): Row[] =>
    Object.entries(figures).map(([name, value]) => ({ case: name, subject, metric, unit, value }))
  return [
    ...rowsFor('from nothing', 'virtual time', figuresOf(result.first)),
    ...rowsFor('1 % of links cut', 'virtual time', figuresOf(result.afterFailure)),
    ...rowsFor('table of a node', 'mean', {
      prefixes: result.prefixesPerNode,
      'offers of peers': result.offersPerNode,
    }),
    ...rowsFor('all nodes in one process', 'real', {
      'processor time, s': result.cpuSeconds,
      'memory, MiB': result.memoryMib,
    }),
  ]
}

function figuresOf({ seconds, mib, updates, routes, withdrawals }: Phase): Readonly<Record<string, number>> {
  return {
    'time, s': seconds,
    'route updates': updates,
    'routes told': routes,
    'routes withdrawn': withdrawals,
    'octets told, MiB': mib,
  }
}
