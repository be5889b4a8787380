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
import { type Child, ChildError, type ChildOptions, startChild } from './processes.ts'

const CONNECTOR = fileURLToPath(import.meta.resolve('@hourglass/connector-app/bin.js'))
const WALLET = fileURLToPath(import.meta.resolve('@hourglass/wallet/bin.js'))

/** How one command of a wallet ended, and what it said was wrong. */
export interface CommandEnd {
  readonly code: number
  readonly errors: string
}

export class World {
  /** Rejects with a ChildError when a program ends that should stay up. */
  readonly failed: Promise<never>
  readonly #fail: (reason: unknown) => void
  readonly #narrator: Narrator
  readonly #directory: string = mkdtempSync(join(tmpdir(), 'hourglass-'))
  readonly #children = new Set<Child>()
  #isStopping = false
  #ports: Ports | undefined
  #devChain: DevChain | undefined
  #facts: ChainFacts | undefined

  constructor(narrator: Narrator) {
    this.#narrator = narrator
    const { promise, reject } = Promise.withResolvers<never>()
    this.failed = promise
    this.#fail = reject
    process.once('exit', () => this.#removeFiles())
  }

  /** Resolves when everything is up and linked; where a program cannot start, `failed` rejects. */
  async start(): Promise<void> {
    this.#ports = await findPorts()
    await this.#startChain()
    const peered = this.#narrator.when('acme', 'link.up')
    await Promise.all([
      this.#startConnector('acme'),
      this.#startConnector('bolt').then(async () => this.#startBob()),
    ])
    await peered
  }

  get ports(): Ports {
    return this.#ports!
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

  /**
   * Runs one command of Alice's wallet; each line of its output goes to `onLine`.
   * @throws ChildError where everything is ended meanwhile
   */
  async alice(
    [command = '', ...args]: readonly string[],
    onLine: (line: string) => void,
  ): Promise<CommandEnd> {
    const config = this.#write('alice', aliceConfig(this.ports, join(this.#directory, 'alice')))
    const where = command === 'pay' ? ['--resolve', `${BOB_HOST}=http://127.0.0.1:${this.ports.bob}`] : []
    const child = this.#start({
      name: 'alice',
      args: [WALLET, command, ...args, '--config', config, ...where],
      onLine,
    })
    const code = await child.ended
    this.#children.delete(child)
    if (this.#isStopping) throw new ChildError('alice was ended with everything')
    return { code, errors: child.errors() }
  }

  /** Ends every process and removes every file; may be called while all is being started. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all([...this.#children].map((child) => child.stop()))
    await this.#devChain?.stop()
    this.#removeFiles()
  }

  #removeFiles(): void {
    // Tried again where a program that was killed has just written one more file.
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 3 })
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
    const onLine = (line: string): void => this.#narrator.connectorLine(name, line)
    this.#startForGood({ name, args: [CONNECTOR, '--config', config], onLine })
    await ready
  }

  async #startBob(): Promise<void> {
    const config = this.#write('bob', bobConfig(this.ports, join(this.#directory, 'bob')))
    const ready = this.#narrator.when('bob', 'wallet.receiving')
    const options = ['--config', config, '--port', String(this.ports.bob), '--pointer', BOB_POINTER, '--json']
    const onLine = (line: string): void => this.#narrator.bobLine(line)
    this.#startForGood({ name: 'bob', args: [WALLET, 'receive', ...options], onLine })
    await ready
  }

  #startForGood(program: ChildOptions): void {
    this.#start(program).failed.catch(this.#fail)
  }

  #start(program: ChildOptions): Child {
    if (this.#isStopping) throw new ChildError(`${program.name} does not start: everything is being ended`)
    const child = startChild(program)
    this.#children.add(child)
    return child
  }

  #write(name: string, config: object): string {
    const file = join(this.#directory, `${name}.json`)
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
    return file
  }
}
