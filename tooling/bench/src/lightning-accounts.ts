/** Accounts that are settled between two nodes, from the order to the credit on the other side. Tooling. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Durability, Journal } from '@hourglass/journal'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import {
  type LightningAction,
  type LightningEvent,
  type LightningNode,
  LightningSettlement,
  MSAT_SCALE,
} from '@hourglass/lightning'
import { connectLightning } from '@hourglass/lightning/io'
import type { SettlementInput, SettlementOutput } from '@hourglass/link'
import { type Driver, drive, nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import type { Nodes } from './lightning-nodes.ts'
import { AMOUNT_MSAT, type LightningPair } from './lightning-pair.ts'
import { keepInFlight } from './load.ts'

/** Fewer orders at a time than these would be paid together on one account. */
const ACCOUNTS = 10

export async function openAccounts(nodes: Nodes, durability: Durability): Promise<LightningPair> {
  const open = (name: string): Promise<Journal> =>
    openSqliteJournal({ file: join(nodes.directory, `${name}-accounts`), durability })
  const journals = { payer: await open('payer'), payee: await open('payee') }
  const accounts: Account[] = []
  for (let index = 0; index < ACCOUNTS; index++) {
    const side = async (name: 'payer' | 'payee'): Promise<Side> =>
      new Side(nodes[name], journals[name], await machineOf(nodes[name], `account${index}`))
    accounts.push(new Account(await side('payer'), await side('payee')))
  }
  let next = 0
  return {
    pids: () => nodes.pids(),
    pay: (payments, inFlight) =>
      keepInFlight(inFlight, payments, () => accounts[next++ % ACCOUNTS]!.settle(AMOUNT_MSAT)),
    async close() {
      for (const account of accounts) account.close()
      await Promise.all([journals.payer.close(), journals.payee.close()])
      await nodes.close()
    },
  }
}

async function machineOf(node: LightningNode, account: string): Promise<LightningSettlement> {
  return new LightningSettlement({
    ...{ account, accountScale: MSAT_SCALE, network: 'regtest', address: await node.info() },
    ...{ secret: randomBytes(32), rng: nodeRng, crypto: nodeCrypto, channelSat: 0n, budgetSat: 0n },
  })
}

/** Two sides of one account, and who waits for which total. */
class Account {
  readonly #payer: Side
  readonly #payee: Side
  #ordered = 0n
  #waiting: { readonly total: bigint; readonly resolve: () => void }[] = []

  constructor(payer: Side, payee: Side) {
    this.#payer = payer
    this.#payee = payee
    payer.begin(payee)
    payee.begin(payer, (total) => this.#credited(total))
    for (const side of [payer, payee]) side.push({ kind: 'up' })
  }

  /** Resolves once so much more is credited on the other side. */
  settle(amount: bigint): Promise<void> {
    const total = (this.#ordered += amount)
    this.#payer.push({ kind: 'settle', total })
    return new Promise((resolve) => this.#waiting.push({ total, resolve }))
  }

  close(): void {
    for (const side of [this.#payer, this.#payee]) side.end()
  }

  #credited(total: bigint): void {
    const done = this.#waiting.filter((each) => each.total <= total)
    this.#waiting = this.#waiting.filter((each) => each.total > total)
    for (const { resolve } of done) resolve()
  }
}

type Input = SettlementInput<LightningEvent>
type Output = SettlementOutput<LightningAction>

/** One side of an account; what it says to the other takes a turn of the event loop. */
class Side {
  readonly #node: LightningNode
  readonly #journal: Journal
  readonly #machine: LightningSettlement
  #driver: Driver<Input> | undefined
  #end: (() => void) | undefined

  constructor(node: LightningNode, journal: Journal, machine: LightningSettlement) {
    this.#node = node
    this.#journal = journal
    this.#machine = machine
  }

  begin(peer: Side, credited: (total: bigint) => void = () => undefined): void {
    const listener = (event: LightningEvent): void => this.push({ kind: 'ledger', event })
    const session = connectLightning({ node: this.#node, listener })
    const journal = this.#journal
    const say = (input: Input): void => void setImmediate(() => peer.push(input))
    const driver = drive<Input, Output>(this.#machine, (output) => {
      if (output.kind === 'request') say({ kind: 'request', id: output.id, body: output.body })
      else if (output.kind === 'reply') say({ kind: 'reply', id: output.id, body: output.body })
      else if (output.kind === 'ledger') session.perform(output.action)
      else if (output.kind === 'commit') {
        journal.commit(output.records, () => this.push({ kind: 'committed', id: output.id }))
      } else if (output.kind === 'received') credited(output.total)
    })
    this.#driver = driver
    this.#end = () => {
      driver.stop()
      session.close()
    }
  }

  push(input: Input): void {
    this.#driver?.push(input)
  }

  end(): void {
    this.#end?.()
  }
}
