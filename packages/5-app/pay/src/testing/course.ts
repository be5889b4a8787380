/**
 * A payment on a simulated path, in one process or several. Testing. Each process may end between any two of its
 * steps; what it had on its way is answered all the same, and nobody hears of it. The next one has what was durable.
 */
import { type Reply, PacketType } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import type { Credentials, Quote, TokenContents } from '@hourglass/stream'
import { Hops, type PathOptions, seededRng } from '@hourglass/stream/testing'
import type { NewPayment, PaymentInput, PaymentOutput, PaymentResult, ResumedPayment } from '../face.ts'
import { Payment } from '../payment.ts'
import { decodePaymentState, encodePaymentState } from '../state-text.ts'

export interface CourseOptions {
  readonly path: PathOptions
  readonly payment: NewPayment | ResumedPayment
  /** After so many steps a process ends; the last one goes on to the end. Default: one process. */
  readonly lives?: readonly number[]
  /** Whether each process gets credentials of its own. */
  readonly isFresh?: boolean
  /** After so many progresses the payer stops. */
  readonly cancelAfter?: number
  /** Of the Fulfills on their way to the payer, so many of 256 are never heard of. */
  readonly silence?: number
  /** What the receiver puts into its credentials. */
  readonly contents?: TokenContents
}

const START = 1_700_000_000_000
const STEPS_MAX = 200_000
const COMMIT_MS = 3

export class Course {
  readonly hops: Hops
  readonly outputs: PaymentOutput[] = []
  /** Of the last process. */
  quote: Quote | undefined
  readonly #options: CourseOptions
  readonly #rng
  #events: { readonly at: Instant; readonly act: () => void }[] = []
  #now: Instant = START
  #credentials: Credentials
  #durable: string | undefined
  #machine!: Payment
  #result: PaymentResult | undefined
  #progresses = 0

  constructor(options: CourseOptions) {
    this.#options = options
    this.#rng = seededRng(options.path.seed)
    const after = (ms: number, act: () => void): void => this.#after(ms, act)
    this.hops = new Hops(options.path, { rng: this.#rng, now: () => this.#now, after })
    this.#credentials = this.#newCredentials()
  }

  run(): PaymentResult {
    for (const steps of this.#options.lives ?? []) {
      this.#begin()
      for (let step = 0; step < steps && this.#result === undefined; step++) this.#step()
      if (this.#result !== undefined) return this.#result
      if (this.#options.isFresh === true) this.#credentials = this.#newCredentials()
    }
    this.#begin()
    for (let step = 0; this.#result === undefined; step++) {
      if (step > STEPS_MAX) throw new Error('the payment does not end')
      this.#step()
    }
    return this.#result
  }

  /** What would be known if the process ended now. */
  get durable(): string | undefined {
    return this.#durable
  }

  #newCredentials(): Credentials {
    return this.hops.credentials(this.#options.contents)
  }

  #begin(): void {
    const payment =
      this.#durable === undefined ? this.#options.payment : { state: decodePaymentState(this.#durable) }
    const common = { crypto: nodeCrypto, rng: this.#rng, credentials: this.#credentials }
    this.#machine = new Payment({ ...common, payment })
    this.#hand(this.#machine, { kind: 'start' })
  }

  #step(): void {
    const [event] = this.#events
    const timeout = this.#machine.nextTimeout()
    if (event !== undefined && (timeout === undefined || event.at <= timeout)) {
      this.#events.shift()
      this.#now = Math.max(this.#now, event.at)
      event.act()
    } else if (timeout !== undefined) {
      this.#now = Math.max(this.#now, timeout)
      this.#hand(this.#machine, { kind: 'timeout' })
    } else throw new Error('the payment waits for nothing')
  }

  /** Nobody hears of what comes for a process that has ended. */
  #hand(machine: Payment, input: PaymentInput): void {
    if (machine !== this.#machine) return
    machine.handle(input, this.#now)
    for (let output = machine.poll(); output !== undefined; output = machine.poll())
      this.#take(machine, output)
  }

  #take(machine: Payment, output: PaymentOutput): void {
    this.outputs.push(output)
    const hand = (ms: number, input: PaymentInput): void => this.#after(ms, () => this.#hand(machine, input))
    switch (output.kind) {
      case 'prepare': {
        const { id, prepare } = output
        const { delayMs } = this.#options.path
        // Packets overtake one another, those of a process that has ended as well.
        const ms = Math.floor((delayMs * this.#rng.bytes(1)[0]!) / 64)
        this.#after(ms, () => {
          const reply = this.hops.carry(prepare)
          const isLost = this.#isLost(reply)
          hand(delayMs, isLost ? { kind: 'failed', id, isLost } : { kind: 'reply', id, reply })
        })
        break
      }
      case 'quoted':
        this.quote = output.quote
        hand(0, { kind: 'pay' })
        break
      case 'progress':
        if (++this.#progresses === this.#options.cancelAfter) hand(0, { kind: 'cancel' })
        break
      case 'commit':
        // The process may end after the state is durable, and before it hears of it.
        this.#after(COMMIT_MS, () => {
          if (machine === this.#machine) this.#durable = encodePaymentState(output.state)
        })
        hand(2 * COMMIT_MS, { kind: 'committed', id: output.id })
        break
      case 'done':
        this.#result = output.result
        break
      case 'receipt':
        break
    }
  }

  #isLost(reply: Reply): boolean {
    const { silence = 0 } = this.#options
    return silence > 0 && reply.type === PacketType.Fulfill && this.#rng.bytes(1)[0]! < silence
  }

  #after(ms: number, act: () => void): void {
    const at = this.#now + ms
    let index = this.#events.length
    while (index > 0 && this.#events[index - 1]!.at > at) index--
    this.#events.splice(index, 0, { at, act })
  }
}
