/**
 * A link of ours, with a settlement or without, as a ledger plugin of version 2: for ilp-connector, ilp-protocol-stream
 * and whatever else runs plugins. Layer 2, io. Spec: IL-RFC 24.
 */
import { EventEmitter } from 'node:events'
import {
  LINK_BODY_BYTES_MAX,
  type Link,
  type LinkFailure,
  type LinkInput,
  type LinkOutput,
} from '@hourglass/link'
import { type Driver, drive, now } from '@hourglass/sansio/io'
import { HandlerSlot } from './handler-slot.ts'
import { LpiError } from './lpi-error.ts'
import {
  type ConnectOptions,
  type DataHandler,
  LPI_VERSION,
  type MoneyHandler,
  type Plugin,
  decodeAmount,
} from './lpi2.ts'
import { Money, type MoneyParts } from './money.ts'

/** What carries a link's wire. */
export interface Carrier {
  send(wire: unknown): void
  /** Closes and stays closed. */
  close(): Promise<void>
}

export interface LinkPluginParts {
  readonly link: Link<never, unknown>
  /** Opens the way to the peer, and keeps it open; called by `connect`, not before. */
  readonly open: (
    receive: (wire: unknown) => void,
    report: (error: Error) => void,
  ) => Carrier | Promise<Carrier>
  /** Without it, `sendMoney` is refused. */
  readonly money?: MoneyParts
  /** How long the peer has to answer a packet. */
  readonly responseTimeoutMs?: number
}

interface Asked {
  readonly resolve: (answer: Buffer) => void
  readonly reject: (error: Error) => void
}

/** The interface asks for an emitter, so this is one. */
export class LinkPlugin extends EventEmitter implements Plugin {
  static readonly version: typeof LPI_VERSION = LPI_VERSION
  readonly version: typeof LPI_VERSION = LPI_VERSION
  readonly #parts: LinkPluginParts
  readonly #driver: Driver<LinkInput<unknown>>
  readonly #money: Money | undefined
  readonly #data = new HandlerSlot<DataHandler>('DataHandlerAlreadyRegisteredError')
  readonly #asked = new Map<number, Asked>()
  #lastId = 0
  #isUp = false
  #connecting: Promise<void> | undefined
  #carrier: Carrier | undefined

  constructor(parts: LinkPluginParts) {
    super()
    this.#parts = parts
    const link = parts.link as Link<unknown, unknown>
    this.#driver = drive<LinkInput<unknown>, LinkOutput<unknown>>(link, (output) => this.#perform(output))
    const { money } = parts
    if (money === undefined) return
    const { protocol } = money.settlement
    this.#money = new Money(
      money,
      // Ids of the settlement's are odd on the link, those of packets even.
      (message) =>
        message.kind === 'request'
          ? this.#driver.push({ ...message, id: 2 * message.id + 1, protocol })
          : this.#driver.push(message),
      (error) => this.#report(error),
    )
  }

  /** Resolves when the peer is there; calls while it is resolve at once. Rejects where it is not in time. */
  connect = ({ timeout = Infinity }: ConnectOptions = {}): Promise<void> => {
    if (this.#isUp) return Promise.resolve()
    this.#connecting ??= this.#open(timeout).finally(() => (this.#connecting = undefined))
    return this.#connecting
  }

  /** Resolves when nothing more is told. */
  disconnect = async (): Promise<void> => {
    const carrier = this.#carrier
    this.#carrier = undefined
    await carrier?.close()
    if (this.#isUp) this.#down()
    this.emit(CLOSED)
  }

  isConnected = (): boolean => this.#isUp

  sendData = (data: Buffer): Promise<Buffer> => {
    if (!(data instanceof Uint8Array)) return Promise.reject(new TypeError('a packet is a buffer'))
    if (data.length > LINK_BODY_BYTES_MAX) {
      const message = `a packet has at most ${LINK_BODY_BYTES_MAX} bytes`
      return Promise.reject(new LpiError('InvalidFieldsError', message))
    }
    const id = 2 * ++this.#lastId
    const deadline = now() + (this.#parts.responseTimeoutMs ?? RESPONSE_TIMEOUT_MS)
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject })
      this.#driver.push({ kind: 'request', id, protocol: ILP_PROTOCOL, body: data, deadline })
    })
  }

  /** Resolves when the peer has had it. An order that was taken is carried out, once, over restarts too. */
  sendMoney = (text: string): Promise<void> => {
    const amount = decodeAmount(text)
    if (amount === undefined) {
      const message = 'an amount is a decimal string of base units'
      return Promise.reject(new LpiError('InvalidFieldsError', message))
    }
    if (this.#money === undefined) {
      const message = 'this plugin carries packets and moves no money: it has no settlement'
      return Promise.reject(new LpiError('NotAcceptedError', message))
    }
    return amount === 0n ? Promise.resolve() : this.#money.send(amount)
  }

  registerDataHandler = (handler: DataHandler): void => this.#data.register(handler)

  deregisterDataHandler = (): void => this.#data.deregister()

  registerMoneyHandler = (handler: MoneyHandler): void => {
    this.#moneySlot.register(handler)
    this.#money?.credit()
  }

  deregisterMoneyHandler = (): void => this.#moneySlot.deregister()

  /** Kept where there is no settlement, too: callers register without asking. */
  readonly #spareSlot = new HandlerSlot<MoneyHandler>('MoneyHandlerAlreadyRegisteredError')

  get #moneySlot(): HandlerSlot<MoneyHandler> {
    return this.#money?.slot ?? this.#spareSlot
  }

  async #open(timeoutMs: number): Promise<void> {
    const { promise: isUp, resolve, reject } = Promise.withResolvers<undefined>()
    const accept = (): void => resolve(undefined)
    const refuse = (): void => reject(new LpiError('UnreachableError', 'was disconnected'))
    this.once('connect', accept).once(CLOSED, refuse)
    const timer = Number.isFinite(timeoutMs)
      ? setTimeout(() => {
          reject(new LpiError('UnreachableError', `the peer was not there within ${timeoutMs} ms`))
        }, timeoutMs)
      : undefined
    // It is awaited where opening works, and may end before.
    isUp.catch(() => undefined)
    try {
      this.#carrier ??= await this.#openWay()
      await isUp
    } catch (error) {
      await this.disconnect()
      throw error
    } finally {
      clearTimeout(timer)
      this.off('connect', accept).off(CLOSED, refuse)
    }
  }

  /** What comes while it opens is kept until the link's answer has a way to go. */
  async #openWay(): Promise<Carrier> {
    const early: unknown[] = []
    let receive = (wire: unknown): void => void early.push(wire)
    const carrier = await this.#parts.open(
      (wire) => receive(wire),
      (error) => this.#report(error),
    )
    this.#carrier = carrier
    receive = (wire) => this.#driver.push({ kind: 'wire', wire })
    early.forEach(receive)
    return carrier
  }

  #perform(output: LinkOutput<unknown>): void {
    switch (output.kind) {
      case 'wire':
        this.#carrier?.send(output.wire)
        break
      case 'up':
        this.#isUp = true
        this.#money?.push(output)
        this.emit('connect')
        break
      case 'down':
        this.#down()
        break
      case 'request':
        if (output.protocol === this.#money?.protocol) this.#money.push(output)
        else void this.#serve(output.id, output.protocol, output.body)
        break
      case 'reply':
      case 'failed':
        if (output.id % 2 === 1) this.#money?.push({ ...output, id: (output.id - 1) / 2 })
        else if (output.kind === 'reply') this.#take(output.id)?.resolve(Buffer.from(output.body))
        else this.#take(output.id)?.reject(failureError(output.failure))
        break
    }
  }

  #take(id: number): Asked | undefined {
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    return asked
  }

  #down(): void {
    if (!this.#isUp) return
    this.#isUp = false
    this.#money?.push({ kind: 'down' })
    this.emit('disconnect')
  }

  /** Every request gets one answer. */
  async #serve(id: number, protocol: string, body: Uint8Array): Promise<void> {
    const refuse = (message: string): void => this.#driver.push({ kind: 'refuse', id, message })
    const { handler } = this.#data
    if (protocol !== ILP_PROTOCOL || handler === undefined) {
      refuse(handler === undefined ? 'no data handler is registered' : `${protocol} is not served here`)
      return
    }
    try {
      const answer: unknown = await handler(Buffer.from(body))
      if (answer instanceof Uint8Array && answer.length <= LINK_BODY_BYTES_MAX) {
        this.#driver.push({ kind: 'reply', id, body: answer })
      } else refuse('the data handler gave no packet')
    } catch {
      refuse('the data handler failed')
    }
  }

  /** An `error` that nobody listens to would be thrown. */
  #report(error: Error): void {
    if (this.listenerCount('error') > 0) this.emit('error', error)
  }
}

const ILP_PROTOCOL = 'ilp'
/** As ilp-plugin-btp waits. */
const RESPONSE_TIMEOUT_MS = 35_000
/** Tells a `connect` that waits that it waits in vain. */
const CLOSED = Symbol('closed')

function failureError(failure: LinkFailure): LpiError {
  switch (failure) {
    case 'down':
      return new LpiError('UnreachableError', 'not sent: the link is down')
    case 'full':
      return new LpiError('UnreachableError', 'not taken: too many requests are under way')
    case 'lost':
      return new LpiError('UnreachableError', 'sent, and no answer came')
    case 'refused':
      return new LpiError('NotAcceptedError', 'the peer does not serve this')
    case 'broken':
      return new LpiError('UnreachableError', 'the peer failed, or answered what is no answer')
  }
}
