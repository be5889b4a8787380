/** Drives a payment over a link, with the real clock and a place for its state. Layer 5, io. */
import { decodeReply, encodePrepare } from '@hourglass/ilp'
import { DecodeError } from '@hourglass/sansio'
import { type Driver, drive, nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import type { Credentials, Quote } from '@hourglass/stream'
import type {
  NewPayment,
  PaymentInput,
  PaymentOptions,
  PaymentOutput,
  PaymentProgress,
  PaymentResult,
  ResumedPayment,
} from '../face.ts'
import { Payment } from '../payment.ts'
import type { PaymentState } from '../state.ts'
import type { LinkAnswer, PacketLink } from './packet-link.ts'

export interface RunningPaymentOptions extends Pick<PaymentOptions, 'packetLifetimeMs'> {
  readonly link: PacketLink
  readonly credentials: Credentials
  readonly payment: NewPayment | ResumedPayment
  /**
   * Resolves when the state is durable, in place of the one before; where it fails it is called again. Without it the
   * payment cannot be resumed after a crash.
   */
  readonly save?: (state: PaymentState) => Promise<void>
}

export interface PaymentListener {
  readonly progress?: (progress: PaymentProgress) => void
  /** The receiver's proof of what was delivered, for a verifier: better than all before. */
  readonly receipt?: (receipt: Uint8Array) => void
}

/** Between two tries to save. */
const SAVE_AGAIN_MS = 1000

/** Quote first; then pay or cancel, once. */
export class RunningPayment {
  readonly #link: PacketLink
  readonly #save: RunningPaymentOptions['save']
  readonly #driver: Driver<PaymentInput>
  readonly #quoted = Promise.withResolvers<Quote | undefined>()
  readonly #done = Promise.withResolvers<PaymentResult>()
  #listener: PaymentListener = {}

  /** @throws UsageError where the slippage is not below 1 */
  constructor({ link, save, ...options }: RunningPaymentOptions) {
    this.#link = link
    this.#save = save
    const payment = new Payment({ crypto: nodeCrypto, rng: nodeRng, ...options })
    this.#driver = drive<PaymentInput, PaymentOutput>(payment, (output) => this.#perform(output))
  }

  /** Asks the path what it offers; moves no money. Undefined where it has ended already: see `result`. */
  async quote(): Promise<Quote | undefined> {
    this.#driver.push({ kind: 'start' })
    return this.#quoted.promise
  }

  /** Pays after `quote`; resolves with exact totals however it ends. */
  async pay(listener: PaymentListener = {}): Promise<PaymentResult> {
    this.#listener = listener
    this.#driver.push({ kind: 'pay' })
    return this.result()
  }

  /** Sends nothing more. What is on its way is waited for. */
  async cancel(): Promise<PaymentResult> {
    this.#driver.push({ kind: 'cancel' })
    return this.result()
  }

  /** Resolves when it has ended. */
  async result(): Promise<PaymentResult> {
    return this.#done.promise
  }

  #perform(output: PaymentOutput): void {
    switch (output.kind) {
      case 'prepare':
        this.#link.request(encodePrepare(output.prepare), output.prepare.expiresAt, (answer) => {
          this.#driver.push(toInput(output.id, answer))
        })
        break
      case 'commit':
        void this.#commit(output)
        break
      case 'quoted':
        this.#quoted.resolve(output.quote)
        break
      case 'progress':
        this.#listener.progress?.(output)
        break
      case 'receipt':
        this.#listener.receipt?.(output.receipt)
        break
      case 'done':
        this.#driver.stop()
        this.#quoted.resolve(undefined)
        this.#done.resolve(output.result)
        break
    }
  }

  /** A store that fails makes the payment late: no packet goes before its state is durable. */
  async #commit({ id, state }: Extract<PaymentOutput, { kind: 'commit' }>): Promise<void> {
    try {
      await this.#save?.(state)
      this.#driver.push({ kind: 'committed', id })
    } catch {
      setTimeout(() => void this.#commit({ kind: 'commit', id, state }), SAVE_AGAIN_MS)
    }
  }
}

function toInput(id: number, answer: LinkAnswer): PaymentInput {
  if ('failure' in answer) return { kind: 'failed', id, isLost: answer.failure === 'lost' }
  try {
    return { kind: 'reply', id, reply: decodeReply(answer.body) }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    // It may have been meant as a Fulfill: nobody knows.
    return { kind: 'failed', id, isLost: true }
  }
}
