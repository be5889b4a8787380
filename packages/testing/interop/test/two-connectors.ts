/**
 * Two connectors of ours, peered over BTP: alice and ann hold dollars (scale 2) at one; bob, sue and rex euros (scale
 * 4) at the other.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ConfigInput,
  type RunningConnector,
  checkConfig,
  startConnector,
} from '@hourglass/connector-app'
import { type Wallet, openWallet } from '@hourglass/wallet'

const PAYERS = ['alice', 'ann'] as const
const PAYEES = ['bob', 'sue', 'rex'] as const
export type Child = (typeof PAYERS)[number] | (typeof PAYEES)[number]

export class TwoConnectors {
  readonly #directory = mkdtempSync(join(tmpdir(), 'hourglass-interop-'))
  readonly #running: RunningConnector[] = []
  readonly #ports: number[] = []

  static async start(): Promise<TwoConnectors> {
    const pair = new TwoConnectors()
    await pair.#add({
      address: 'test.a',
      accounts: [
        ...PAYERS.map((id) =>
          child(id, { code: 'USD', scale: 2 }, { owing: '1000000', packetAmountMax: '250' }),
        ),
        { ...peer, id: 'b', link: { kind: 'btp-server', token: 'peer-token' } },
      ],
      routes: [{ prefix: 'test.b', account: 'b' }],
    })
    const url = `btp+ws://b@127.0.0.1:${pair.#ports[0] ?? 0}`
    await pair.#add({
      address: 'test.b',
      accounts: [
        ...PAYEES.map((id) => child(id, { code: 'EUR', scale: 4 }, { owing: '0' })),
        { ...peer, id: 'a', link: { kind: 'btp-client', url, token: 'peer-token' } },
      ],
      rates: [{ from: 'USD', to: 'EUR', rate: '0.92' }],
    })
    return pair
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((connector) => connector.stop()))
    rmSync(this.#directory, { recursive: true })
  }

  /** Where a peer of that name connects, as ilp-plugin-btp takes it. */
  link(name: Child): string {
    const port = this.#ports[PAYERS.some((payer) => payer === name) ? 0 : 1] ?? 0
    return `btp+ws://${name}:${name}-token@127.0.0.1:${port}`
  }

  async wallet(name: Child): Promise<Wallet> {
    const { host } = new URL(this.link(name).slice('btp+'.length))
    const state = join(this.#directory, name)
    return openWallet({ url: `ws://${host}/`, username: name, token: `${name}-token`, state })
  }

  /** What the connector owes the account, in its base units. */
  balance(name: Child): bigint {
    for (const { node } of this.#running) {
      for (const account of node.connector.accounts()) if (account.id === name) return -account.balance
    }
    throw new Error(`nobody keeps an account of ${name}`)
  }

  async #add(
    config: { address: string } & Pick<ConfigInput, 'accounts' | 'routes' | 'rates'>,
  ): Promise<void> {
    const data = join(this.#directory, config.address)
    const whole = { ...config, data, durability: 'process', listen: { port: 0 }, logLevel: 'silent' }
    const connector = await startConnector(checkConfig(whole, config.address))
    this.#running.push(connector)
    this.#ports.push(connector.port ?? 0)
  }
}

type AccountInput = ConfigInput['accounts'][number]

/** `owing`: what the child may owe. Packets of payers are small, so that a payment takes several. */
function child(
  id: Child,
  asset: AccountInput['asset'],
  { owing, ...limits }: { readonly owing: string; readonly packetAmountMax?: string },
): AccountInput {
  const link = { kind: 'btp-server', token: `${id}-token` } as const
  return { id, relation: 'child', asset, link, balance: { max: owing }, ...limits }
}

const peer = {
  relation: 'peer',
  asset: { code: 'USD', scale: 9 },
  balance: { max: '1000000000000000' },
} as const
