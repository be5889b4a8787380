/** The wallet's side of the link to its connector: BTP with a machine that decides and a socket that carries. */
import type { LinkFailure, LinkInput, LinkOutput } from '@hourglass/link'
import { BtpLink, type BtpWireIn, type BtpWireOut } from '@hourglass/link-btp'
import type { LinkAnswer } from '@hourglass/pay/io'
import { type BtpClient, type LinkError, connectBtp } from '@hourglass/link-btp/io'
import type { Instant } from '@hourglass/sansio'
import { type Driver, drive, now } from '@hourglass/sansio/io'
import { WalletError } from './failure.ts'

/** What the connector asks of the wallet. */
export interface LinkRequest {
  readonly id: number
  readonly protocol: string
  readonly body: Uint8Array
}

export interface ConnectorLinkOptions {
  readonly url: string
  readonly username: string
  readonly token: string
  /** The connector's request; wants one `reply` or `refuse` with its id. */
  readonly receive: (request: LinkRequest, link: ConnectorLink) => void
  /** Told when the link goes down or cannot come up again, and when it is up again. */
  readonly report?: (message: string) => void
}

export class ConnectorLink {
  readonly #url: string
  readonly #driver: Driver<LinkInput<BtpWireIn>>
  readonly #client: BtpClient
  readonly #answers = new Map<number, (answer: LinkAnswer) => void>()
  #lastId = 0
  #up = false
  /** Settles `whenUp`, once. */
  #opening: { readonly resolve: () => void; readonly reject: (error: WalletError) => void } | undefined

  constructor(options: ConnectorLinkOptions) {
    this.#url = options.url
    const { username, token } = options
    const link = new BtpLink({ role: 'client', username, token })
    this.#driver = drive<LinkInput<BtpWireIn>, LinkOutput<BtpWireOut>>(link, (output) => {
      this.#perform(output, options)
    })
    this.#client = connectBtp({
      url: options.url,
      receive: (wire) => this.#driver.push({ kind: 'wire', wire }),
      report: (error) => this.#failed(error, options),
    })
  }

  /** Resolves when the connector has taken the token; the first failure ends the waiting. @throws WalletError */
  async whenUp(): Promise<void> {
    if (this.#up) return
    await new Promise<void>((resolve, reject) => (this.#opening = { resolve, reject }))
  }

  /** Sends a request; `done` is called exactly once, at the deadline at the latest. */
  request(protocol: string, body: Uint8Array, deadline: Instant, done: (answer: LinkAnswer) => void): void {
    const id = ++this.#lastId
    this.#answers.set(id, done)
    this.#driver.push({ kind: 'request', id, protocol, body, deadline })
  }

  /** The reply to a request, waited for. @throws WalletError that names `what` was asked */
  async ask(protocol: string, body: Uint8Array, what: string): Promise<Uint8Array> {
    const answer = await new Promise<LinkAnswer>((resolve) => {
      this.request(protocol, body, now() + ASK_TIMEOUT_MS, resolve)
    })
    if ('body' in answer) return answer.body
    throw new WalletError(
      'connector-answer',
      `the connector at ${this.#url} does not tell ${what}: ${WHY[answer.failure]}`,
    )
  }

  reply(id: number, body: Uint8Array): void {
    this.#driver.push({ kind: 'reply', id, body })
  }

  refuse(id: number, message: string): void {
    this.#driver.push({ kind: 'refuse', id, message })
  }

  async close(): Promise<void> {
    await this.#client.close()
    this.#driver.stop()
  }

  #perform(output: LinkOutput<BtpWireOut>, options: ConnectorLinkOptions): void {
    switch (output.kind) {
      case 'wire':
        this.#client.send(output.wire)
        break
      case 'request':
        options.receive(output, this)
        break
      case 'reply':
        this.#answered(output.id, { body: output.body })
        break
      case 'failed':
        this.#answered(output.id, { failure: output.failure })
        break
      case 'up':
        this.#up = true
        if (this.#opening === undefined) options.report?.(`the link to ${this.#url} is up again`)
        this.#opening?.resolve()
        this.#opening = undefined
        break
      case 'down':
        this.#up = false
        break
    }
  }

  #answered(id: number, answer: LinkAnswer): void {
    const done = this.#answers.get(id)
    this.#answers.delete(id)
    done?.(answer)
  }

  /** While opening this ends the waiting; later the client tries again by itself. */
  #failed(error: LinkError, { report }: ConnectorLinkOptions): void {
    const opening = this.#opening
    this.#opening = undefined
    if (opening === undefined) report?.(`lost the link to the connector: ${error.message}; trying again`)
    else if (error.code === 'token-refused') {
      const message = `${error.message}: check both with the connector's operator`
      opening.reject(new WalletError('token-refused', message, { cause: error }))
    } else {
      const message = `the connector ${error.message}; is it running, and is the link right?`
      opening.reject(new WalletError('connector-unreachable', message, { cause: error }))
    }
  }
}

const ASK_TIMEOUT_MS = 5000

const WHY: Readonly<Record<LinkFailure, string>> = {
  down: 'the link is down',
  full: 'too much is under way',
  lost: 'it does not answer',
  refused: 'it does not serve such questions',
  broken: 'it failed',
}
