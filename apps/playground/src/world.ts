/** Starts and stops the local internet of value: chain, contract, two connectors, Bob's wallet. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEV_ACCOUNTS, type DevChain, startDevChain } from '@hourglass/evm-devchain'
import { deployPayChan } from '@hourglass/ledger-evm/io'
import {
  BOB_HOST,
  BOB_POINTER,
  type ChainFacts,
  type Ports,
  acmeConfig,
  aliceConfig,
  boltConfig,
  bobConfig,
  findPorts,
} from './cast.ts'
import { Chain } from './chain.ts'
import type { Narrator } from './narrator.ts'
import { type Child, startChild } from './processes.ts'

const CONNECTOR = fileURLToPath(import.meta.resolve('@hourglass/connector-app/bin.js'))
const WALLET = fileURLToPath(import.meta.resolve('@hourglass/wallet/bin.js'))

/** How one command of a wallet ended, and what it said was wrong. */
export interface CommandEnd {
  readonly code: number
  readonly errors: string
}

export class World {
  readonly ports: Ports
  readonly #narrator: Narrator
  readonly #directory: string
  readonly #children = new Set<Child>()
  #devChain: DevChain | undefined
  #facts: ChainFacts | undefined

  private constructor(ports: Ports, narrator: Narrator) {
    this.ports = ports
    this.#narrator = narrator
    this.#directory = mkdtempSync(join(tmpdir(), 'hourglass-'))
  }

  /** Everything up and linked. @throws ChildError with what a program said that could not start */
  static async start(narrator: Narrator): Promise<World> {
    const world = new World(await findPorts(), narrator)
    try {
      await world.#startChain()
      const peered = narrator.when('acme', 'link.up')
      await Promise.all([
        world.#startConnector('acme'),
        world.#startConnector('bolt').then(async () => world.#startBob()),
      ])
      await peered
      return world
    } catch (error) {
      await world.stop()
      throw error
    }
  }

  get chain(): Chain {
    return new Chain(this.#facts!.rpcUrl)
  }

  get contract(): string {
    return this.#facts!.contract
  }

  /** Ledger accounts on the chain. */
  get addresses(): { readonly acme: string; readonly bolt: string } {
    const [acme, bolt] = DEV_ACCOUNTS
    return { acme: acme.address, bolt: bolt.address }
  }

  /** Runs one command of Alice's wallet; each line of its output goes to `onLine`. */
  async alice(
    [command = '', ...args]: readonly string[],
    onLine: (line: string) => void,
  ): Promise<CommandEnd> {
    const config = this.#write('alice', aliceConfig(this.ports, join(this.#directory, 'alice')))
    const where = command === 'pay' ? ['--resolve', `${BOB_HOST}=http://127.0.0.1:${this.ports.bob}`] : []
    const child = this.#start('alice', [WALLET, command, ...args, '--config', config, ...where], onLine)
    const code = await child.ended
    this.#children.delete(child)
    return { code, errors: child.errors() }
  }

  /** Ends every process and removes every file. */
  async stop(): Promise<void> {
    await Promise.all([...this.#children].map((child) => child.stop()))
    await this.#devChain?.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #startChain(): Promise<void> {
    this.#devChain = await startDevChain()
    const { url: rpcUrl } = this.#devChain
    const [acme, bolt, deployer] = DEV_ACCOUNTS
    const contract = await deployPayChan({ rpcUrl, privateKey: deployer.privateKey })
    this.#facts = { rpcUrl, contract, acmeKey: acme.privateKey, boltKey: bolt.privateKey }
    this.#narrator.deployed(rpcUrl, contract)
  }

  async #startConnector(name: 'acme' | 'bolt'): Promise<void> {
    const build = name === 'acme' ? acmeConfig : boltConfig
    const config = this.#write(name, build(this.ports, this.#facts!, join(this.#directory, name)))
    const ready = this.#narrator.when(name, 'connector.started')
    const tell = (line: string): void => this.#narrator.connectorLine(name, line)
    await this.#start(name, [CONNECTOR, '--config', config], tell).orFail(ready)
  }

  async #startBob(): Promise<void> {
    const config = this.#write('bob', bobConfig(this.ports, join(this.#directory, 'bob')))
    const ready = this.#narrator.when('bob', 'wallet.receiving')
    const options = ['--port', String(this.ports.bob), '--pointer', BOB_POINTER, '--json']
    const tell = (line: string): void => this.#narrator.bobLine(line)
    await this.#start('bob', [WALLET, 'receive', '--config', config, ...options], tell).orFail(ready)
  }

  #start(name: string, args: readonly string[], onLine: (line: string) => void): Child {
    const child = startChild({ name, args, onLine })
    this.#children.add(child)
    return child
  }

  #write(name: string, config: object): string {
    const file = join(this.#directory, `${name}.json`)
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
    return file
  }
}
