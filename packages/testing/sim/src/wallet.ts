/**
 * Runs one wallet as `apps/wallet` does: a link to its connector and STREAM above it; where it prefunds, a channel
 * beside it. Testing. What it is paid and what it is charged is counted outside of its process.
 */
import { ILP_PROTOCOL } from '@hourglass/connector'
import {
  type Address,
  ErrorCode,
  PacketType,
  type Prepare,
  decodeIldcpResponse,
  decodePrepare,
  decodeReply,
  encodeIldcpRequest,
  encodeReject,
  encodeReply,
} from '@hourglass/ilp'
import type { LedgerSession } from '@hourglass/ledger'
import type { Link, LinkInput, LinkOutput, Settlement, SettlementOutput } from '@hourglass/link'
import { DecodeError, type Instant, TIMEOUT } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import { type Credentials, type PaymentReport, StreamServer } from '@hourglass/stream'
import type { Chance } from './chance.ts'
import { Clock } from './clock.ts'
import { Disk } from './disk.ts'
import { type HostAccount, newLink, newSettlement } from './host-account.ts'
import type { HostWorld } from './node-host.ts'
import { type Answer, Payment, type Payer } from './payment.ts'
import type { PaymentPlan, WalletPlan } from './plan.ts'
import { Timer } from './timer.ts'
import type { EndView } from './invariants.ts'
import { check } from './violation.ts'

/** One life of the wallet. */
interface Process {
  readonly link: Link<unknown, unknown>
  readonly linkTimer: Timer
  readonly settlement: Settlement<unknown, unknown> | undefined
  readonly settlementTimer: Timer
  readonly session: LedgerSession | undefined
  readonly answers: Map<number, (answer: Answer) => void>
  /** With whom to tell that no report will come. */
  readonly payments: Map<Payment, () => void>
  lastId: number
  isUp: boolean
}

export class Wallet implements Payer {
  readonly name: string
  readonly clock: Clock
  /** Fulfilled to this wallet, in all: what it owes its connector for. */
  outgoing = 0n
  /** Fulfilled by this wallet, in all: what its connector owes it for. */
  incoming = 0n
  /** Settled by its connector, and what its connector says to have had from it. */
  received = 0n
  sent = 0n
  /** What each connection to it has brought, by its address. */
  readonly earned = new Map<string, bigint>()
  readonly #fulfillments = new Map<string, Uint8Array>()
  /** Whether an answer may have got lost on its link. */
  hasLost = false
  readonly plan: WalletPlan
  readonly #shared: HostWorld
  readonly #chance: Chance
  readonly #disk: Disk
  readonly #serverSecret: Uint8Array
  #account: HostAccount | undefined
  #server: StreamServer | undefined
  #process: Process | undefined
  #lives = 0

  constructor(plan: WalletPlan, shared: HostWorld) {
    this.name = plan.name
    this.plan = plan
    this.#shared = shared
    this.#chance = shared.chance.fork(plan.name)
    this.clock = new Clock(shared.world, plan.skewMs)
    this.#disk = new Disk(shared.world, this.#chance.fork('disk'), plan.disk)
    this.#serverSecret = this.#chance.fork('secret').bytes(32)
  }

  get isRunning(): boolean {
    return this.#process !== undefined
  }

  now(): Instant {
    return this.clock.now()
  }

  /** As its connector has to see it. */
  get view(): EndView {
    const { incoming, outgoing, received } = this
    return { incoming, outgoing, received, writtenOff: 0n, settled: this.plan.prefund }
  }

  timer(fire: () => void): Timer {
    return new Timer(this.#shared.world, this.clock, this.#chance, fire)
  }

  /** Before the first start. */
  setAccount(account: HostAccount): void {
    this.#account = account
  }

  start(): void {
    if (this.#process !== undefined || this.#account === undefined) return
    this.#lives++
    this.clock.restart()
    this.#shared.log.add(this.name, 'process.start')
    this.#process = this.#boot(this.#account)
    this.#drain(this.#process)
    this.#account.wire.wake()
  }

  /** Ends the process now: payments under way have no report. */
  crash(downMs: number): void {
    const process = this.#process
    if (process === undefined) return
    this.#shared.log.add(this.name, 'process.end', { downMs })
    this.#process = undefined
    this.#server = undefined
    this.hasLost = true
    for (const [payment, abandon] of process.payments) {
      payment.stop()
      abandon()
    }
    process.linkTimer.stop()
    process.settlementTimer.stop()
    process.session?.close()
    this.#disk.crash()
    this.#account?.wire.ended(this.#account.side)
    this.#shared.world.after(downMs, () => this.start())
  }

  /** From the wire. */
  receive(wire: unknown): void {
    const process = this.#process
    if (process === undefined) return
    this.#toLink(process, { kind: 'wire', wire })
    this.#drain(process)
  }

  /** What fulfills that condition, where this wallet has said so: its owner shows it to an operator who asks. */
  fulfillmentOf(executionCondition: Uint8Array): Uint8Array | undefined {
    return this.#fulfillments.get(nameOf(executionCondition))
  }

  /** For a payer; undefined while this wallet does not know its address. */
  credentials(): Credentials | undefined {
    return this.#server?.credentials()
  }

  /** Whether a payment can begin. */
  get isUp(): boolean {
    return this.#process?.isUp === true
  }

  /** `done` gets the report, or nothing where the process ends before there is one. */
  pay(plan: PaymentPlan, credentials: Credentials, done: (report: PaymentReport | undefined) => void): void {
    const process = this.#process!
    const rng = this.#chance.fork(`payment ${plan.index}`)
    const payment = new Payment(this, { rng, credentials, ...plan }, (report) => {
      process.payments.delete(payment)
      done(report)
    })
    process.payments.set(payment, () => done(undefined))
    this.#drain(process)
  }

  /** Stops all payments: they end when what is out has been answered. */
  cancelPayments(): void {
    for (const payment of [...(this.#process?.payments.keys() ?? [])]) payment.cancel()
  }

  /** Sends a packet. The answer comes later, never from within. */
  request(body: Uint8Array, deadline: Instant, done: (answer: Answer) => void): void {
    this.#ask(this.#process!, { protocol: ILP_PROTOCOL, body, deadline }, (answer) => {
      this.hasLost ||= answer === 'lost'
      done(answer)
    })
  }

  charge(amount: bigint): void {
    this.outgoing += amount
  }

  #boot(account: HostAccount): Process {
    const records = this.#disk.load()
    const { chain, terms, id } = account
    let settlement
    let session
    if (chain !== undefined && terms.settlement !== undefined) {
      const rng = this.#chance.fork(`settlement ${this.#lives}`)
      settlement = newSettlement(account, { node: this.name, chain, plan: terms.settlement, rng })
      settlement.restore(records)
      session = chain.open(this.name).connect((event) => this.#toSettlement({ kind: 'ledger', event }))
      if (this.plan.prefund > 0n) settlement.handle({ kind: 'settle', total: this.plan.prefund }, this.now())
    }
    this.#shared.log.add(this.name, 'wallet.account', { id })
    return {
      link: newLink(account, this.name),
      linkTimer: this.timer(() => this.#tick()),
      settlement: settlement,
      settlementTimer: this.timer(() => this.#toSettlement(TIMEOUT)),
      session,
      answers: new Map(),
      payments: new Map(),
      lastId: 0,
      isUp: false,
    }
  }

  #tick(): void {
    const process = this.#process
    if (process === undefined) return
    this.#toLink(process, TIMEOUT)
    this.#drain(process)
  }

  #toLink({ link }: Process, input: LinkInput<unknown>): void {
    link.handle(input, this.now())
  }

  #toSettlement(input: Parameters<Settlement<unknown, unknown>['handle']>[0]): void {
    const process = this.#process
    if (process === undefined) return
    process.settlement?.handle(input, this.now())
    this.#drain(process)
  }

  #ask(
    process: Process,
    request: { readonly protocol: string; readonly body: Uint8Array; readonly deadline: Instant },
    done: (answer: Answer) => void,
  ): void {
    const id = ++process.lastId
    process.answers.set(id, done)
    this.#toLink(process, { kind: 'request', id, ...request })
    // The caller may be in the middle of something: what the link says to this is heard a moment later.
    this.#shared.world.after(0, () => this.#drainIf(process))
  }

  #drainIf(process: Process): void {
    if (this.#process === process) this.#drain(process)
  }

  /** Carries outputs from machine to machine until none is left. */
  #drain(process: Process): void {
    const { link, settlement, linkTimer, settlementTimer } = process
    let isBusy = true
    while (isBusy) {
      isBusy = false
      for (let output = link.poll(); output !== undefined; output = link.poll()) {
        isBusy = true
        this.#fromLink(process, output)
      }
      for (let output = settlement?.poll(); output !== undefined; output = settlement?.poll()) {
        isBusy = true
        this.#fromSettlement(process, output)
      }
    }
    linkTimer.arm(link.nextTimeout())
    settlementTimer.arm(settlement?.nextTimeout())
  }

  #fromLink(process: Process, output: LinkOutput<unknown>): void {
    switch (output.kind) {
      case 'wire':
        this.#account?.wire.perform(this.#account.side, output.wire)
        break
      case 'request':
        this.#serve(process, output)
        break
      case 'reply':
      case 'failed': {
        const done = process.answers.get(output.id)
        process.answers.delete(output.id)
        done?.(output.kind === 'reply' ? output.body : output.failure)
        break
      }
      case 'up':
      case 'down':
        process.isUp = output.kind === 'up'
        this.hasLost ||= output.kind === 'down'
        process.settlement?.handle({ kind: output.kind }, this.now())
        if (output.kind === 'up' && this.#server === undefined) this.#askIdentity(process)
        break
    }
  }

  #fromSettlement(process: Process, output: SettlementOutput<unknown>): void {
    switch (output.kind) {
      case 'request': {
        const { id, body, deadline } = output
        const protocol = process.settlement?.protocol ?? ''
        this.#ask(process, { protocol, body, deadline }, (answer) => {
          const input =
            typeof answer === 'string'
              ? ({ kind: 'failed', id, failure: answer } as const)
              : ({ kind: 'reply', id, body: answer } as const)
          process.settlement?.handle(input, this.now())
        })
        break
      }
      case 'reply':
      case 'refuse':
        this.#toLink(process, output)
        break
      case 'ledger':
        process.session?.perform(output.action as Parameters<LedgerSession['perform']>[0])
        break
      case 'commit':
        this.#disk.commit(output.records, () => this.#toSettlement({ kind: 'committed', id: output.id }))
        break
      case 'received':
        this.received = output.total
        break
      case 'sent':
        this.sent = output.total
        break
      case 'trace':
        this.#shared.log.add(this.name, output.event, output.fields)
        break
    }
  }

  /** IL-DCP, again and again until the connector tells. */
  #askIdentity(process: Process): void {
    const deadline = this.now() + IDENTITY_MS
    this.#ask(process, { protocol: ILP_PROTOCOL, body: encodeIldcpRequest(deadline), deadline }, (answer) => {
      if (this.#process !== process || this.#server !== undefined) return
      const address = typeof answer === 'string' ? undefined : readIdentity(answer)
      if (address !== undefined) this.#open(address)
      else
        this.#shared.world.after(IDENTITY_MS, () => this.#process === process && this.#askIdentity(process))
    })
  }

  #open(address: Address): void {
    const { code: assetCode, scale: assetScale } = this.plan.asset
    const rng = this.#chance.fork(`server ${this.#lives}`)
    const serverSecret = this.#serverSecret
    this.#server = new StreamServer({ crypto: nodeCrypto, rng, serverSecret, address, assetCode, assetScale })
  }

  /** Answers a request of the connector. */
  #serve(process: Process, { id, protocol, body }: Extract<LinkOutput<unknown>, { kind: 'request' }>): void {
    if (protocol === process.settlement?.protocol) {
      process.settlement.handle({ kind: 'request', id, body }, this.now())
      return
    }
    const prepare = protocol === ILP_PROTOCOL ? readPrepare(body) : undefined
    if (prepare === undefined)
      return this.#toLink(process, { kind: 'refuse', id, message: 'not served here' })
    if (this.#server === undefined) {
      const reject = {
        code: ErrorCode.F02_UNREACHABLE,
        triggeredBy: '',
        message: '',
        data: new Uint8Array(0),
      } as const
      return this.#toLink(process, { kind: 'reply', id, body: encodeReject(reject) })
    }
    this.#receive(process, this.#server, { id, prepare })
  }

  #receive(process: Process, server: StreamServer, { id, prepare }: { id: number; prepare: Prepare }): void {
    server.handle({ kind: 'prepare', id, prepare }, this.now())
    let money = 0n
    for (let output = server.poll(); output !== undefined; output = server.poll()) {
      if (output.kind === 'money') money += output.amount
      else if (output.kind === 'reply') {
        const { reply } = output
        const owed = reply.type === PacketType.Fulfill ? prepare.amount : 0n
        check(money === owed, 'money-once', [this.name], () => `counted ${money}, fulfilled ${owed}`)
        this.incoming += owed
        this.earned.set(prepare.destination, (this.earned.get(prepare.destination) ?? 0n) + owed)
        if (reply.type === PacketType.Fulfill) {
          this.#fulfillments.set(nameOf(prepare.executionCondition), reply.fulfillment)
        }
        this.#toLink(process, { kind: 'reply', id, body: encodeReply(reply) })
      }
    }
  }
}

const IDENTITY_MS = 1000

function nameOf(executionCondition: Uint8Array): string {
  return Buffer.from(executionCondition).toString('hex')
}

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

function readPrepare(body: Uint8Array): Prepare | undefined {
  try {
    return decodePrepare(body)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
