/** What the playground does: one payment with everything around it, then whatever is asked for. */
import { setTimeout as wait } from 'node:timers/promises'
import { AmountError, decodeDecimal, toBaseUnits } from '@hourglass/wallet'
import { type Books, type Finding, agrees, auditBooks, auditLedger, auditSums, readBooks } from './audit.ts'
import { BOB_POINTER, CUSTOMERS, NODES, type NodeName, PEERINGS, type Peering, USD } from './cast.ts'
import { ask } from './http.ts'
import { LEDGER_ASSETS, type WorldLedger } from './ledgers/ledger.ts'
import type { Narrator } from './narrator.ts'
import { formatMoney, heading, say, step, table, verdict } from './terminal.ts'
import type { World } from './world.ts'

interface Money {
  readonly amount: string
  readonly assetCode: string
  readonly assetScale: number
}

/** The last line of `npm start -- --once`. */
export interface Summary {
  readonly delivered: Money
  readonly sent: Money
  readonly packets: number
  readonly ms: number
  readonly settlements: readonly {
    readonly ledger: string
    /** On the ledger. */
    readonly transactions: number
    /** Above it: claims on channels, or Lightning payments. */
    readonly promises: number
  }[]
  readonly balanced: boolean
}

/** What `hourglass pay --json` says first. */
interface Quote {
  readonly kind: 'quote'
  readonly receiver: string
  /** Two amounts that the path exchanges for one another. */
  readonly rate: { readonly sent: Money; readonly delivered: Money }
  readonly packetAmountMax: Money
}

/** What it says last, also where not all was paid. */
interface Outcome {
  readonly kind: 'outcome'
  readonly sent: Money
  readonly delivered: Money
  readonly packets: number
  readonly ms: number
}

/** A payment that was not made, or not all of it: `message` is the wallet's own. */
export class TourError extends Error {
  override readonly name = 'TourError'
}

/** @throws TourError where `dollars` is nothing that Alice can pay */
export function checkAmount(dollars: string): void {
  try {
    toBaseUnits(decodeDecimal(dollars), USD)
  } catch (error) {
    if (!(error instanceof AmountError)) throw error
    throw new TourError(error.message, { cause: error })
  }
}

export class Tour {
  readonly #world: World
  readonly #narrator: Narrator
  readonly #before: Balances
  #sent = 0n
  #delivered = 0n
  /** What payees have redeemed on their ledgers, in base units of the peering. */
  readonly #redeemed = new Map<Peering, bigint>()

  private constructor(world: World, narrator: Narrator, before: Balances) {
    this.#world = world
    this.#narrator = narrator
    this.#before = before
  }

  /** Notes how things stand, so that the audit knows what has changed. */
  static async begin(world: World, narrator: Narrator): Promise<Tour> {
    return new Tour(world, narrator, await readBalances(world))
  }

  /** Alice pays Bob `amount` dollars; the connectors settle; everything is checked. @throws TourError */
  async pay(amount: string): Promise<Summary> {
    checkAmount(amount)
    heading(`Alice pays ${BOB_POINTER} ${amount} USD`)
    await this.showBalances('before')
    say()
    const { outcome, failure } = await this.#pay(amount)
    this.#narrator.summarize()
    if (outcome === undefined) throw new TourError(failure)
    const { sent, delivered, packets, ms } = outcome
    this.#sent += BigInt(sent.amount)
    this.#delivered += BigInt(delivered.amount)
    step('L5 app', 'alice', `sent ${show(sent)}, delivered ${show(delivered)}`)
    step('L4 stream', 'alice', `${packets} packets with money, ${ms} ms from pointer to receipt`)
    await this.#collect()
    this.#narrator.summarize()
    // What was paid is settled and counts, also where it is not all.
    if (failure !== '') throw new TourError(failure)
    say()
    await this.showBalances('after')
    const balanced = await this.audit()
    return {
      delivered,
      sent,
      packets,
      ms,
      settlements: await this.#settlements(),
      balanced,
    }
  }

  /** What was paid, where anything was, and why not all was, where that is so. */
  async #pay(amount: string): Promise<{ readonly outcome?: Outcome; readonly failure: string }> {
    let outcome: Outcome | undefined
    const { code, errors } = await this.#world.alice(
      ['pay', BOB_POINTER, '--amount', amount, '--json'],
      (line) => {
        const said = JSON.parse(line) as Quote | Outcome
        if (said.kind === 'quote') this.#showQuote(said)
        else outcome = said
      },
    )
    const failure = code === 0 ? '' : errors || `the wallet ended with code ${code}`
    return { ...(outcome !== undefined && { outcome }), failure }
  }

  #showQuote({ receiver, rate, packetAmountMax }: Quote): void {
    step('L5 app', 'alice', `asked ${receiver} how to pay it (SPSP)`)
    step('L4 stream', 'alice', `rate of the path: ${show(rate.sent)} arrives as ${show(rate.delivered)}`)
    step('L4 stream', 'alice', `packets of up to ${show(packetAmountMax)}`)
  }

  async #settlements(): Promise<Summary['settlements']> {
    return Promise.all(
      this.#world.ledgers.map(async (ledger) => {
        const { transactions } = await ledger.activity()
        return { ledger: ledger.name, transactions, promises: this.#narrator.promises[ledger.name] }
      }),
    )
  }

  /** Every payee takes in on its ledger what its payer has promised. */
  async #collect(): Promise<void> {
    await Promise.all(
      PEERINGS.map(async (peering) => {
        const { payer, payee } = peering
        if (!(await this.#isSettled(peering))) return
        const redeemed =
          peering.settlement.kind === 'channel' && this.#narrator.when(payee, 'channel.redeemed', payer)
        const admin = this.#world.ports.admin[payee]
        await ask(payee, `http://127.0.0.1:${admin}/accounts/${payer}/collect`, { method: 'POST' })
        const taken = Promise.all([redeemed, this.#isTaken(peering)])
        await Promise.race([taken, wait(SETTLE_MS, undefined, { ref: false })])
      }),
    )
  }

  /** Waits until the payee has what its payer ordered to be settled; false where that is nothing, or does not come. */
  async #isSettled(peering: Peering): Promise<boolean> {
    const { payer, payee } = peering
    const deadline = Date.now() + SETTLE_MS
    while (Date.now() < deadline) {
      const books = await readBooks(this.#world.ports.admin)
      const ordered = books[payer].get(payee)!.settled
      if (ordered === (this.#redeemed.get(peering) ?? 0n)) return false
      if (ordered === books[payee].get(payer)!.received) {
        this.#redeemed.set(peering, ordered)
        return true
      }
      await wait(POLL_MS)
    }
    return false
  }

  /** Waits until the ledger has paid it out, or does not. */
  async #isTaken(peering: Peering): Promise<boolean> {
    const deadline = Date.now() + SETTLE_MS
    while (Date.now() < deadline) {
      const findings = await this.#auditLedger(peering, await readBooks(this.#world.ports.admin))
      if (findings.every(agrees)) return true
      await wait(POLL_MS)
    }
    return false
  }

  async #auditLedger(peering: Peering, books: Books): Promise<Finding[]> {
    const ledger = this.#world.ledgers.find(({ name }) => name === peering.ledger)!
    return auditLedger(ledger, peering, this.#before[ledger.name]!, books)
  }

  async showBalances(when: string): Promise<void> {
    const [books, balances] = await Promise.all([
      readBooks(this.#world.ports.admin),
      readBalances(this.#world),
    ])
    const owes = (node: NodeName, id: string): bigint => -books[node].get(id)!.balance
    const customers = Object.entries(CUSTOMERS).map(([id, { node, asset }]) => [
      `${id} at ${node}`,
      formatMoney(owes(node, id), asset),
    ])
    const peerings = PEERINGS.map(({ payer, payee, asset }) => [
      `${payer} owes ${payee}`,
      formatMoney(owes(payer, payee), asset),
    ])
    const ledgers = PEERINGS.flatMap(({ payer, payee, ledger }) =>
      [payer, payee].map((node) => [
        `${node} on ${ledger}`,
        formatMoney(balances[ledger]![node]!, LEDGER_ASSETS[ledger]),
      ]),
    )
    table([[`balances ${when}`, 'amount'], ...customers, ...peerings, ...ledgers])
  }

  /** Whether the books of every node and the ledgers agree, and says so line by line. */
  async audit(): Promise<boolean> {
    const { admin } = this.#world.ports
    const books = await readBooks(admin)
    const ledgers = await Promise.all(PEERINGS.map((peering) => this.#auditLedger(peering, books)))
    const totals = { sent: this.#sent, delivered: this.#delivered }
    const findings = [...auditBooks(books, totals), await auditSums(admin), ...ledgers.flat()]
    heading('Do the books of every node and the ledgers agree?')
    for (const finding of findings) verdict(agrees(finding), finding.statement, describe(finding))
    return findings.every(agrees)
  }
}

/** What nodes hold on ledgers: by ledger, then by node. */
type Balances = Readonly<Record<string, Readonly<Record<string, bigint>>>>

async function readBalances({ ledgers }: World): Promise<Balances> {
  return Object.fromEntries(
    await Promise.all(ledgers.map(async (ledger) => [ledger.name, await balancesOn(ledger)] as const)),
  )
}

async function balancesOn(ledger: WorldLedger): Promise<Record<string, bigint>> {
  const balances = NODES.map(async (node) => [node, await ledger.balance(node)] as const)
  return Object.fromEntries(await Promise.all(balances))
}

/** How long a settlement may take before the audit speaks of it. */
const SETTLE_MS = 20_000
const POLL_MS = 50

function show({ amount, assetCode, assetScale }: Money): string {
  return formatMoney(BigInt(amount), { code: assetCode, scale: assetScale })
}

function describe(finding: Finding): string {
  const { left, right, asset } = finding
  const text = (amount: bigint): string => (asset === undefined ? String(amount) : formatMoney(amount, asset))
  return agrees(finding) ? text(left) : `${text(left)} is not ${text(right)}`
}
