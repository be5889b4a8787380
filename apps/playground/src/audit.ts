/**
 * Do the books of every node and the chain agree, to the last unit?
 * Everything is asked again from where it is kept: the connectors' accounts, the chain's own balances.
 */
import { type Chain, type ChainTransaction } from './chain.ts'
import { type Asset, ETH, EUR, USD, WEI, WEI_PER_UNIT } from './cast.ts'
import { ask } from './http.ts'

/** An account as a connector's admin reports it, in base units. */
export interface Books {
  readonly id: string
  readonly incoming: bigint
  readonly outgoing: bigint
  readonly settled: bigint
  readonly received: bigint
  readonly balance: bigint
  readonly held: bigint
}

/** What one payment did according to the two wallets. */
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
  /** None where amounts of several assets are added, to see whether any is there. */
  readonly asset?: Asset
}

export function agrees({ left, right }: Finding): boolean {
  return left === right
}

/** All accounts of the connector `name`, by id. */
export async function readBooks(name: string, adminPort: number): Promise<Map<string, Books>> {
  const reports = (await ask(name, `http://127.0.0.1:${adminPort}/accounts`)) as Record<string, string>[]
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

/** Whether every asset in the books of `name` adds up to zero, the node's own accounts with it. */
async function isBalanced(name: string, adminPort: number): Promise<boolean> {
  const assets = (await ask(name, `http://127.0.0.1:${adminPort}/books`)) as { sum: string }[]
  return assets.every(({ sum }) => sum === '0')
}

/** Counts the connectors whose books are right within themselves. */
export async function auditSums(admins: Readonly<Record<string, number>>): Promise<Finding> {
  const names = Object.keys(admins)
  const balanced = await Promise.all(names.map(async (name) => isBalanced(name, admins[name]!)))
  const left = BigInt(balanced.filter(Boolean).length)
  return { statement: 'every asset adds up to zero in both books', left, right: BigInt(names.length) }
}

export interface AuditSubjects {
  readonly acme: ReadonlyMap<string, Books>
  readonly bolt: ReadonlyMap<string, Books>
  readonly totals: PaymentTotals
}

/** The two connectors, the two wallets, and what each says of the other. */
export function auditBooks({ acme, bolt, totals }: AuditSubjects): Finding[] {
  const alice = acme.get('alice')!
  const toBolt = acme.get('bolt')!
  const fromAcme = bolt.get('acme')!
  const bob = bolt.get('bob')!
  const held = [alice, toBolt, fromAcme, bob].reduce((sum, books) => sum + books.held, 0n)
  const owed = -toBolt.balance
  return [
    {
      statement: "alice's wallet sent what acme booked",
      left: totals.sent,
      right: alice.incoming,
      asset: USD,
    },
    {
      statement: 'acme sent to bolt what bolt booked',
      left: toBolt.outgoing,
      right: fromAcme.incoming,
      asset: ETH,
    },
    {
      statement: "bolt delivered what bob's wallet took",
      left: bob.outgoing,
      right: totals.delivered,
      asset: EUR,
    },
    {
      statement: 'acme settled what bolt received',
      left: toBolt.settled,
      right: fromAcme.received,
      asset: ETH,
    },
    { statement: 'what acme owes bolt, bolt is owed', left: owed, right: fromAcme.balance, asset: ETH },
    { statement: 'nothing is held any more', left: held, right: 0n },
  ]
}

/** The parties on the chain, and what they had before. */
export interface ChainSubjects {
  readonly acme: string
  readonly bolt: string
  readonly contract: string
  readonly before: { readonly acme: bigint; readonly bolt: bigint }
  readonly transactions: readonly ChainTransaction[]
  /** What bolt's books say acme has paid, in base units of the peering. */
  readonly received: bigint
}

/** The chain against the books: escrow, payout, fees. */
export async function auditChain(chain: Chain, subjects: ChainSubjects): Promise<Finding[]> {
  const { acme, bolt, contract, before, transactions, received } = subjects
  const fees = (from: string): bigint =>
    transactions.filter((t) => sameAddress(t.from, from)).reduce((sum, t) => sum + t.fee, 0n)
  const escrowed = transactions
    .filter((t) => t.succeeded && t.to !== null && sameAddress(t.to, contract))
    .reduce((sum, t) => sum + t.value, 0n)
  const [acmeNow, boltNow, contractNow] = await Promise.all(
    [acme, bolt, contract].map(async (address) => chain.balance(address)),
  )
  const paid = received * WEI_PER_UNIT
  return [
    {
      statement: 'the chain paid bolt what its books received',
      left: boltNow! - before.bolt + fees(bolt),
      right: paid,
      asset: WEI,
    },
    {
      statement: 'the contract holds what is not paid out',
      left: contractNow!,
      right: escrowed - paid,
      asset: WEI,
    },
    {
      statement: 'acme spent its escrow and its fees',
      left: before.acme - acmeNow!,
      right: escrowed + fees(acme),
      asset: WEI,
    },
  ]
}

function sameAddress(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
