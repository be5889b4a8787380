/** Starts and stops the local internet of value: three ledgers, four connectors, Bob's wallet. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  BOB_HOST,
  BOB_POINTER,
  CUSTOMERS,
  NODES,
  type NodeName,
  PEERINGS,
  type Ports,
  connectorConfig,
  walletConfig,
} from './cast.ts'
import { ask } from './http.ts'
import { BitcoinLedger } from './ledgers/bitcoin.ts'
import { EvmLedger } from './ledgers/evm.ts'
import type { WorldLedger } from './ledgers/ledger.ts'
import { XrpLedger } from './ledgers/xrpl.ts'
import type { Narrator } from './narrator.ts'
import { findPorts } from './ports.ts'
import { type Child, ChildError, type ChildOptions, startChild } from './processes.ts'

const CONNECTOR = fileURLToPath(import.meta.resolve('@hourglass/connector-app/bin.js'))
const WALLET = fileURLToPath(import.meta.resolve('@hourglass/wallet/bin.js'))

const POLL_MS = 50

/** A node's own account on a ledger, as its connector reports it. */
interface LedgerReport {
  readonly name: string
  readonly address: string
  readonly balance: string
}

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
  #ledgers: readonly WorldLedger[] = []

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
    await this.#startLedgers()
    const peered = PEERINGS.map(({ payer, payee }) => this.#narrator.when(payer, 'link.up', payee))
    await Promise.all(
      NODES.map(async (node) => {
        await this.#startConnector(node)
        if (node === CUSTOMERS.bob.node) await this.#startBob()
      }),
    )
    await Promise.all(peered)
  }

  get ports(): Ports {
    return this.#ports!
  }

  /** In the order of the peerings. */
  get ledgers(): readonly WorldLedger[] {
    return PEERINGS.map((peering) => this.#ledgers.find(({ name }) => name === peering.ledger)!)
  }

  /**
   * Runs one command of Alice's wallet; each line of its output goes to `onLine`.
   * @throws ChildError where everything is ended meanwhile
   */
  async alice(
    [command = '', ...args]: readonly string[],
    onLine: (line: string) => void,
  ): Promise<CommandEnd> {
    const config = this.#write('alice', walletConfig('alice', this.ports, join(this.#directory, 'alice')))
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
    await Promise.all(this.#ledgers.map((ledger) => ledger.stop()))
    this.#removeFiles()
  }

  #removeFiles(): void {
    // Tried again where a program that was killed has just written one more file.
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 3 })
  }

  /** One line for each ledger. */
  async #startLedgers(): Promise<void> {
    const starts: Promise<WorldLedger>[] = [BitcoinLedger.start(), EvmLedger.start(), XrpLedger.start()]
    for (const start of starts) {
      // Those that are up are stopped with everything, also where another cannot start.
      start.then((ledger) => (this.#ledgers = [...this.#ledgers, ledger])).catch(() => undefined)
    }
    await Promise.all(starts)
  }

  async #startConnector(node: NodeName): Promise<void> {
    const used = PEERINGS.filter(({ payer, payee }) => payer === node || payee === node)
    const ledgers = this.#ledgers.filter(({ name }) => used.some(({ ledger }) => ledger === name))
    const inputs = Object.fromEntries(ledgers.map((ledger) => [ledger.name, ledger.config(node, this.ports)]))
    const config = this.#write(node, connectorConfig(node, this.ports, inputs, join(this.#directory, node)))
    const ready = this.#narrator.when(node, 'connector.started')
    const onLine = (line: string): void => this.#narrator.connectorLine(node, line)
    this.#startForGood({ name: node, args: [CONNECTOR, '--config', config], onLine })
    await ready
    await Promise.all(ledgers.map(async (ledger) => this.#welcome(ledger, node)))
  }

  /** Until its own node knows of the money. */
  async #welcome(ledger: WorldLedger, node: NodeName): Promise<void> {
    if (ledger.welcome === undefined) return
    const own = await this.#reportOf(ledger, node)
    await ledger.welcome(node, own.address)
    while ((await this.#reportOf(ledger, node)).balance === '0') await wait(POLL_MS)
  }

  async #reportOf({ name }: WorldLedger, node: NodeName): Promise<LedgerReport> {
    const reports = (await ask(node, `http://127.0.0.1:${this.ports.admin[node]}/ledgers`)) as LedgerReport[]
    return reports.find((report) => report.name === name)!
  }

  async #startBob(): Promise<void> {
    const config = this.#write('bob', walletConfig('bob', this.ports, join(this.#directory, 'bob')))
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
