/**
 * Who takes part in the local internet of value, and on which terms.
 * Alice has dollars at Acme, Bob has euros at Dune. Acme and Bolt owe one another bitcoin and settle it over
 * Lightning; Bolt and Cove ether, in channels on an EVM chain; Cove and Dune XRP, in channels on an XRP Ledger.
 */
import type { ConfigInput } from '@hourglass/connector-app'

export interface Asset {
  readonly code: string
  readonly scale: number
}

type AccountInput = ConfigInput['accounts'][number]
type SettlementInput = NonNullable<AccountInput['settlement']>

export const USD: Asset = { code: 'USD', scale: 6 }
const EUR: Asset = { code: 'EUR', scale: 4 }
/** In millisatoshi, as Lightning counts. */
const BTC: Asset = { code: 'BTC', scale: 11 }
const ETH: Asset = { code: 'ETH', scale: 9 }
const XRP: Asset = { code: 'XRP', scale: 6 }

export const NODES = ['acme', 'bolt', 'cove', 'dune'] as const
export type NodeName = (typeof NODES)[number]
export type LedgerName = 'bitcoin' | 'evm' | 'xrpl'

/** Two connectors that settle with one another on a ledger. Alice's money flows from payer to payee. */
export interface Peering {
  readonly payer: NodeName
  readonly payee: NodeName
  readonly asset: Asset
  readonly ledger: LedgerName
  /** The most that one owes the other, and what is settled: base units of the asset. */
  readonly balanceMax: bigint
  readonly settleThreshold: bigint
  readonly settlement: SettlementInput
}

export const PEERINGS: readonly Peering[] = [
  {
    payer: 'acme',
    payee: 'bolt',
    asset: BTC,
    ledger: 'bitcoin',
    balanceMax: 60_000_000n,
    settleThreshold: 1_500_000n,
    // Channels are closed after each payment, to be counted: none is opened ahead of need.
    settlement: {
      kind: 'lightning',
      ledger: 'bitcoin',
      channelSat: '1000000',
      budgetSat: '4000000',
      refillPercent: 0,
    },
  },
  {
    payer: 'bolt',
    payee: 'cove',
    asset: ETH,
    ledger: 'evm',
    balanceMax: 20_000_000n,
    settleThreshold: 500_000n,
    settlement: { kind: 'channel', ledger: 'evm', deposit: String(10n ** 18n) },
  },
  {
    payer: 'cove',
    payee: 'dune',
    asset: XRP,
    ledger: 'xrpl',
    balanceMax: 24_000_000n,
    settleThreshold: 600_000n,
    settlement: { kind: 'channel', ledger: 'xrpl', deposit: '1000000000' },
  },
]

/** Who has money at which node. */
export const CUSTOMERS = {
  alice: { node: 'acme', asset: USD },
  bob: { node: 'dune', asset: EUR },
} as const satisfies Record<string, { node: NodeName; asset: Asset }>
export type CustomerName = keyof typeof CUSTOMERS

/** What an account of a node is denominated in. */
export function assetOf(node: string, account: string): Asset {
  return account in CUSTOMERS ? CUSTOMERS[account as CustomerName].asset : peeringOf(node, account)!.asset
}

export function peeringOf(node: string, account: string): Peering | undefined {
  return PEERINGS.find(
    ({ payer, payee }) => (payer === node && payee === account) || (payee === node && payer === account),
  )
}

/** Bob's payment pointer; the wallet is told where to find its host, as a hosts file would. */
export const BOB_HOST = 'bob.example'
export const BOB_POINTER = `$${BOB_HOST}`

/** Local ports. */
export interface Ports {
  /** Where peers of a node connect, and where its operator asks. */
  readonly node: Readonly<Record<NodeName, number>>
  readonly admin: Readonly<Record<NodeName, number>>
  /** Where its Lightning node is reached. */
  readonly lightning: Readonly<Record<NodeName, number>>
  /** Bob's web server. */
  readonly bob: number
}

/** Tokens of the links: they guard nothing here, but links have them. */
const TOKENS = { alice: 'alice-secret', bob: 'bob-secret', peering: 'peering-secret' } satisfies Record<
  CustomerName | 'peering',
  string
>

export type LedgerInput = NonNullable<ConfigInput['ledgers']>[string]

/** Rates at each node, into the next asset on the way to Bob. */
const RATES: Readonly<Record<NodeName, NonNullable<ConfigInput['rates']>>> = {
  acme: [{ from: 'USD', to: 'BTC', rate: '1/100000' }],
  bolt: [{ from: 'BTC', to: 'ETH', rate: '100/3' }],
  cove: [{ from: 'ETH', to: 'XRP', rate: '1200' }],
  dune: [{ from: 'XRP', to: 'EUR', rate: '2.3' }],
}

/** Config file of a connector; `ledgers` are those that its peerings name. */
export function connectorConfig(
  node: NodeName,
  ports: Ports,
  ledgers: Record<string, LedgerInput>,
  data: string,
): ConfigInput {
  const peerings = PEERINGS.filter(({ payer, payee }) => payer === node || payee === node)
  const customers = (Object.keys(CUSTOMERS) as CustomerName[]).filter((id) => CUSTOMERS[id].node === node)
  return {
    address: `test.${node}`,
    data,
    spread: '0.002',
    tracePackets: true,
    listen: { port: ports.node[node] },
    admin: { port: ports.admin[node] },
    ledgers,
    accounts: [...customers.map(customer), ...peerings.map((peering) => peer(node, peering, ports))],
    routes: NODES.filter((other) => other !== node).map((other) => ({
      prefix: `test.${other}`,
      account: nextTo(node, other),
    })),
    rates: RATES[node],
  }
}

/** The nodes stand in a line. */
function nextTo(node: NodeName, other: NodeName): NodeName {
  const [from, to] = [NODES.indexOf(node), NODES.indexOf(other)]
  return NODES[from + Math.sign(to - from)]!
}

function customer(id: CustomerName): AccountInput {
  const { asset } = CUSTOMERS[id]
  return {
    id,
    relation: 'child',
    asset,
    link: { kind: 'btp-server', token: TOKENS[id] },
    balance: { max: String(1000n * 10n ** BigInt(asset.scale)) },
    // Small packets, so that there is something to see.
    ...(id === 'alice' && { packetAmountMax: '500000' }),
  }
}

/** Both sides of a peering see the same terms; they redeem on the ledger when asked. */
function peer(node: NodeName, peering: Peering, ports: Ports): AccountInput {
  const { payer, payee, asset, balanceMax, settleThreshold, settlement } = peering
  const isPayer = payer === node
  return {
    id: isPayer ? payee : payer,
    relation: 'peer',
    asset,
    balance: {
      max: String(balanceMax),
      payableMax: String(balanceMax),
      settleThreshold: String(settleThreshold),
    },
    settlement,
    link: isPayer
      ? {
          kind: 'btp-client',
          url: `btp+ws://${node}@127.0.0.1:${ports.node[payee]}`,
          token: TOKENS.peering,
        }
      : { kind: 'btp-server', token: TOKENS.peering },
  }
}

/** Config file of a wallet. */
export interface WalletConfigInput {
  readonly link: string
  readonly token: string
  readonly state: string
}

export function walletConfig(name: CustomerName, ports: Ports, state: string): WalletConfigInput {
  const port = ports.node[CUSTOMERS[name].node]
  return { link: `btp+ws://${name}@127.0.0.1:${port}`, token: TOKENS[name], state }
}
