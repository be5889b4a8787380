/** What the playground does: one payment with everything around it, then whatever is asked for. */
import { setTimeout as wait } from 'node:timers/promises'
import { AmountError, decodeDecimal, toBaseUnits } from '@hourglass/wallet'
import { type Books, type Finding, agrees, auditBooks, auditChain, auditSums, readBooks } from './audit.ts'
import { BOB_POINTER, ETH, EUR, USD, WEI } from './cast.ts'
import { ask } from './http.ts'
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
    readonly transactions: number
    readonly claims: number
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
  readonly #chainStart: number
  readonly #before: { readonly acme: bigint; readonly bolt: bigint }
  #sent = 0n
  #delivered = 0n
  /** What Bolt has taken in on the chain, in base units of the peering. */
  #redeemed = 0n

  private constructor(
    world: World,
    narrator: Narrator,
    start: { height: number; acme: bigint; bolt: bigint },
  ) {
    this.#world = world
    this.#narrator = narrator
    this.#chainStart = start.height
    this.#before = start
  }

  /** Notes how things stand, so that the audit knows what has changed. */
  static async begin(world: World, narrator: Narrator): Promise<Tour> {
    const { chain, addresses } = world
    const [height, acme, bolt] = await Promise.all([
      chain.height(),
      chain.balance(addresses.acme),
      chain.balance(addresses.bolt),
    ])
    return new Tour(world, narrator, { height, acme, bolt })
  }

  /** Alice pays Bob `amount` dollars; both connectors settle; everything is checked. @throws TourError */
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
    const { transactions, claims } = this.#narrator
    return {
      delivered,
      sent,
      packets,
      ms,
      settlements: [{ ledger: 'evm', transactions, claims }],
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

  /** Bolt takes in on the chain what Acme has promised. */
  async #collect(): Promise<void> {
    const { boltAdmin } = this.#world.ports
    if (!(await this.#settled())) return
    const redeemed = this.#narrator.when('bolt', 'channel.redeemed')
    await ask('bolt', `http://127.0.0.1:${boltAdmin}/accounts/acme/collect`, { method: 'POST' })
    await Promise.race([redeemed, wait(SETTLE_MS, undefined, { ref: false })])
  }

  /** Waits until Bolt has what Acme ordered to be settled; false where that is nothing, or does not come. */
  async #settled(): Promise<boolean> {
    const deadline = Date.now() + SETTLE_MS
    while (Date.now() < deadline) {
      const [acme, bolt] = await this.#readBooks()
      const ordered = acme.get('bolt')?.settled
      if (ordered === this.#redeemed) return false
      if (ordered === bolt.get('acme')?.received) {
        this.#redeemed = ordered ?? 0n
        return true
      }
      await wait(POLL_MS)
    }
    return false
  }

  async #readBooks(): Promise<[acme: Map<string, Books>, bolt: Map<string, Books>]> {
    const { acmeAdmin, boltAdmin } = this.#world.ports
    return Promise.all([readBooks('acme', acmeAdmin), readBooks('bolt', boltAdmin)])
  }

  async showBalances(when: string): Promise<void> {
    const { chain, addresses } = this.#world
    const [acme, bolt] = await this.#readBooks()
    const [acmeWei, boltWei] = await Promise.all([
      chain.balance(addresses.acme),
      chain.balance(addresses.bolt),
    ])
    const held = (books: Map<string, Books>, id: string): bigint => -(books.get(id)?.balance ?? 0n)
    table([
      [`balances ${when}`, 'amount'],
      ['alice at acme', formatMoney(held(acme, 'alice'), USD)],
      ['bob at bolt', formatMoney(held(bolt, 'bob'), EUR)],
      ['acme owes bolt', formatMoney(held(acme, 'bolt'), ETH)],
      ['acme on the chain', formatMoney(acmeWei, WEI)],
      ['bolt on the chain', formatMoney(boltWei, WEI)],
    ])
  }

  /** Whether the books of every node and the chain agree, and says so line by line. */
  async audit(): Promise<boolean> {
    const { chain, addresses, contract, ports } = this.#world
    const [acme, bolt] = await this.#readBooks()
    const transactions = await chain.transactionsSince(this.#chainStart)
    const totals = { sent: this.#sent, delivered: this.#delivered }
    const findings = [
      ...auditBooks({ acme, bolt, totals }),
      await auditSums({ acme: ports.acmeAdmin, bolt: ports.boltAdmin }),
      ...(await auditChain(chain, {
        ...addresses,
        contract,
        before: this.#before,
        transactions,
        received: bolt.get('acme')?.received ?? 0n,
      })),
    ]
    heading('Do the books of every node and the chain agree?')
    for (const finding of findings) verdict(agrees(finding), finding.statement, describe(finding))
    return findings.every(agrees)
  }
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
