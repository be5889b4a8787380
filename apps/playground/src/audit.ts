/**
 * Do the books of every node and the ledgers agree, to the last unit?
 * Everything is asked again from where it is kept: the connectors' accounts, the ledgers' own balances.
 */
import { type Asset, CUSTOMERS, NODES, type NodeName, PEERINGS, type Peering } from './cast.ts'
import { ask } from './http.ts'
import { LEDGER_ASSETS, type WorldLedger } from './ledgers/ledger.ts'

/** An account as a connector's admin reports it, in base units. */
export interface Account {
  readonly id: string
  readonly incoming: bigint
  readonly outgoing: bigint
  readonly settled: bigint
  readonly received: bigint
  readonly balance: bigint
  readonly held: bigint
}

/** All accounts of all nodes, by node and id. */
export type Books = Readonly<Record<NodeName, ReadonlyMap<string, Account>>>

/** What payments did according to the two wallets. */
export interface PaymentTotals {
  readonly sent: bigint
  readonly delivered: bigint
}

/** One statement that must hold. */
export interface Finding {
  readonly statement: string
  /** Base units of `asset`. */
  readonly left: bigint
  readonly right: bigint
  /** By how much less may be on the left: base units that rounding has taken. Default 0. */
  readonly slack?: bigint
  /** None where amounts of several assets are added, to see whether any is there. */
  readonly asset?: Asset
}

export function agrees({ left, right, slack = 0n }: Finding): boolean {
  return left <= right && right <= left + slack
}

export async function readBooks(admins: Readonly<Record<NodeName, number>>): Promise<Books> {
  const books = NODES.map(async (node) => [node, await readAccounts(node, admins[node])] as const)
  return Object.fromEntries(await Promise.all(books)) as unknown as Books
}

async function readAccounts(node: NodeName, adminPort: number): Promise<Map<string, Account>> {
  const reports = (await ask(node, `http://127.0.0.1:${adminPort}/accounts`)) as Record<string, string>[]
  return new Map(
    reports.map((report) => {
      const amount = (name: string): bigint => BigInt(report[name] ?? '')
      const id = report['id'] ?? ''
      return [
        id,
        {
          id,
          incoming: amount('incoming'),
          outgoing: amount('outgoing'),
          settled: amount('settled'),
          received: amount('received'),
          balance: amount('balance'),
          held: amount('heldIncoming') + amount('heldOutgoing'),
        },
      ]
    }),
  )
}

/** Counts the connectors whose books are right within themselves: every asset adds up to zero. */
export async function auditSums(admins: Readonly<Record<NodeName, number>>): Promise<Finding> {
  const balanced = await Promise.all(NODES.map(async (node) => isBalanced(node, admins[node])))
  const left = BigInt(balanced.filter(Boolean).length)
  return { statement: 'every asset adds up to zero in all books', left, right: BigInt(NODES.length) }
}

async function isBalanced(node: NodeName, adminPort: number): Promise<boolean> {
  const assets = (await ask(node, `http://127.0.0.1:${adminPort}/books`)) as { sum: string }[]
  return assets.every(({ sum }) => sum === '0')
}

/** The connectors, the two wallets, and what each says of the other. */
export function auditBooks(books: Books, totals: PaymentTotals): Finding[] {
  const { alice, bob } = CUSTOMERS
  const accounts = NODES.flatMap((node) => [...books[node].values()])
  return [
    {
      statement: `alice's wallet sent what ${alice.node} booked`,
      left: totals.sent,
      right: books[alice.node].get('alice')!.incoming,
      asset: alice.asset,
    },
    ...PEERINGS.flatMap((peering) => auditPeering(peering, books)),
    {
      statement: `${bob.node} delivered what bob's wallet took`,
      left: books[bob.node].get('bob')!.outgoing,
      right: totals.delivered,
      asset: bob.asset,
    },
    {
      statement: 'nothing is held any more',
      left: accounts.reduce((sum, { held }) => sum + held, 0n),
      right: 0n,
    },
  ]
}

function auditPeering({ payer, payee, asset }: Peering, books: Books): Finding[] {
  const ours = books[payer].get(payee)!
  const theirs = books[payee].get(payer)!
  return [
    {
      statement: `${payer} sent to ${payee} what ${payee} booked`,
      left: ours.outgoing,
      right: theirs.incoming,
      asset,
    },
    {
      statement: `${payer} settled what ${payee} received`,
      left: ours.settled,
      right: theirs.received,
      asset,
    },
    {
      statement: `what ${payer} owes ${payee}, ${payee} is owed`,
      left: -ours.balance,
      right: theirs.balance,
      asset,
    },
  ]
}

/** A ledger against the books of the peering that settles on it: escrow, payout, fees. */
export async function auditLedger(
  ledger: WorldLedger,
  { payer, payee, asset }: Peering,
  before: Readonly<Record<string, bigint>>,
  books: Books,
): Promise<Finding[]> {
  const [activity, payerNow, payeeNow, escrow] = await Promise.all([
    ledger.activity(),
    ledger.balance(payer),
    ledger.balance(payee),
    ledger.escrow(),
  ])
  const ledgerAsset = LEDGER_ASSETS[ledger.name]
  const received = books[payee].get(payer)!.received
  const paid = payeeNow - before[payee]! + activity.fees(payee)
  // Each channel that has ended has paid whole units of the ledger.
  const slack = BigInt(Math.max(0, activity.closedChannels - 1))
  return [
    {
      statement: `${ledger.name} paid ${payee} what its books received`,
      left: paid,
      right: rescale(received, asset.scale, ledgerAsset.scale),
      slack,
      asset: ledgerAsset,
    },
    {
      statement: `${ledger.name} holds in escrow what is not paid out`,
      left: escrow,
      right: activity.escrowed - paid,
      asset: ledgerAsset,
    },
    {
      statement: `${payer} spent its escrow and its fees`,
      left: before[payer]! - payerNow,
      right: activity.escrowed + activity.fees(payer),
      asset: ledgerAsset,
    },
  ]
}

/** Rounded down. */
function rescale(amount: bigint, from: number, to: number): bigint {
  return from > to ? amount / 10n ** BigInt(from - to) : amount * 10n ** BigInt(to - from)
}
