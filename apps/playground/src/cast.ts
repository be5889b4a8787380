/**
 * Who takes part in the local internet of value, and on which terms.
 * Alice has dollars at Acme, Bob has euros at Bolt; Acme and Bolt owe one another ether and settle it on a chain.
 */
import { randomInt } from 'node:crypto'
import { type Server, createServer } from 'node:net'
import type { ConfigInput } from '@hourglass/connector-app'
import { ChildError } from './processes.ts'

export interface Asset {
  readonly code: string
  readonly scale: number
}

export const USD: Asset = { code: 'USD', scale: 6 }
export const EUR: Asset = { code: 'EUR', scale: 4 }
export const ETH: Asset = { code: 'ETH', scale: 9 }
/** Ether in the base units of the chain. */
export const WEI: Asset = { code: 'ETH', scale: 18 }

/** Wei per base unit of the connectors' ETH accounts. */
export const WEI_PER_UNIT = 10n ** 9n

/** Bob's payment pointer; the wallet is told where to find its host, as a hosts file would. */
export const BOB_HOST = 'bob.example'
export const BOB_POINTER = `$${BOB_HOST}`

/** Local ports that are free now. */
export interface Ports {
  readonly acme: number
  readonly acmeAdmin: number
  readonly bolt: number
  readonly boltAdmin: number
  readonly bob: number
}

/** What the chain was asked for before the connectors start. */
export interface ChainFacts {
  readonly rpcUrl: string
  /** Address of the PayChan contract. */
  readonly contract: string
  readonly acmeKey: string
  readonly boltKey: string
}

/** Tokens of the links: they guard nothing here, but links have them. */
const TOKENS = { alice: 'alice-secret', bob: 'bob-secret', peering: 'peering-secret' }

/** Below where systems take the ports of outgoing connections from: those are gone again in no time. */
const PORT_RANGE = [20_000, 32_000] as const
const PORT_TRIES_MAX = 100

export async function findPorts(): Promise<Ports> {
  const servers: Server[] = []
  for (let tries = 0; servers.length < 5; tries++) {
    if (tries === PORT_TRIES_MAX)
      throw new ChildError(`no local port from ${PORT_RANGE.join(' to ')} is free`)
    const server = createServer()
    if (await listen(server, randomInt(...PORT_RANGE))) servers.push(server)
  }
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  const [acme, acmeAdmin, bolt, boltAdmin, bob] = ports as [number, number, number, number, number]
  return { acme, acmeAdmin, bolt, boltAdmin, bob }
}

async function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
  })
}

type AccountInput = ConfigInput['accounts'][number]
type LedgerInput = NonNullable<ConfigInput['ledgers']>[string]

export function acmeConfig(ports: Ports, chain: ChainFacts, data: string): ConfigInput {
  return {
    ...commonConfig('test.acme', data),
    listen: { port: ports.acme },
    admin: { port: ports.acmeAdmin },
    ledgers: { chain: ledger(chain, chain.acmeKey) },
    accounts: [
      customer('alice', USD, TOKENS.alice, '500000'),
      {
        ...peering('bolt'),
        link: {
          kind: 'btp-client',
          url: `btp+ws://acme@127.0.0.1:${ports.bolt}`,
          token: TOKENS.peering,
        },
      },
    ],
    routes: [{ prefix: 'test.bolt', account: 'bolt' }],
    rates: [{ from: 'USD', to: 'ETH', rate: '1/3000' }],
  }
}

export function boltConfig(ports: Ports, chain: ChainFacts, data: string): ConfigInput {
  return {
    ...commonConfig('test.bolt', data),
    listen: { port: ports.bolt },
    admin: { port: ports.boltAdmin },
    ledgers: { chain: ledger(chain, chain.boltKey) },
    accounts: [
      customer('bob', EUR, TOKENS.bob),
      { ...peering('acme'), link: { kind: 'btp-server', token: TOKENS.peering } },
    ],
    routes: [{ prefix: 'test.acme', account: 'acme' }],
    rates: [{ from: 'ETH', to: 'EUR', rate: '2760' }],
  }
}

function commonConfig(
  address: string,
  data: string,
): Pick<ConfigInput, 'address' | 'data' | 'spread' | 'tracePackets'> {
  return { address, data, spread: '0.002', tracePackets: true }
}

function customer(id: string, asset: Asset, token: string, packetAmountMax?: string): AccountInput {
  return {
    id,
    relation: 'child',
    asset,
    link: { kind: 'btp-server', token },
    balance: { max: String(1000n * 10n ** BigInt(asset.scale)) },
    ...(packetAmountMax !== undefined && { packetAmountMax }),
  }
}

/** Both sides of the peering see the same terms: settle each 0.0005 ETH, redeem on the chain when asked. */
function peering(id: string): Omit<AccountInput, 'link'> {
  return {
    id,
    relation: 'peer',
    asset: ETH,
    balance: {
      max: '20000000',
      payableMax: '20000000',
      settleThreshold: '500000',
    },
    settlement: { kind: 'channel', ledger: 'chain', deposit: '1000000000000000000' },
  }
}

function ledger({ rpcUrl, contract }: ChainFacts, privateKey: string): LedgerInput {
  // The chain makes a block per transaction and is ours alone, so the first block is final.
  return { kind: 'evm', rpcUrl, contract, privateKey, confirmations: 1, pollMs: 100 }
}

/** Config file of a wallet. */
export interface WalletConfigInput {
  readonly link: string
  readonly token: string
  readonly state: string
}

export function aliceConfig(ports: Ports, state: string): WalletConfigInput {
  return { link: `btp+ws://alice@127.0.0.1:${ports.acme}`, token: TOKENS.alice, state }
}

export function bobConfig(ports: Ports, state: string): WalletConfigInput {
  return { link: `btp+ws://bob@127.0.0.1:${ports.bolt}`, token: TOKENS.bob, state }
}
