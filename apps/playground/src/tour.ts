/** What the playground does: one payment with everything around it, then whatever is asked for. */
import { setTimeout as wait } from 'node:timers/promises'
import { type Finding, agrees, auditBooks, auditChain, readBooks } from './audit.ts'
import { BOB_POINTER, ETH, EUR, USD } from './cast.ts'
import type { Narrator } from './narrator.ts'
import { formatAmount, heading, say, step, table } from './terminal.ts'
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

/** What `hourglass pay --json` says last. */
interface PaymentResult {
  readonly outcome: string
  readonly sent: Money
  readonly delivered: Money
  readonly packets: number
  readonly ms: number
}

/** A payment that was not made: `message` is the wallet's own. */
export class TourError extends Error {
  override readonly name = 'TourError'
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
    heading(`Alice pays ${BOB_POINTER} ${amount} USD`)
    await this.showBalances('before')
    say()
    const result = await this.#pay(amount)
    this.#narrator.endPayment()
    this.#sent += BigInt(result.sent.amount)
    this.#delivered += BigInt(result.delivered.amount)
    step('L5 app', 'alice', `sent ${show(result.sent)}, delivered ${show(result.delivered)}`)
    step(
      'L4 stream',
      'alice',
      `${result.packets} packets with money, ${result.ms} ms from pointer to receipt`,
    )
    await this.#collect()
    say()
    await this.showBalances('after')
    const balanced = await this.audit()
    const { transactions, claims } = this.#narrator
    return {
      delivered: result.delivered,
      sent: result.sent,
      packets: result.packets,
      ms: result.ms,
      settlements: [{ ledger: 'evm', transactions: transactions.length, claims }],
      balanced,
    }
  }

  async #pay(amount: string): Promise<PaymentResult> {
    let last = ''
    const { code, errors } = await this.#world.alice(
      ['pay', BOB_POINTER, '--amount', amount, '--json'],
      (line) => {
        last = line
        const { kind, ...fields } = JSON.parse(line) as Record<string, unknown>
        if (kind === 'quote') this.#showQuote(fields)
      },
    )
    if (code !== 0) throw new TourError(errors)
    return JSON.parse(last) as PaymentResult
  }

  #showQuote(quote: Record<string, unknown>): void {
    step(
      'L5 app',
      'alice',
      `asked ${String(quote['receiver'])} how to pay it (SPSP): an address and a secret`,
    )
    const rate = quote['rate'] as { sent: Money; delivered: Money }
    const packet = quote['packetAmountMax'] as Money
    step(
      'L4 stream',
      'alice',
      `quote: ${show(rate.sent)} would arrive as ${show(rate.delivered)}; packets up to ${show(packet)}`,
    )
  }

  /** Bolt takes in on the chain what Acme has promised. */
  async #collect(): Promise<void> {
    const { boltAdmin } = this.#world.ports
    if (!(await this.#settled())) return
    const redeemed = this.#narrator.when('bolt', 'channel.redeemed')
    await fetch(`http://127.0.0.1:${boltAdmin}/accounts/acme/collect`, { method: 'POST' })
    await redeemed
  }

  /** Waits until Bolt has what Acme ordered to be settled; false where that is nothing, or does not come. */
  async #settled(): Promise<boolean> {
    const { acmeAdmin, boltAdmin } = this.#world.ports
    const deadline = Date.now() + SETTLE_MS
    while (Date.now() < deadline) {
      const [acme, bolt] = await Promise.all([readBooks(acmeAdmin), readBooks(boltAdmin)])
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

  async showBalances(when: string): Promise<void> {
    const { ports, chain, addresses } = this.#world
    const [acme, bolt] = await Promise.all([readBooks(ports.acmeAdmin), readBooks(ports.boltAdmin)])
    const [acmeWei, boltWei] = await Promise.all([
      chain.balance(addresses.acme),
      chain.balance(addresses.bolt),
    ])
    const owed = -(acme.get('bolt')?.balance ?? 0n)
    table([
      [`balances ${when}`, 'amount'],
      ['alice at acme', `${formatAmount(-(acme.get('alice')?.balance ?? 0n), USD.scale)} USD`],
      ['bob at bolt', `${formatAmount(-(bolt.get('bob')?.balance ?? 0n), EUR.scale)} EUR`],
      ['acme owes bolt', `${formatAmount(owed, ETH.scale)} ETH`],
      ['acme on the chain', `${formatAmount(acmeWei, WEI_SCALE)} ETH`],
      ['bolt on the chain', `${formatAmount(boltWei, WEI_SCALE)} ETH`],
    ])
  }

  /** Whether the books of every node and the chain agree, and says so line by line. */
  async audit(): Promise<boolean> {
    const { ports, chain, addresses, contract } = this.#world
    const [acme, bolt] = await Promise.all([readBooks(ports.acmeAdmin), readBooks(ports.boltAdmin)])
    const transactions = await chain.transactionsSince(this.#chainStart)
    const totals = { sent: this.#sent, delivered: this.#delivered }
    const findings = [
      ...auditBooks({ acme, bolt, totals }),
      ...(await auditChain(chain, {
        ...addresses,
        contract,
        before: this.#before,
        transactions,
        received: bolt.get('acme')?.received ?? 0n,
      })),
    ]
    heading('Do the books of every node and the chain agree?')
    for (const finding of findings) say(`  ${describe(finding)}`)
    return findings.every(agrees)
  }
}

const WEI_SCALE = 18
/** How long a settlement may take before the audit speaks of it. */
const SETTLE_MS = 20_000
const POLL_MS = 50

function show({ amount, assetCode, assetScale }: Money): string {
  return `${formatAmount(BigInt(amount), assetScale)} ${assetCode}`
}

function describe(finding: Finding): string {
  const { statement, left, right } = finding
  return agrees(finding) ? `✓ ${statement}   ${left}` : `✗ ${statement}   ${left} is not ${right}`
}
