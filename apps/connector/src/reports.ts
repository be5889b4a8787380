/** What the operator is shown: plain JSON, amounts as decimal strings of base units. */
import {
  type Account,
  type ExplainReply,
  type Node,
  type RejectionQuery,
  explain,
} from '@hourglass/connector'
import type { LedgerReport, Settler } from './settlers/index.ts'

/** One account. Always balance = incoming − outgoing + settled − received − writtenOff. */
export interface AccountReport {
  readonly id: string
  readonly relation: string
  readonly assetCode: string
  readonly assetScale: number
  /** `leaving`: what is in flight ends, and nothing new is taken; `retired`: in the books alone. */
  readonly state: Account['state']
  readonly up: boolean
  /** Whether the peer answers what became of packets; null: not known yet. */
  readonly reconciles: boolean | null
  /** Positive: the peer owes us. */
  readonly balance: string
  readonly receivable: string
  readonly payable: string
  readonly prefunded: string
  readonly incoming: string
  readonly outgoing: string
  readonly settled: string
  /** Ordered to be settled and not sent yet. */
  readonly settling: string
  readonly received: string
  readonly writtenOff: string
  readonly heldIncoming: string
  readonly heldOutgoing: string
}

/** One asset, all accounts together, and the node's own side. `sum` is 0 in books that are right. */
export interface AssetReport {
  readonly assetCode: string
  readonly assetScale: number
  readonly receivable: string
  readonly payable: string
  readonly exchange: string
  readonly spread: string
  readonly rounding: string
  readonly settled: string
  readonly received: string
  readonly writtenOff: string
  readonly sum: string
}

/** A packet without an outcome. */
export interface HoldReport {
  readonly id: number
  readonly state: 'sent' | 'unknown' | 'given-up'
  readonly from: string
  readonly to: string
  readonly incomingAmount: string
  readonly outgoingAmount: string
  readonly executionCondition: string
  /** ISO 8601: by when the next peer had to answer. */
  readonly expiresAt: string
}

/** A packet that this node rejected. */
export interface RejectionReport extends Omit<ExplainReply, 'at'> {
  /** On which it came in. */
  readonly account: string
  readonly at: string
}

/** Where packets for one prefix go. */
export interface RouteReport {
  readonly prefix: string
  /** `own`: this node's address. `set`: by the config, its children among them. `learnt`: from peers. */
  readonly origin: 'own' | 'set' | 'learnt'
  /** Those that are set share the packets by weight; of those that are learnt, the best comes first. */
  readonly nextHops: readonly {
    readonly account: string
    readonly weight?: number
    readonly path?: readonly string[]
    /** The link is up and the peer answers. */
    readonly isUsable: boolean
  }[]
}

export interface SettlementReport {
  readonly direction: 'in' | 'out'
  readonly amount: string
  readonly total: string
  readonly reference: string
  readonly at: string
}

export function reportAccounts(node: Node): AccountReport[] {
  return Array.from(node.connector.accounts(), reportAccount)
}

function reportAccount(account: Readonly<Account>): AccountReport {
  const { id, relation, asset, state, up, incoming, outgoing } = account
  return {
    id,
    relation,
    assetCode: asset.code,
    assetScale: asset.scale,
    state,
    up,
    reconciles: account.reconciles ?? null,
    ...decimals(account.view()),
    incoming: String(incoming),
    outgoing: String(outgoing),
  }
}

export function reportAssets(node: Node): AssetReport[] {
  return node.connector.books.assets().map(({ asset, ...amounts }) => ({
    assetCode: asset.code,
    assetScale: asset.scale,
    ...decimals(amounts),
  }))
}

export function reportHolds(node: Node): HoldReport[] {
  return Array.from(node.connector.books.holds.values(), (hold) => ({
    id: hold.id,
    state: hold.state,
    from: hold.source.id,
    to: hold.destination.id,
    incomingAmount: String(hold.incomingAmount),
    outgoingAmount: String(hold.outgoingAmount),
    executionCondition: Buffer.from(hold.executionCondition).toString('hex'),
    expiresAt: new Date(hold.outgoingExpiresAt).toISOString(),
  }))
}

/** Newest first. */
export function reportRejections(node: Node, query: RejectionQuery): RejectionReport[] {
  return node.connector.rejections(query).map((rejection) => ({
    ...explain(rejection, 'operator'),
    account: rejection.account,
    at: new Date(rejection.at).toISOString(),
  }))
}

export function reportRoutes(node: Node): RouteReport[] {
  const isUsable = ({ up, breaker }: Account): boolean => up && !breaker.isOpen
  const reports = Array.from(node.connector.routing?.table ?? [], ([prefix, entry]): RouteReport => {
    const learnt = entry.offers().map(({ peer, route }) => {
      return { account: peer.id, path: route.path, isUsable: isUsable(peer) }
    })
    if (entry.fixed === undefined) return { prefix, origin: 'learnt', nextHops: learnt }
    const nextHops = entry.fixed.map(({ peer, weight }) => {
      return { account: peer.id, weight, isUsable: isUsable(peer) }
    })
    return { prefix, origin: nextHops.length === 0 ? 'own' : 'set', nextHops }
  })
  return reports.sort((a, b) => (a.prefix < b.prefix ? -1 : 1))
}

export function reportSettlements(node: Node, account: string): SettlementReport[] {
  return node.connector.books.settlements(account).map(({ direction, amount, total, reference, at }) => ({
    direction,
    ...decimals({ amount, total }),
    reference,
    at: new Date(at).toISOString(),
  }))
}

/** Each ledger by its name; one that does not answer says why instead. */
export async function reportLedgers(
  settlers: ReadonlyMap<string, Settler>,
): Promise<({ name: string } & (LedgerReport | { error: string }))[]> {
  return Promise.all(
    Array.from(settlers, async ([name, settler]) => {
      try {
        return { name, ...(await settler.report()) }
      } catch (error) {
        return { name, error: (error as Error).message }
      }
    }),
  )
}

/** Amounts as decimal strings; empty where the account has no settlement, or one that tells nothing. */
export function reportSettlement(node: Node, account: string): Record<string, string | number | boolean> {
  const entries = Object.entries(node.reportSettlement(account) ?? {})
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]),
  )
}

function decimals<Name extends string>(amounts: Readonly<Record<Name, bigint>>): Record<Name, string> {
  const entries = Object.entries<bigint>(amounts).map(([name, amount]) => [name, String(amount)])
  return Object.fromEntries(entries) as Record<Name, string>
}
