/**
 * One run: a network, payments and faults from a seed; first everything happens, then everything comes to rest.
 * Testing.
 *
 *   start → payments and faults → faults end → payments end → quiet → collect → quiet → final checks
 */
import type { PaymentReport } from '@hourglass/stream'
import { Ambush, WAIT_MS } from './ambush.ts'
import { Chance } from './chance.ts'
import { type CheatPlan, drawCheat } from './cheats.ts'
import { FAULT_KINDS, type Fault, type FaultKind, drawFaults } from './faults.ts'
import { SETTLE_DELAY_MS } from './host-account.ts'
import { Invariants } from './invariants.ts'
import { Log } from './log.ts'
import { type Joint, Network } from './network.ts'
import { Operators } from './operators.ts'
import { drawPayments } from './payments.ts'
import type { NetworkPlan, PaymentPlan } from './plan.ts'
import { RouteInvariants } from './route-invariants.ts'
import { drawNetwork } from './topology.ts'
import { Violation, check } from './violation.ts'
import { START, World } from './world.ts'

export interface ScenarioOptions {
  readonly seed: string
  /** Connectors; undefined: drawn. */
  readonly nodes?: number | undefined
  /** Indices of the payments and faults that happen; undefined: all that the seed draws. */
  readonly payments?: readonly number[] | undefined
  readonly faults?: readonly number[] | undefined
  /** Leaves the cheat out, where there is one. */
  readonly isHonest?: boolean | undefined
  /** Keeps a log. */
  readonly isTraced?: boolean
}

export interface ScenarioResult {
  readonly failure: Failure | undefined
  readonly plan: NetworkPlan
  readonly cheat: CheatPlan | undefined
  readonly payments: readonly PaymentPlan[]
  readonly faults: readonly Fault[]
  /** Payments by how they ended. */
  readonly outcomes: ReadonlyMap<string, number>
  /** Prepares that connectors have sent on; steps of the world; virtual time. */
  readonly packets: number
  readonly steps: number
  readonly virtualMs: number
  readonly log: Log
}

export interface Failure {
  /** The broken invariant, or the name of what a machine threw. */
  readonly invariant: string
  readonly nodes: readonly string[]
  readonly error: Error
  readonly atMs: number
}

const CHEAT_PROBABILITY = 0.4
const PAYMENTS_MAX = 30
const FAULTS_MAX = 40
/** A payment that has not ended so long after all faults is cancelled. */
const PATIENCE_MS = 600_000
/** Longer than packets are held, than claims are resent, and than peers are asked again. */
const QUIET_MS = 200_000
/** Longer than a channel takes to close, and another one to take its place. */
const SETTLING_MS = 2 * SETTLE_DELAY_MS
const RETRY_MS = 500
/** How many times some links are down together, and for how long. */
const ROUNDS = 2
const CUT_PROBABILITY = 0.3
const ROUND_MS = 300_000
/** Within so many looks, so far apart, routes are right. */
const LOOKS = 5
const LOOK_MS = 50_000

export function runScenario(options: ScenarioOptions): ScenarioResult {
  return new Scenario(options).run()
}

class Scenario {
  readonly #world = new World()
  readonly #network: Network
  readonly #invariants: Invariants
  /** Undefined: nobody tells of routes, or somebody lies. */
  readonly #routes: RouteInvariants | undefined
  readonly #cuts: Chance
  readonly #operators: Operators
  readonly #cheat: CheatPlan | undefined
  readonly #log: Log
  readonly #payments: readonly PaymentPlan[]
  readonly #faults: readonly Fault[]
  readonly #outcomes = new Map<string, number>()
  #open: number

  constructor(options: ScenarioOptions) {
    const chance = new Chance(options.seed)
    const plan = drawNetwork(chance.fork('network'), options.nodes)
    this.#log = new Log(this.#world, options.isTraced ?? false)
    const shared = { world: this.#world, log: this.#log, chance: chance.fork('course') }
    const cheats = chance.fork('cheats')
    const mayCheat = cheats.happens(CHEAT_PROBABILITY) && options.isHonest !== true
    this.#cheat = mayCheat
      ? drawCheat(
          plan.connectors.map(({ name }) => name),
          cheats,
        )
      : undefined
    this.#network = new Network(plan, shared, this.#cheat)
    this.#invariants = new Invariants(this.#network)
    const isTold = plan.isExchanging && this.#cheat === undefined
    this.#routes = isTold ? new RouteInvariants(this.#network) : undefined
    this.#cuts = chance.fork('cuts')
    this.#operators = new Operators(this.#network, chance.fork('operators'))
    const counts = chance.fork('counts')
    const payments = drawPayments(plan, counts.integer(1, PAYMENTS_MAX), chance.fork('payments'))
    const kinds = drawKinds(chance.fork('kinds'))
    const faults = drawFaults(chance.fork('faults'), counts.integer(0, FAULTS_MAX), kinds)
    this.#payments = payments.filter(({ index }) => options.payments?.includes(index) ?? true)
    this.#faults = faults.filter(({ index }) => options.faults?.includes(index) ?? true)
    this.#open = this.#payments.length
  }

  run(): ScenarioResult {
    let failure: Failure | undefined
    try {
      this.#course()
    } catch (error) {
      failure = this.#failureOf(error as Error)
    }
    return {
      failure,
      plan: this.#network.plan,
      cheat: this.#cheat,
      payments: this.#payments,
      faults: this.#faults,
      outcomes: this.#outcomes,
      packets: this.#network.forwarded,
      steps: this.#world.steps,
      virtualMs: this.#world.now - START,
      log: this.#log,
    }
  }

  #course(): void {
    const world = this.#world
    const ambush = new Ambush(this.#network, world)
    this.#network.start()
    for (const fault of this.#faults) {
      world.at(START + fault.afterMs, () => {
        ambush.lay(fault, () => this.#log.add('!', fault.kind, { index: fault.index }))
      })
    }
    for (const payment of this.#payments) world.at(START + payment.afterMs, () => this.#pay(payment))
    const faultsEnd = Math.max(
      0,
      ...this.#faults.map(({ afterMs, leadMs, ms }) => afterMs + WAIT_MS + leadMs + ms),
    )
    world.run(START + faultsEnd)
    world.run(world.now + PATIENCE_MS, () => this.#open === 0)
    // Two payments may feed on what the other brings, bit by bit: at some time people lose patience.
    for (const wallet of this.#network.wallets.values()) wallet.cancelPayments()
    world.run(world.now + QUIET_MS, () => this.#open === 0)
    check(this.#open === 0, 'payments-end', [], () => `${this.#open} payments have no end`)
    this.#tryRoutes()
    world.run(world.now + SETTLING_MS)
    this.#operators.decide()
    do world.run(world.now + QUIET_MS)
    while (this.#operators.tell())
    for (const node of this.#network.nodes.values()) node.collect()
    world.run(world.now + QUIET_MS)
    this.#invariants.checkEnd()
  }

  /** Some links go down for a while, together, and come back: each time all routes are right in the end. */
  #tryRoutes(): void {
    const world = this.#world
    for (let round = 0; this.#routes !== undefined && round < ROUNDS; round++) {
      const down = new Set(this.#network.joints.filter(() => this.#cuts.happens(CUT_PROBABILITY)))
      const end = world.now + ROUND_MS
      for (const { wire } of down) {
        wire.cut()
        wire.partition(ROUND_MS)
      }
      this.#checkRoutes(this.#routes, down)
      world.run(end)
      this.#checkRoutes(this.#routes, new Set())
    }
  }

  /** What is lost on its own is said again later: routes may be right a little late, and not be wrong for ever. */
  #checkRoutes(routes: RouteInvariants, down: ReadonlySet<Joint>): void {
    for (let looks = 1; ; looks++) {
      this.#world.run(this.#world.now + LOOK_MS)
      const flaw = routes.flaw(down)
      if (flaw === undefined) return
      if (looks === LOOKS) throw flaw
    }
  }

  /** Begins a payment as soon as both wallets are there. */
  #pay(plan: PaymentPlan): void {
    const payer = this.#network.wallets.get(plan.from)!
    const credentials = this.#network.wallets.get(plan.to)!.credentials()
    if (credentials === undefined || !payer.isUp) {
      this.#world.after(RETRY_MS, () => this.#pay(plan))
      return
    }
    this.#log.add(payer.name, 'payment.begins', { index: plan.index, to: plan.to, ...plan.amount })
    payer.pay(plan, credentials, (report) => {
      if (report !== undefined) this.#invariants.checkPayment(plan, credentials.destination, report)
      this.#paid(plan, report)
    })
  }

  #paid({ from, index }: PaymentPlan, report: PaymentReport | undefined): void {
    this.#open--
    const outcome = report?.outcome ?? 'crashed'
    this.#log.add(from, 'payment.ends', { index, outcome, ...report })
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1)
  }

  #failureOf(error: Error): Failure {
    const [invariant, nodes] = error instanceof Violation ? [error.invariant, error.nodes] : [error.name, []]
    return { invariant, nodes, error, atMs: this.#world.now - START }
  }
}

/** Each seed has its own troubles: some have all of them, some few, some none. */
function drawKinds(chance: Chance): FaultKind[] {
  const kinds = FAULT_KINDS.filter(() => chance.happens(0.5))
  return kinds.length === 0 ? [...FAULT_KINDS] : kinds
}
