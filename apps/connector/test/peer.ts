/** The other end of a connector's account, over a real socket: pays, fulfills what it gets, and answers for both. */
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
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
import { PeerBooks, RECONCILE_PROTOCOL } from './peer-books.ts'

const NOTHING = new Uint8Array(0)
/** How long a peer waits for the connector after a packet has expired: it is to answer, and by itself. */
const PATIENCE_MS = 60_000
/** Before it asks again what became of packets that the connector called pending. */
const ASK_AGAIN_MS = 250

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

/**
 * A customer who fulfills what it gets, but for what comes to an address that ends in `.held`. Its link comes up
 * again as soon as the connector is there, and it asks then what became of packets that were cut off.
 */
export class Peer {
  readonly id: string
  readonly books: PeerBooks = new PeerBooks()
  /** How often its link has come up. */
  ups = 0
  /** Packets that it has got. */
  packets = 0
  readonly #link: BtpLink
  readonly #driver: Driver<Parameters<BtpLink['handle']>[0]>
  readonly #port: number
  #client: BtpClient
  #isUp = false
  readonly #asked = new Map<number, (answer: Uint8Array | Outcome) => void>()
  #lastId = 0
  readonly #held: { readonly id: number; readonly prepare: Prepare }[] = []
  #waiting: (() => void)[] = []

  private constructor(id: string, port: number) {
    this.id = id
    this.#port = port
    this.#link = new BtpLink({ role: 'client', username: id, token: `${id}-hush` })
    this.#driver = drive(this.#link, (output) => this.#perform(output))
    this.#client = this.#dial()
  }

  /** Resolves once its link is up. */
  static async connect(id: string, port: number): Promise<Peer> {
    const peer = new Peer(id, port)
    await peer.up()
    return peer
  }

  async close(): Promise<void> {
    this.#driver.stop()
    await this.#client.close()
  }

  /** Resolves as soon as its link is up. */
  async up(): Promise<void> {
    await this.#until(() => this.#isUp)
  }

  async pay(destination: string, amount: bigint, timeoutMs?: number): Promise<Outcome> {
    const prepare = makePrepare(destination, amount, timeoutMs)
    this.books.send(prepare)
    const answer = await this.#ask('ilp', encodePrepare(prepare), prepare.expiresAt + PATIENCE_MS)
    const outcome = outcomeOf(prepare, answer)
    if (outcome === 'lost') this.books.end(prepare, 'unknown')
    else this.books.end(prepare, outcome === 'fulfilled' ? 'fulfilled' : 'void')
    this.#moved()
    return outcome
  }

  /** Resolves when it knows of each packet that it sent what became of it. */
  async reconciled(): Promise<void> {
    await this.#until(() => this.books.undecided === 0)
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

  #perform(output: NonNullable<ReturnType<BtpLink['poll']>>): void {
    switch (output.kind) {
      case 'wire':
        this.#client.send(output.wire)
        break
      case 'up':
        this.ups++
        this.#isUp = true
        this.#moved()
        void this.#reconcile(this.ups)
        break
      case 'down':
        this.#isUp = false
        this.#held.length = 0
        // A client of its own waits longer each time; this one is to be there when the connector is.
        void this.#client.close()
        this.#client = this.#dial()
        break
      case 'request':
        this.#serve(output.id, output.protocol, output.body)
        break
      case 'reply':
        this.#answered(output.id, output.body)
        break
      case 'failed':
        this.#answered(output.id, output.failure)
        break
    }
  }

  #dial(): BtpClient {
    const receive = (wire: BtpWireIn): void => this.#driver.push({ kind: 'wire', wire })
    return connectBtp({ url: `ws://127.0.0.1:${this.#port}/`, receive })
  }

  #serve(id: number, protocol: string, body: Uint8Array): void {
    switch (protocol) {
      case 'ilp':
        return this.#take(id, decodePrepare(body))
      case RECONCILE_PROTOCOL:
        return this.#driver.push({ kind: 'reply', id, body: this.books.tell(body, now()) })
      default:
        return this.#driver.push({ kind: 'refuse', id, message: 'not served here' })
    }
  }

  #take(id: number, prepare: Prepare): void {
    this.packets++
    this.books.get(prepare)
    if (prepare.destination.endsWith('.held')) this.#held.push({ id, prepare })
    else this.#reply(id, prepare, fulfillOf(prepare))
    this.#moved()
  }

  #reply(id: number, prepare: Prepare, reply: Reply): void {
    // What has expired is worth nothing, and it may have said so already.
    const isInTime = now() < prepare.expiresAt
    const timely = isInTime ? reply : rejectBy(prepare.destination)
    this.books.answer(prepare, timely.type === PacketType.Fulfill ? 'fulfilled' : 'void')
    this.#driver.push({ kind: 'reply', id, body: encodeReply(timely) })
  }

  /** Asks about all that was cut off, and again, as long as this session lasts and not all is known. */
  async #reconcile(session: number): Promise<void> {
    while (this.#isUp && this.ups === session) {
      const question = this.books.ask()
      if (question === undefined) break
      const answer = await this.#ask(RECONCILE_PROTOCOL, question.body, now() + PATIENCE_MS)
      if (typeof answer !== 'string') this.books.learn(question.about, answer)
      if (this.books.undecided > 0) await setTimeout(ASK_AGAIN_MS)
    }
    this.#moved()
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

function outcomeOf({ data }: Prepare, answer: Uint8Array | Outcome): Outcome {
  if (typeof answer === 'string') return answer
  const reply = decodeReply(answer)
  if (reply.type === PacketType.Reject) return reply.code
  if (!equalBytes(data, reply.fulfillment))
    throw new Error('the connector relayed a fulfillment that is none')
  return 'fulfilled'
}
