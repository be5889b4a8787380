/** A wallet that lives in a page: a link to its connector, an address learned over it, STREAM both ways. */
import {
  type Address,
  PacketType,
  type Prepare,
  decodeIldcpResponse,
  decodePrepare,
  decodeReply,
  encodeIldcpRequest,
  encodePrepare,
  encodeReply,
} from '@hourglass/ilp'
import type { LinkInput, LinkOutput } from '@hourglass/link'
import { BtpLink, type BtpWireIn, type BtpWireOut } from '@hourglass/link-btp'
import { type BtpWebClient, connectBtp } from '@hourglass/link-btp/web'
import type { Instant } from '@hourglass/sansio'
import { nobleCrypto } from '@hourglass/sansio/noble'
import { type Driver, drive, now, webRng } from '@hourglass/sansio/web'
import {
  type AssetDetails,
  type Credentials,
  type PaymentReport,
  type Ratio,
  StreamSender,
  type StreamSenderInput,
  type StreamSenderOutput,
  StreamServer,
  type StreamServerInput,
  type StreamServerOutput,
} from '@hourglass/stream'

export interface Seat {
  readonly url: string
  readonly username: string
  readonly token: string
}

/** Undefined: there is no answer. */
type Done = (body: Uint8Array | undefined) => void

const WORLD = { crypto: nobleCrypto, rng: webRng }
const ILP_PROTOCOL = 'ilp'
const ILDCP_LIFETIME_MS = 60_000

export class PageWallet {
  readonly #link: Driver<LinkInput<BtpWireIn>>
  readonly #client: BtpWebClient
  readonly #up = Promise.withResolvers<undefined>()
  readonly #waiting = new Map<number, Done>()
  #lastId = 0
  #server: Driver<StreamServerInput> | undefined

  /** Connects; `fail` is told what goes wrong with the socket. */
  constructor({ url, ...who }: Seat, fail: (error: Error) => void) {
    const link = new BtpLink({ role: 'client', ...who })
    this.#link = drive<LinkInput<BtpWireIn>, LinkOutput<BtpWireOut>>(link, (output) => this.#perform(output))
    this.#client = connectBtp({
      url,
      receive: (wire) => this.#link.push({ kind: 'wire', wire }),
      report: fail,
    })
  }

  /** Who the connector says we are (IL-RFC 31). */
  async identity(): Promise<{ readonly address: Address } & AssetDetails> {
    await this.#up.promise
    const expiresAt = now() + ILDCP_LIFETIME_MS
    const reply = await new Promise<Uint8Array | undefined>((resolve) => {
      this.#request(encodeIldcpRequest(expiresAt), expiresAt, resolve)
    })
    const decoded = reply && decodeReply(reply)
    if (decoded?.type !== PacketType.Fulfill) throw new Error('the connector does not say who we are')
    return decodeIldcpResponse(decoded)
  }

  /** Pays with the first packet. */
  async pay(credentials: Credentials, send: bigint, minimumRate: Ratio): Promise<PaymentReport> {
    const sender = new StreamSender({ ...WORLD, credentials, amount: { send }, minimumRate })
    return new Promise((resolve) => {
      const driver: Driver<StreamSenderInput> = drive<StreamSenderInput, StreamSenderOutput>(
        sender,
        (output) => {
          if (output.kind === 'prepare') {
            const { id, prepare } = output
            this.#send(prepare, (body) => {
              driver.push(
                body === undefined
                  ? { kind: 'failed', id, isLost: true }
                  : { kind: 'reply', id, reply: decodeReply(body) },
              )
            })
          } else if (output.kind === 'done') {
            driver.stop()
            resolve(output.report)
          }
        },
      )
      driver.push({ kind: 'pay' })
    })
  }

  /** Takes money from now on; `tell` gets the total of each connection. Returns an address for one payer. */
  receive(
    identity: { readonly address: Address } & AssetDetails,
    tell: (total: bigint) => void,
  ): Credentials {
    const server = new StreamServer({ ...WORLD, ...identity, serverSecret: webRng.bytes(32) })
    this.#server = drive<StreamServerInput, StreamServerOutput>(server, (output) => {
      if (output.kind === 'money') tell(output.total)
      if (output.kind === 'reply') {
        this.#link.push({ kind: 'reply', id: output.id, body: encodeReply(output.reply) })
      }
    })
    return server.credentials()
  }

  #send(prepare: Prepare, done: Done): void {
    this.#request(encodePrepare(prepare), prepare.expiresAt, done)
  }

  #request(body: Uint8Array, deadline: Instant, done: Done): void {
    const id = ++this.#lastId
    this.#waiting.set(id, done)
    this.#link.push({ kind: 'request', id, protocol: ILP_PROTOCOL, body, deadline })
  }

  #perform(output: LinkOutput<BtpWireOut>): void {
    switch (output.kind) {
      case 'wire':
        this.#client.send(output.wire)
        break
      case 'up':
        this.#up.resolve(undefined)
        break
      case 'request':
        if (output.protocol === ILP_PROTOCOL && this.#server !== undefined) {
          this.#server.push({ kind: 'prepare', id: output.id, prepare: decodePrepare(output.body) })
        } else this.#link.push({ kind: 'refuse', id: output.id, message: 'a page takes packets alone' })
        break
      case 'reply':
      case 'failed': {
        const done = this.#waiting.get(output.id)
        this.#waiting.delete(output.id)
        done?.(output.kind === 'reply' ? output.body : undefined)
        break
      }
      case 'down':
        break
    }
  }
}
