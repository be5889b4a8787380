/**
 * Runs one wallet as `apps/wallet` does: a link to its connector and STREAM above it; where it prefunds, a channel
 * beside it. Testing. What it is paid and what it is charged is counted outside of its process.
 */
import { ILP_PROTOCOL } from '@hourglass/connector'
import {
  type Address,
  PacketType,
  decodeIldcpResponse,
  decodeReply,
  encodeIldcpRequest,
} from '@hourglass/ilp'
import type { Journal } from '@hourglass/journal'
import type { Link } from '@hourglass/link'
import { DecodeError, type Instant } from '@hourglass/sansio'
import type { Credentials, PaymentReport } from '@hourglass/stream'
import type { Chance } from './chance.ts'
import { Clock } from './clock.ts'
import { Disk } from './disk.ts'
import { type HostAccount, newLink, newSettlement } from './host-account.ts'
import type { EndView } from './invariants.ts'
import type { HostWorld } from './node-host.ts'
import { type Answer, Payment, type Payer } from './payment.ts'
import type { PaymentPlan, WalletPlan } from './plan.ts'
import { Receiver } from './receiver.ts'
import { Timer } from './timer.ts'
import { type WalletShell, WalletStack } from './wallet-stack.ts'

/** One life of the wallet. */
interface Process {
  readonly stack: WalletStack
  /** With whom to tell that no report will come. */
  readonly payments: Map<Payment, () => void>
  isUp: boolean
}

export class Wallet implements Payer, WalletShell {
  readonly name: string
  readonly plan: WalletPlan
  readonly clock: Clock
  readonly receiver: Receiver
  /** Whether an answer may have got lost on its link. */
  hasLost = false
  /** Fulfilled to this wallet, in all: what it owes its connector for. */
  #charged = 0n
  /** Settled by its connector, in all. */
  #received = 0n
  readonly #shared: HostWorld
  readonly #chance: Chance
  readonly #disk: Disk
  #account: HostAccount | undefined
  #process: Process | undefined
  #lives = 0

  constructor(plan: WalletPlan, shared: HostWorld) {
    const { name, asset, skewMs, disk } = plan
    this.name = name
    this.plan = plan
    this.#shared = shared
    this.#chance = shared.chance.fork(name)
    this.clock = new Clock(shared.world, skewMs)
    this.#disk = new Disk(shared.world, this.#chance.fork('disk'), disk)
    const details = { assetCode: asset.code, assetScale: asset.scale }
    this.receiver = new Receiver(name, details, this.#chance.fork('secret').bytes(32))
  }

  /** Before the first start. */
  setAccount(account: HostAccount): void {
    this.#account = account
  }

  get isRunning(): boolean {
    return this.#process !== undefined
  }

  /** Whether a payment can begin. */
  get isUp(): boolean {
    return this.#process?.isUp === true
  }

  /** As its connector has to see it. */
  get view(): EndView {
    const [incoming, outgoing, received] = [this.receiver.total, this.#charged, this.#received]
    return { incoming, outgoing, received, writtenOff: 0n, settled: this.plan.prefund }
  }

  start(): void {
    if (this.#process !== undefined || this.#account === undefined) return
    this.#lives++
    this.clock.restart()
    this.#shared.log.add(this.name, 'process.start')
    const stack = this.#boot(this.#account)
    this.#process = { stack, payments: new Map(), isUp: false }
    if (this.plan.prefund > 0n) stack.toSettlement({ kind: 'settle', total: this.plan.prefund })
    this.#account.wire.wake()
  }

  /** Ends the process now: payments under way have no report. */
  crash(downMs: number): void {
    const process = this.#process
    if (process === undefined) return
    this.#shared.log.add(this.name, 'process.end', { downMs })
    this.#process = undefined
    this.hasLost = true
    this.receiver.close()
    for (const [payment, abandon] of process.payments) {
      payment.stop()
      abandon()
    }
    process.stack.end()
    this.#disk.crash()
    this.#account?.wire.ended(this.#account.side)
    this.#shared.world.after(downMs, () => this.start())
  }

  /** From the wire. */
  receive(wire: unknown): void {
    this.#process?.stack.toLink({ kind: 'wire', wire })
  }

  /** For a payer; undefined while this wallet does not know its address. */
  credentials(): Credentials | undefined {
    return this.receiver.credentials()
  }

  /** `done` gets the report, or nothing where the process ends before there is one. */
  pay(plan: PaymentPlan, credentials: Credentials, done: (report: PaymentReport | undefined) => void): void {
    const { payments } = this.#process!
    const rng = this.#chance.fork(`payment ${plan.index}`)
    const payment = new Payment(this, { rng, credentials, ...plan }, (report) => {
      payments.delete(payment)
      done(report)
    })
    payments.set(payment, () => done(undefined))
  }

  /** Stops all payments: they end when what is out has been answered. */
  cancelPayments(): void {
    for (const payment of [...(this.#process?.payments.keys() ?? [])]) payment.cancel()
  }

  // What payments ask of it.

  now(): Instant {
    return this.clock.now()
  }

  timer(fire: () => void): Timer {
    return new Timer(this.#shared.world, this.clock, this.#chance, fire)
  }

  request(body: Uint8Array, deadline: Instant, done: (answer: Answer) => void): void {
    this.#process!.stack.ask({ protocol: ILP_PROTOCOL, body, deadline }, (answer) => {
      this.hasLost ||= answer === 'lost'
      done(answer)
    })
  }

  charge(amount: bigint): void {
    this.#charged += amount
  }

  // What its machines ask of it.

  soon(act: () => void): void {
    this.#shared.world.after(0, act)
  }

  sendWire(wire: unknown): void {
    this.#account?.wire.perform(this.#account.side, wire)
  }

  commit(records: Parameters<Journal['commit']>[0], done: () => void): void {
    this.#disk.commit(records, done)
  }

  linkChanged(isUp: boolean): void {
    const process = this.#process!
    process.isUp = isUp
    this.hasLost ||= !isUp
    if (isUp && !this.receiver.isOpen) this.#askIdentity(process)
  }

  serve(protocol: string, body: Uint8Array): Uint8Array | undefined {
    return protocol === ILP_PROTOCOL ? this.receiver.answer(body, this.now()) : undefined
  }

  received(total: bigint): void {
    this.#received = total
  }

  trace(event: string, fields: Readonly<Record<string, unknown>>): void {
    this.#shared.log.add(this.name, event, fields)
  }

  #boot(account: HostAccount): WalletStack {
    const { chain, terms } = account
    const link = newLink(account, this.name) as Link<unknown, unknown>
    if (chain === undefined || terms.settlement === undefined) return new WalletStack(this, link, {})
    const rng = this.#chance.fork(`settlement ${this.#lives}`)
    const settlement = newSettlement(account, { node: this.name, chain, plan: terms.settlement, rng })
    settlement.restore(this.#disk.load())
    const session = chain.open(this.name).connect((event) => stack.toSettlement({ kind: 'ledger', event }))
    const stack = new WalletStack(this, link, { settlement, session })
    return stack
  }

  /** IL-DCP, again and again until the connector tells. */
  #askIdentity(process: Process): void {
    if (this.#process !== process || this.receiver.isOpen) return
    const deadline = this.now() + IDENTITY_MS
    const body = encodeIldcpRequest(this.now() + IDENTITY_EXPIRY_MS)
    process.stack.ask({ protocol: ILP_PROTOCOL, body, deadline }, (answer) => {
      if (this.#process !== process || this.receiver.isOpen) return
      const address = typeof answer === 'string' ? undefined : readIdentity(answer)
      if (address !== undefined) this.receiver.open(address, this.#chance.fork(`server ${this.#lives}`))
      else this.#shared.world.after(IDENTITY_MS, () => this.#askIdentity(process))
    })
  }
}

const IDENTITY_MS = 1000
/** As the wallet app has it: clocks that are off by seconds must not keep anybody out. */
const IDENTITY_EXPIRY_MS = 60_000

/** The address that IL-DCP tells; undefined where it tells none. */
function readIdentity(body: Uint8Array): Address | undefined {
  try {
    const reply = decodeReply(body)
    return reply.type === PacketType.Fulfill ? decodeIldcpResponse(reply).address : undefined
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
