/**
 * One payment, from a quote to an exact account of what became of it, in one process or several. Layer 5.
 *
 *   idle ─start→ asking ─→ quoting ─→ quoted ─pay→ paying ─→ done
 *                  (only where packets were on their way when the last process ended)
 *
 * STREAM's sender decides what is sent. This machine keeps what it has come to: packets with money leave only when the
 * state that counts them is durable, so the next process knows the most that may have been paid.
 */
import { PacketType, type Prepare, type Reply } from '@hourglass/ilp'
import { type Instant, type Machine, Queue, equalBytes } from '@hourglass/sansio'
import {
  type Credentials,
  type PaymentReport,
  type Quote,
  StreamSender,
  type StreamSenderOptions,
  type StreamSenderOutput,
} from '@hourglass/stream'
import { Commits } from './commits.ts'
import { type PaymentEnd, type Refusal, endOf, refusalOf, restingEnd } from './end.ts'
import type { PaymentInput, PaymentOptions, PaymentOutput, PaymentProgress, PaymentResult } from './face.ts'
import { Question } from './question.ts'
import { type PaymentState, restOf, settle, uncertainOf } from './state.ts'
import { Tally } from './tally.ts'

/** The sender's own ids begin at 1. */
const QUESTION_ID = 0

export class Payment implements Machine<PaymentInput, PaymentOutput> {
  readonly #options: PaymentOptions
  readonly #outputs = new Queue<PaymentOutput>()
  readonly #commits = new Commits()
  /** What each packet that nobody has answered carries. */
  readonly #amounts = new Map<number, bigint>()
  #phase: 'idle' | 'asking' | 'sending' | 'done' = 'idle'
  #question: Question | undefined
  #sender: StreamSender | undefined
  /** Undefined before the quote of a new payment. */
  #tally: Tally | undefined
  /** Packets that left before there was a state to count them in. */
  #probes = 0n
  #isQuoted = false
  #isPaying = false
  /** The last one of each code since the link was heard of. */
  readonly #refusals = new Map<string, Refusal>()
  #receipt: Uint8Array | undefined

  /** @throws UsageError where the slippage is not below 1 */
  constructor(options: PaymentOptions) {
    this.#options = options
    const { payment } = options
    if ('state' in payment) this.#tally = new Tally(payment.state)
    else this.#sender = this.#newSender(payment)
  }

  handle(input: PaymentInput, now: Instant): void {
    switch (input.kind) {
      case 'start':
        if (this.#phase === 'idle') this.#start(now)
        break
      case 'cancel':
        if (this.#phase === 'idle' || this.#phase === 'asking') this.#finish({ kind: 'cancelled' })
        else this.#hand(input, now)
        break
      case 'pay':
        this.#isPaying = this.#isQuoted
        this.#hand(input, now)
        break
      case 'reply':
        this.#handleReply(input.id, input.reply, now)
        break
      case 'failed':
        this.#handleFailed(input, now)
        break
      case 'committed':
        for (const output of this.#commits.committed(input.id)) this.#outputs.push(output)
        break
      case 'timeout':
        if (now >= (this.#question?.againAt ?? Infinity)) this.#ask(now)
        this.#hand(input, now)
        break
    }
    const commit = this.#tally && this.#commits.next(this.#tally.state)
    if (commit !== undefined) this.#outputs.push(commit)
  }

  poll(): PaymentOutput | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    return this.#phase === 'asking' ? this.#question?.againAt : this.#sender?.nextTimeout()
  }

  #start(now: Instant): void {
    const state = this.#tally?.state
    if (state === undefined) return this.#send(now)
    if (state.connection.uncertain === 0n) return this.#goOn(state, now)
    this.#phase = 'asking'
    const { crypto, rng } = this.#options
    this.#question = new Question({ crypto, rng, state, id: QUESTION_ID }, now)
    this.#ask(now)
  }

  #ask(now: Instant): void {
    if (this.#phase !== 'asking') return
    this.#outputs.push({ kind: 'prepare', id: QUESTION_ID, prepare: this.#question!.ask(now) })
  }

  /** The receiver has said what the last connection brought it, or nobody has. */
  #answered(received: bigint | 'again' | undefined, now: Instant): void {
    if (this.#phase !== 'asking' || received === 'again') return
    const { state } = this.#tally!
    const connection = { ...state.connection, lastSequence: this.#question!.lastSequence }
    this.#goOn(settle({ ...state, connection }, received), now)
  }

  /** Pays the rest over a connection of its own, or over the same one where the receiver has no other. */
  #goOn(state: PaymentState, now: Instant): void {
    const { credentials } = this.#options
    const isSame = isSameConnection(credentials, state.connection)
    const connection = isSame ? state.connection : connectionOf(credentials, 0n)
    this.#tally = new Tally({ ...state, connection })
    const amount = restOf(state)
    if (amount === undefined) return this.#finish(restingEnd(state))
    const { minimumRate } = state
    this.#sender = this.#newSender({ amount, minimumRate, lastSequence: connection.lastSequence })
    this.#send(now)
  }

  #send(now: Instant): void {
    this.#phase = 'sending'
    this.#hand({ kind: 'start' }, now)
  }

  #newSender(terms: Omit<StreamSenderOptions, 'crypto' | 'rng' | 'credentials'>): StreamSender {
    const { crypto, rng, credentials, packetLifetimeMs } = this.#options
    const lifetime = packetLifetimeMs === undefined ? {} : { packetLifetimeMs }
    return new StreamSender({ crypto, rng, credentials, ...lifetime, ...terms })
  }

  #handleReply(id: number, reply: Reply, now: Instant): void {
    if (id === QUESTION_ID) return this.#answered(this.#question?.answered(reply, now), now)
    const amount = this.#amounts.get(id)
    if (amount === undefined) return
    this.#amounts.delete(id)
    if (reply.type === PacketType.Reject) this.#refusals.set(reply.code, refusalOf(reply, amount))
    this.#tally?.answered(id)
    this.#hand({ kind: 'reply', id, reply }, now)
  }

  #handleFailed({ id, isLost }: Extract<PaymentInput, { kind: 'failed' }>, now: Instant): void {
    if (id === QUESTION_ID) return this.#answered(undefined, now)
    if (!this.#amounts.delete(id)) return
    this.#refusals.clear()
    if (isLost) this.#tally?.lost(id)
    else this.#tally?.answered(id)
    this.#hand({ kind: 'failed', id, isLost }, now)
  }

  #hand(input: Parameters<StreamSender['handle']>[0], now: Instant): void {
    if (this.#phase !== 'sending') return
    const sender = this.#sender!
    sender.handle(input, now)
    for (let output = sender.poll(); output !== undefined; output = sender.poll()) this.#take(output)
  }

  #take(output: StreamSenderOutput): void {
    switch (output.kind) {
      case 'prepare':
        return this.#carry(output.id, output.prepare)
      case 'quoted':
        this.#isQuoted = true
        this.#tally ??= new Tally(this.#newState(output.quote))
        this.#outputs.push(output)
        return
      case 'progress':
        this.#tally!.progressed(output)
        this.#outputs.push({ kind: 'progress', ...progressOf(this.#tally!.state) })
        return
      case 'receipt':
        this.#receipt = output.receipt
        this.#outputs.push(output)
        return
      case 'done':
        return this.#ended(output.report)
    }
  }

  /**
   * A packet with money waits for the state that counts it; so does the goodbye, since nobody can ask what a closed
   * connection has brought.
   */
  #carry(id: number, prepare: Prepare): void {
    const amount = this.#isPaying ? prepare.amount : 0n
    this.#amounts.set(id, prepare.amount)
    if (this.#tally === undefined) this.#probes++
    else this.#tally.prepared(id, amount, prepare.expiresAt)
    const output: PaymentOutput = { kind: 'prepare', id, prepare }
    if (this.#isPaying) this.#commits.hold(output)
    else this.#outputs.push(output)
  }

  #newState({ minimumRate, sendMax }: Quote): PaymentState {
    const { payment, credentials } = this.#options
    const { amount } = payment as Exclude<typeof payment, { state: PaymentState }>
    const nothing = { sent: 0n, delivered: 0n, packets: 0, uncertain: 0n, unconfirmed: 0n }
    return { amount, minimumRate, sendMax, ...nothing, connection: connectionOf(credentials, this.#probes) }
  }

  #ended(report: PaymentReport): void {
    const tally = this.#tally
    tally?.closed(report.word.received)
    const refusal = report.code === undefined ? undefined : this.#refusals.get(report.code)
    this.#finish(endOf(report, tally?.state, refusal))
  }

  #finish(end: PaymentEnd): void {
    this.#phase = 'done'
    const state = this.#tally?.state
    const totals = state ? progressOf(state) : NOTHING
    const result: PaymentResult = {
      end,
      ...totals,
      packets: state?.packets ?? 0,
      receipt: this.#receipt,
      state,
    }
    const output: PaymentOutput = { kind: 'done', result }
    const isOnRecord = 'state' in this.#options.payment || this.#commits.isUsed
    if (isOnRecord) this.#commits.hold(output)
    else this.#outputs.push(output)
  }
}

const NOTHING: PaymentProgress = { sent: 0n, uncertain: 0n, delivered: 0n }

function progressOf(state: PaymentState): PaymentProgress {
  return { sent: state.sent, uncertain: uncertainOf(state), delivered: state.delivered }
}

function connectionOf(credentials: Credentials, lastSequence: bigint): PaymentState['connection'] {
  const { destination, sharedSecret } = credentials
  return { destination, sharedSecret, lastSequence, delivered: 0n, uncertain: 0n, expiresAt: 0 }
}

function isSameConnection(a: Credentials, b: Credentials): boolean {
  return a.destination === b.destination && equalBytes(a.sharedSecret, b.sharedSecret)
}
