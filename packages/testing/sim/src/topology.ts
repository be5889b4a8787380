/**
 * A random network: lines, stars, rings and trees of connectors, wallets below them, assets and rates. Testing.
 * Connectors are c0, c1, …; wallets w0, w1, …; what a seed draws for one does not depend on the others.
 */
import type { Asset } from '@hourglass/books'
import type { RateQuote, Ratio } from '@hourglass/connector'
import type { Relation } from '@hourglass/routing'
import type { Chance } from './chance.ts'
import type {
  ConnectorPlan,
  LedgerPlan,
  NetworkPlan,
  PeeringPlan,
  SettlementPlan,
  Terms,
  WalletPlan,
} from './plan.ts'
import type { WireClimate, WireKind } from './wire.ts'

const CONNECTORS_MAX = 10
/** Of the peerings that are settled. */
const PREPAID_PROBABILITY = 0.3
const EXCHANGE_PROBABILITY = 0.3

/** What one of each asset is worth, in cents. */
const PRICES: Readonly<Record<string, bigint>> = { USD: 100n, EUR: 110n, XRP: 50n, ETH: 300_000n }
const CODES: readonly string[] = Object.keys(PRICES)
const LEDGER_SCALE = 9

const SHAPES = ['line', 'star', 'ring', 'tree'] as const
type Shape = (typeof SHAPES)[number]

/** `connectors`: how many; undefined: drawn. */
export function drawNetwork(chance: Chance, connectors?: number): NetworkPlan {
  const sizes = chance.fork('size')
  const drawn = sizes.integer(1, CONNECTORS_MAX)
  const count = connectors ?? drawn
  const shape = chance.fork('shape').pick(SHAPES)
  const names = Array.from({ length: count }, (_, i) => `c${i}`)
  const isExchanging = chance.fork('exchange').happens(EXCHANGE_PROBABILITY)
  const simple = edgesOf(shape, count, chance.fork('edges'))
  const edges = isExchanging ? moreEdges(simple, count, chance.fork('more edges')) : simple
  const codes = CODES.slice(0, chance.fork('assets').integer(1, CODES.length))
  return {
    shape,
    ledgers: codes.map((code) => drawLedger(code, chance.fork(`ledger ${code}`))),
    connectors: names.map((name) => ({
      ...drawConnector(name, chance.fork(name)),
      nextHops: isExchanging ? undefined : nextHopsOf(name, names, edges),
    })),
    peerings: edges.map((edge) => {
      const own = chance.fork(`peering ${edge.join(' ')}`)
      return {
        ...drawPeering(codes, own),
        ends: [names[edge[0]]!, names[edge[1]]!],
        relation: isExchanging ? drawRelation(edge, own.fork('relation')) : 'peer',
      }
    }),
    wallets: drawWallets(names, codes, chance.fork('wallets')),
    isExchanging,
  }
}

type Edge = readonly [number, number]

function edgesOf(shape: Shape, count: number, chance: Chance): Edge[] {
  const edges: Edge[] = []
  for (let i = 1; i < count; i++) {
    const parent = shape === 'star' ? 0 : shape === 'tree' ? chance.integer(0, i - 1) : i - 1
    edges.push(chance.happens(0.5) ? [parent, i] : [i, parent])
  }
  if (shape === 'ring' && count > 2) edges.push([count - 1, 0])
  return edges
}

/** Other ways for when links are down. */
function moreEdges(edges: readonly Edge[], count: number, chance: Chance): Edge[] {
  const more = [...edges]
  for (let i = 0; i < count; i++) {
    const [a, b] = [chance.integer(0, count - 1), chance.integer(0, count - 1)]
    if (a !== b && !more.some((edge) => edge.includes(a) && edge.includes(b))) more.push([a, b])
  }
  return more
}

/** Of a parent and a child, the parent has the lower number: nobody is his own grandparent. */
function drawRelation([first, second]: Edge, chance: Chance): Relation {
  if (chance.happens(0.5)) return 'peer'
  return second < first ? 'parent' : 'child'
}

function drawLedger(code: string, chance: Chance): LedgerPlan {
  const finalityMsMin = chance.integer(100, 3000)
  return {
    name: ledgerOf(code),
    climate: { finalityMsMin, finalityMsMax: finalityMsMin * chance.integer(1, 4) },
  }
}

function ledgerOf(code: string): string {
  return `ledger of ${code}`
}

function drawConnector(name: string, chance: Chance): Omit<ConnectorPlan, 'nextHops'> {
  const spread: Ratio | undefined = chance.happens(0.5)
    ? { numerator: BigInt(chance.integer(1, 20)), denominator: 1000n }
    : undefined
  return {
    name,
    skewMs: drawSkew(chance.fork('skew')),
    disk: drawDisk(chance.fork('disk')),
    rates: drawRates(chance.fork('rates')),
    spread,
    // Some wait for no longer than a busy network needs, and so are late now and then.
    holdTimeMsMax: chance.happens(0.3) ? chance.integer(1200, 6000) : 30_000,
  }
}

/** The first step of a shortest way to every other connector. */
function nextHopsOf(name: string, names: readonly string[], edges: readonly Edge[]): Map<string, string> {
  const nextHops = new Map<string, string>()
  const queue: { readonly at: string; readonly first: string | undefined }[] = [
    { at: name, first: undefined },
  ]
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    const { at, first } = step
    for (const edge of edges) {
      const [a, b] = [names[edge[0]]!, names[edge[1]]!]
      const next = a === at ? b : b === at ? a : name
      if (next === name || nextHops.has(next)) continue
      nextHops.set(next, first ?? next)
      queue.push({ at: next, first: first ?? next })
    }
  }
  return nextHops
}

/** Everybody's quotes are near the prices, and nobody's are the same. */
function drawRates(chance: Chance): RateQuote[] {
  return CODES.flatMap((from, i) =>
    CODES.slice(i + 1).map((to) => ({
      from,
      to,
      rate: {
        numerator: PRICES[from]! * BigInt(chance.integer(9950, 10_050)),
        denominator: PRICES[to]! * 10_000n,
      },
    })),
  )
}

function drawPeering(codes: readonly string[], chance: Chance): Omit<PeeringPlan, 'ends' | 'relation'> {
  const plan = { wire: drawWire(chance), climate: drawClimate(chance) }
  const terms = drawTerms(codes, chance)
  const prepaid = chance.fork('prepaid')
  if (terms.settlement === undefined || !prepaid.happens(PREPAID_PROBABILITY)) return { ...plan, ...terms }
  // Nobody gives more credit than it has paid ahead itself.
  const prepay = worth(prepaid.magnitude(50, 20_000), terms.asset) + 1n
  return { ...plan, ...terms, prepay, balanceMax: prepay }
}

/** At least two wallets, since somebody has to be paid. */
function drawWallets(names: readonly string[], codes: readonly string[], chance: Chance): WalletPlan[] {
  const count = Math.max(2, Math.ceil(names.length * 0.75))
  return Array.from({ length: count }, (_, i) => {
    const own = chance.fork(i)
    // The first two stand at the ends of what the shape has.
    const parent = i === 0 ? names[0]! : i === 1 ? names.at(-1)! : own.pick(names)
    const terms = drawTerms(codes, own)
    const isPrefunded = terms.settlement !== undefined && own.happens(0.5)
    return {
      ...terms,
      name: `w${i}`,
      parent,
      skewMs: drawSkew(own),
      wire: drawWire(own),
      climate: drawClimate(own),
      disk: drawDisk(own),
      balanceMax: isPrefunded ? 0n : terms.balanceMax,
      prefund: isPrefunded ? worth(own.magnitude(1000, 100_000), terms.asset) : 0n,
    }
  })
}

function drawTerms(codes: readonly string[], chance: Chance): Terms {
  const code = chance.pick(codes)
  const asset: Asset = { code, scale: chance.pick([2, 4, 6, 9, 9, 12]) }
  const settlement = chance.happens(0.5) ? drawSettlement(asset, chance) : undefined
  const balanceMax = chance.happens(0.2)
    ? worth(chance.magnitude(50, 500), asset)
    : worth(chance.magnitude(20_000, 2_000_000), asset)
  return {
    asset,
    balanceMax,
    prepay: undefined,
    packetAmountMax: chance.happens(0.6) ? worth(chance.magnitude(20, 2000), asset) : undefined,
    settlement,
  }
}

function drawSettlement(asset: Asset, chance: Chance): SettlementPlan {
  const threshold = worth(chance.magnitude(10, 1000), asset)
  const deposit = worth(chance.magnitude(100, 10_000), { code: asset.code, scale: LEDGER_SCALE })
  return {
    ledger: ledgerOf(asset.code),
    threshold,
    settleTo: chance.happens(0.5) ? threshold / 2n : 0n,
    deposit,
    redeemThreshold: chance.happens(0.5) ? deposit / 4n : undefined,
  }
}

/** What that many cents are, in base units; at least one. */
export function worth(cents: number, { code, scale }: Asset): bigint {
  const units = (BigInt(Math.round(cents)) * 10n ** BigInt(scale)) / PRICES[code]!
  return units > 0n ? units : 1n
}

function drawWire(chance: Chance): WireKind {
  const share = chance.uint32() / 2 ** 32
  if (share < 0.7) return 'btp'
  return share < 0.85 ? 'memory' : 'datagram'
}

function drawClimate(chance: Chance): WireClimate {
  const latencyMs = Math.round(chance.magnitude(1, 80))
  return { latencyMs, jitterMs: chance.integer(0, latencyMs) }
}

/** Most clocks are good; some are off by what connectors' margins bear. */
function drawSkew(chance: Chance): number {
  return chance.happens(0.7) ? chance.integer(-20, 20) : chance.integer(-300, 300)
}

function drawDisk(chance: Chance): { readonly delayMsMin: number; readonly delayMsMax: number } {
  const delayMsMin = chance.integer(0, 3)
  return { delayMsMin, delayMsMax: delayMsMin + chance.integer(0, 10) }
}
