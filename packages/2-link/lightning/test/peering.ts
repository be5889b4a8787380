/** Two settlements with a link between them, over nodes that may come and go; each has lives as processes have. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Journal } from '@hourglass/journal'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import {
  type LightningAction,
  type LightningEvent,
  type LightningNode,
  type LightningOptions,
  LightningSettlement,
  type NodeAddress,
} from '@hourglass/lightning'
import { type LightningSession, connectLightning } from '@hourglass/lightning/io'
import type { SettlementInput, SettlementOutput } from '@hourglass/link'
import { type Driver, drive, nodeCrypto, nodeRng } from '@hourglass/sansio/io'

type Input = SettlementInput<LightningEvent>
type Output = SettlementOutput<LightningAction>

/** One side: what it was told last, over all its lives. */
export class Side {
  peer!: Side
  node: LightningNode
  sent = 0n
  received = 0n
  /** Told totals that were lower than one told before. */
  steps = 0
  readonly #options: LightningOptions
  readonly #file: string
  #journal: Journal | undefined
  #session: LightningSession | undefined
  #driver: Driver<Input> | undefined

  constructor(node: LightningNode, file: string, options: LightningOptions) {
    this.node = node
    this.#file = file
    this.#options = options
  }

  async begin(): Promise<void> {
    const journal = await openSqliteJournal({ file: this.#file, durability: 'process' })
    const settlement = new LightningSettlement(this.#options)
    settlement.restore(await journal.load(''))
    const session = connectLightning({
      node: this.node,
      listener: (event) => this.push({ kind: 'ledger', event }),
    })
    this.#journal = journal
    this.#session = session
    this.#driver = drive<Input, Output>(settlement, (output) => this.#perform(output, journal, session))
    this.push({ kind: 'timeout' })
  }

  /** As if its process was killed. */
  async end(): Promise<void> {
    this.#driver?.stop()
    this.#driver = undefined
    this.#session?.close()
    await this.#journal?.close()
  }

  push(input: Input): void {
    this.#driver?.push(input)
  }

  #perform(output: Output, journal: Journal, session: LightningSession): void {
    const { peer } = this
    switch (output.kind) {
      case 'request':
        setImmediate(() => peer.push({ kind: 'request', id: output.id, body: output.body }))
        return
      case 'reply':
        setImmediate(() => peer.push({ kind: 'reply', id: output.id, body: output.body }))
        return
      case 'refuse':
        setImmediate(() => peer.push({ kind: 'failed', id: output.id, failure: 'refused' }))
        return
      case 'ledger':
        return session.perform(output.action)
      case 'commit':
        return journal.commit(output.records, () => this.push({ kind: 'committed', id: output.id }))
      case 'sent':
        this.sent = output.total
        return
      case 'received':
        if (output.total < this.received) this.steps++
        this.received = output.total
        return
      case 'trace':
    }
  }
}

export type PeeringOptions = Pick<
  LightningOptions,
  'accountScale' | 'channelSat' | 'budgetSat' | 'by' | 'closePatienceMs'
>

interface Ends<T> {
  readonly alice: T
  readonly bob: T
}

/** Both sides of an account. */
export class Peering implements Ends<Side> {
  readonly alice: Side
  readonly bob: Side
  readonly #directory = mkdtempSync(join(tmpdir(), 'peering-'))

  constructor(nodes: Ends<LightningNode>, addresses: Ends<NodeAddress>, options: PeeringOptions) {
    const side = (name: keyof Ends<Side>): Side =>
      new Side(nodes[name], join(this.#directory, name), {
        ...{ account: 'peering', network: 'regtest', address: addresses[name], secret: randomBytes(32) },
        ...{ rng: nodeRng, crypto: nodeCrypto },
        ...options,
      })
    this.alice = side('alice')
    this.bob = side('bob')
    this.alice.peer = this.bob
    this.bob.peer = this.alice
  }

  async begin(): Promise<void> {
    await this.alice.begin()
    await this.bob.begin()
    this.link(true)
  }

  link(isUp: boolean): void {
    for (const side of [this.alice, this.bob]) side.push({ kind: isUp ? 'up' : 'down' })
  }

  /** Kills one side's settlement and lets it live again. */
  async restart(side: Side): Promise<void> {
    this.link(false)
    await side.end()
    await side.begin()
    this.link(true)
  }

  /** Both live on over other nodes, which hold the same keys. */
  async moveTo(nodes: Ends<LightningNode>): Promise<void> {
    for (const name of ['alice', 'bob'] as const) {
      await this[name].end()
      this[name].node = nodes[name]
      await this[name].begin()
    }
    this.link(true)
  }

  async stop(): Promise<void> {
    await Promise.all([this.alice.end(), this.bob.end()])
    await rm(this.#directory, { recursive: true })
  }
}
