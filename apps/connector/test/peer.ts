/** The other end of a connector's account, over a real socket: pays, and fulfills what it gets. */
import { createHash, randomBytes } from 'node:crypto'
import {
  ErrorCode,
  PacketType,
  type Prepare,
  type Reply,
  decodePrepare,
  decodeReply,
  encodePrepare,
  encodeReply,
  toAddress,
} from '@hourglass/ilp'
import { BtpLink, type BtpWireIn } from '@hourglass/link-btp'
import { type BtpClient, connectBtp } from '@hourglass/link-btp/io'
import { equalBytes } from '@hourglass/sansio'
import { type Driver, drive, now } from '@hourglass/sansio/io'

const NOTHING = new Uint8Array(0)
/** How long a peer waits for the connector after a packet has expired: it is to answer, and by itself. */
const PATIENCE_MS = 60_000

/** `fulfilled`, the code of a Reject, or how the link failed. */
export type Outcome = string

/** A Prepare that carries its own fulfillment, so that whoever gets it can fulfill it. */
export function makePrepare(destination: string, amount: bigint, timeoutMs = 30_000): Prepare {
  const data = randomBytes(32)
  return {
    amount,
    expiresAt: now() + timeoutMs,
    executionCondition: createHash('sha256').update(data).digest(),
    destination: toAddress(destination),
    data,
  }
}

export function fulfillOf({ data }: Prepare): Reply {
  return { type: PacketType.Fulfill, fulfillment: data, data: NOTHING }
}

export function rejectBy(address: string): Reply {
  const triggeredBy = toAddress(address)
  const message = 'not wanted'
  return {
    type: PacketType.Reject,
    code: ErrorCode.F99_APPLICATION_ERROR,
    triggeredBy,
    message,
    data: NOTHING,
  }
}

/** A customer who fulfills what it gets, but for what comes to an address that ends in `.held`. */
export class Peer {
  readonly id: string
  /** Resolves when its link is down, for the first time. */
  readonly lost: Promise<undefined>
  /** How often its link has come up. */
  ups = 0
  /** What it has got, and what of it it has fulfilled. */
  packets = 0
  fulfilled = 0n
  readonly #driver: Driver<Parameters<BtpLink['handle']>[0]>
  readonly #client: BtpClient
  readonly #asked = new Map<number, (answer: Uint8Array | Outcome) => void>()
  #lastId = 0
  readonly #held: { readonly id: number; readonly prepare: Prepare }[] = []
  readonly #waiting: (() => void)[] = []

  private constructor(id: string, port: number) {
    this.id = id
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.lost = promise
    const link = new BtpLink({ role: 'client', username: id, token: `${id}-hush` })
    this.#driver = drive(link, (output) => {
      switch (output.kind) {
        case 'wire':
          this.#client.send(output.wire)
          break
        case 'up':
          this.ups++
          this.#moved()
          break
        case 'down':
          resolve(undefined)
          break
        case 'request':
          this.#serve(output.id, decodePrepare(output.body))
          break
        case 'reply':
          this.#answered(output.id, output.body)
          break
        case 'failed':
          this.#answered(output.id, output.failure)
          break
      }
    })
    const receive = (wire: BtpWireIn): void => this.#driver.push({ kind: 'wire', wire })
    this.#client = connectBtp({ url: `ws://127.0.0.1:${port}/`, receive })
  }

  /** Resolves once its link is up. */
  static async connect(id: string, port: number): Promise<Peer> {
    const peer = new Peer(id, port)
    await peer.#until(() => peer.ups > 0)
    return peer
  }

  async close(): Promise<void> {
    this.#driver.stop()
    await this.#client.close()
  }

  async pay(destination: string, amount: bigint, timeoutMs?: number): Promise<Outcome> {
    const prepare = makePrepare(destination, amount, timeoutMs)
    const answer = await this.#ask('ilp', encodePrepare(prepare), prepare.expiresAt + PATIENCE_MS)
    if (typeof answer === 'string') return answer
    const reply = decodeReply(answer)
    if (reply.type === PacketType.Reject) return reply.code
    return equalBytes(prepare.data, reply.fulfillment) ? 'fulfilled' : 'wrong fulfillment'
  }

  /** Resolves when it holds as many packets. */
  async holds(count: number): Promise<void> {
    await this.#until(() => this.#held.length === count)
  }

  /** Answers what it holds; resolves when the connector has read all of the answers. */
  async release(outcome: 'fulfill' | 'reject'): Promise<void> {
    for (const { id, prepare } of this.#held.splice(0)) {
      this.#reply(id, prepare, outcome === 'fulfill' ? fulfillOf(prepare) : rejectBy(prepare.destination))
    }
    await this.#ask('balance', NOTHING, now() + PATIENCE_MS)
  }

  #serve(id: number, prepare: Prepare): void {
    this.packets++
    if (prepare.destination.endsWith('.held')) this.#held.push({ id, prepare })
    else this.#reply(id, prepare, fulfillOf(prepare))
    this.#moved()
  }

  #reply(id: number, prepare: Prepare, reply: Reply): void {
    if (reply.type === PacketType.Fulfill) this.fulfilled += prepare.amount
    this.#driver.push({ kind: 'reply', id, body: encodeReply(reply) })
  }

  async #ask(protocol: string, body: Uint8Array, deadline: number): Promise<Uint8Array | Outcome> {
    const id = ++this.#lastId
    return new Promise((resolve) => {
      this.#asked.set(id, resolve)
      this.#driver.push({ kind: 'request', id, protocol, body, deadline })
    })
  }

  #answered(id: number, answer: Uint8Array | Outcome): void {
    this.#asked.get(id)?.(answer)
    this.#asked.delete(id)
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #moved(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
