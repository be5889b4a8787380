/** One outgoing payment of a wallet, as `apps/wallet` drives it: quote, pay, report. Testing. */
import { PacketType, type Prepare, type Reply, decodeReply, encodePrepare } from '@hourglass/ilp'
import type { LinkFailure } from '@hourglass/link'
import { DecodeError, type Instant, TIMEOUT, equalBytes } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import {
  type PaymentReport,
  StreamSender,
  type StreamSenderInput,
  type StreamSenderOptions,
} from '@hourglass/stream'
import type { Timer } from './timer.ts'
import { check } from './violation.ts'

/** What a request came to. */
export type Answer = Uint8Array | LinkFailure

/** The wallet, as a payment needs it. */
export interface Payer {
  now(): Instant
  timer(fire: () => void): Timer
  /** Sends a packet over the link; `done` is called once. */
  request(body: Uint8Array, deadline: Instant, done: (answer: Answer) => void): void
  /** A Prepare of that amount has been fulfilled in time: it is owed. */
  charge(amount: bigint): void
}

export class Payment {
  readonly #payer: Payer
  readonly #sender: StreamSender
  readonly #timer: Timer
  readonly #end: (report: PaymentReport) => void
  /** Fulfilled in time, in all. */
  #charged = 0n
  /** The most that may be sent, and what may have been paid: fulfilled, lost, or not answered yet. */
  #sendMax: bigint | undefined
  #exposed = 0n

  constructor(
    payer: Payer,
    options: Omit<StreamSenderOptions, 'crypto'>,
    end: (report: PaymentReport) => void,
  ) {
    this.#payer = payer
    this.#end = end
    this.#sender = new StreamSender({ crypto: nodeCrypto, ...options })
    this.#timer = payer.timer(() => this.#handle(TIMEOUT))
    this.#handle({ kind: 'start' })
  }

  /** The application wants no more of it. */
  cancel(): void {
    this.#handle({ kind: 'cancel' })
  }

  /** The process ends: nothing more happens here. */
  stop(): void {
    this.#timer.stop()
  }

  #handle(input: StreamSenderInput): void {
    const sender = this.#sender
    let next: StreamSenderInput | undefined = input
    while (next !== undefined) {
      sender.handle(next, this.#payer.now())
      next = undefined
      for (let output = sender.poll(); output !== undefined; output = sender.poll()) {
        if (output.kind === 'prepare') this.#send(output.id, output.prepare)
        else if (output.kind === 'quoted') {
          this.#sendMax = output.quote.sendMax
          next = { kind: 'pay' }
        } else if (output.kind === 'done') {
          this.stop()
          const { sent } = output.report
          check(sent === this.#charged, 'report-is-exact', [], () => `reports ${sent}, paid ${this.#charged}`)
          return this.#end(output.report)
        }
      }
    }
    this.#timer.arm(sender.nextTimeout())
  }

  #send(id: number, prepare: Prepare): void {
    // Before the quote there are probes alone, which nobody can fulfill.
    const { amount } = prepare
    const sendMax = this.#sendMax ?? amount
    const exposed = this.#sendMax === undefined ? 0n : amount
    this.#exposed += exposed
    check(this.#exposed <= sendMax, 'sends-at-most', [], () => `${this.#exposed} of ${sendMax}`)
    this.#payer.request(encodePrepare(prepare), prepare.expiresAt, (answer) => {
      if (typeof answer === 'string') {
        if (answer !== 'lost') this.#exposed -= exposed
        return this.#handle({ kind: 'failed', id, isLost: answer === 'lost' })
      }
      const reply = readReply(answer)
      if (reply === undefined) return this.#handle({ kind: 'failed', id, isLost: true })
      if (fulfills(reply, prepare)) this.#charge(amount)
      else this.#exposed -= exposed
      this.#handle({ kind: 'reply', id, reply })
    })
  }

  #charge(amount: bigint): void {
    this.#charged += amount
    this.#payer.charge(amount)
  }
}

function readReply(body: Uint8Array): Reply | undefined {
  try {
    return decodeReply(body)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function fulfills(reply: Reply, { executionCondition }: Prepare): boolean {
  return (
    reply.type === PacketType.Fulfill && equalBytes(nodeCrypto.sha256(reply.fulfillment), executionCondition)
  )
}
