/** One outgoing payment: drives STREAM's paying machine over the link to the connector. */
import { decodeReply, encodePrepare } from '@hourglass/ilp'
import { DecodeError } from '@hourglass/sansio'
import { type Driver, drive, nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import {
  type Credentials,
  type PaymentAmount,
  type PaymentReport,
  type Quote,
  type Ratio,
  StreamSender,
  type StreamSenderInput,
  type StreamSenderOutput,
} from '@hourglass/stream'
import type { Answer, ConnectorLink } from './connector-link.ts'
import { WalletError } from './failure.ts'
import { outcomeMessage } from './outcome-message.ts'
import { ILP_PROTOCOL } from './peer-questions.ts'

export interface PaymentOptions {
  readonly credentials: Credentials
  /** Base units: `send` of the wallet's asset, `deliver` of the receiver's. */
  readonly amount: PaymentAmount
  /** The part of the quoted rate that may be lost on the way; default 1/100. */
  readonly slippage?: Ratio
}

/** What has been fulfilled so far. */
export interface Progress {
  readonly sent: bigint
  readonly delivered: bigint
}

/** Quote first; then pay or cancel, once. */
export class Payment {
  readonly #link: ConnectorLink
  readonly #driver: Driver<StreamSenderInput>
  readonly #done: Promise<PaymentReport>
  readonly #quoted: Promise<Quote | undefined>
  #report: (progress: Progress) => void = () => undefined

  constructor(link: ConnectorLink, options: PaymentOptions) {
    this.#link = link
    const quoted = Promise.withResolvers<Quote | undefined>()
    const done = Promise.withResolvers<PaymentReport>()
    this.#quoted = quoted.promise
    this.#done = done.promise
    const sender = new StreamSender({ crypto: nodeCrypto, rng: nodeRng, ...options })
    this.#driver = drive<StreamSenderInput, StreamSenderOutput>(sender, (output) => {
      switch (output.kind) {
        case 'prepare':
          this.#send(output)
          break
        case 'quoted':
          quoted.resolve(output.quote)
          break
        case 'progress':
          this.#report(output)
          break
        case 'done':
          this.#driver.stop()
          quoted.resolve(undefined)
          done.resolve(output.report)
          break
      }
    })
  }

  /** Asks the path what it offers; moves no money. @throws WalletError `not-payable` where there is no way to pay */
  async quote(): Promise<Quote> {
    this.#driver.push({ kind: 'start' })
    const quote = await this.#quoted
    if (quote !== undefined) return quote
    throw new WalletError('not-payable', `nothing was paid: ${outcomeMessage(await this.#done)}`)
  }

  /** Pays after `quote`; resolves with exact totals however it ends. */
  async pay(report: (progress: Progress) => void = () => undefined): Promise<PaymentReport> {
    this.#report = report
    this.#driver.push({ kind: 'pay' })
    return this.#done
  }

  /** Sends nothing more. What is on its way is waited for. */
  async cancel(): Promise<PaymentReport> {
    this.#driver.push({ kind: 'cancel' })
    return this.#done
  }

  #send({ id, prepare }: Extract<StreamSenderOutput, { kind: 'prepare' }>): void {
    this.#link.request(ILP_PROTOCOL, encodePrepare(prepare), prepare.expiresAt, (answer) => {
      this.#driver.push(toInput(id, answer))
    })
  }
}

function toInput(id: number, answer: Answer): StreamSenderInput {
  if ('failure' in answer) return { kind: 'failed', id, isLost: answer.failure === 'lost' }
  try {
    return { kind: 'reply', id, reply: decodeReply(answer.body) }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    // It may have been meant as a Fulfill: nobody knows.
    return { kind: 'failed', id, isLost: true }
  }
}
