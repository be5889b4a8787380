/**
 * Runs one plugin of somebody else's as an account's link, and as its settlement. Layer 2, io. Spec: IL-RFC 24.
 *
 * What it does is taken for what it is, not for what it is called: an answer is an answer, and any failure of a call
 * that was made may have come after the deed.
 */
import { LINK_BODY_BYTES_MAX, type MemoryWire, Pause } from '@hourglass/link'
import { now } from '@hourglass/sansio/io'
import type { PluginAction, PluginEvent } from '../session.ts'
import { LpiError, isNotAccepted } from './lpi-error.ts'
import { type Plugin, decodeAmount } from './lpi2.ts'
import { PluginError } from './plugin-error.ts'

export interface RunPluginOptions {
  /** A new instance, which has done nothing yet: one that could not connect is given up for another. */
  readonly make: () => Plugin
  /** Gets what the account's `MemoryLink` is to be told, in order; must queue, as `drive` does. */
  readonly receive: (wire: MemoryWire) => void
  /** Gets what the account's `PluginSettlement` is to be told. Where there is none, no money is taken. */
  readonly hear?: (event: PluginEvent) => void
  readonly report?: (error: PluginError) => void
}

export interface RunningPlugin {
  send(wire: MemoryWire): void
  perform(action: PluginAction): void
  /** Resolves when it has disconnected. */
  close(): Promise<void>
}

/** Connects at once. @throws PluginError `bad-options` */
export function runPlugin(options: RunPluginOptions): RunningPlugin {
  return new Runner(options)
}

/** A promise that we owe the plugin. */
interface Owed<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

class Runner implements RunningPlugin {
  readonly #options: RunPluginOptions
  readonly #pause = new Pause(RETRY_MS, RETRY_MS_MAX)
  /** The peer's requests, by our keys. */
  readonly #asked = new Map<number, Owed<Buffer>>()
  /** Money that came in and is not on record, by our ids. */
  readonly #credits = new Map<number, Owed<void>>()
  #plugin: Plugin
  #lastKey = 0
  #isUp = false
  #isClosed = false
  #retry: NodeJS.Timeout | undefined
  #reported = ''

  constructor(options: RunPluginOptions) {
    this.#options = options
    this.#plugin = this.#begin()
  }

  send(wire: MemoryWire): void {
    switch (wire.kind) {
      case 'request':
        void this.#ask(wire)
        break
      case 'reply':
        take(this.#asked, wire.key)?.resolve(Buffer.from(wire.body))
        break
      case 'refusal':
        take(this.#asked, wire.key)?.reject(notAccepted(wire.message))
        break
      // Said by whoever drives a link, never by the link.
      case 'opened':
      case 'closed':
      case 'lost':
    }
  }

  perform(action: PluginAction): void {
    if (action.kind === 'pay') void this.#pay(action.id, action.amount)
    else take(this.#credits, action.id)?.resolve()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#retry)
    this.#down()
    await disconnect(this.#plugin)
  }

  #begin(): Plugin {
    const { make, hear } = this.#options
    let plugin: Plugin
    try {
      plugin = make()
      plugin.registerDataHandler((data) => this.#serve(data))
      if (hear !== undefined) plugin.registerMoneyHandler((amount) => this.#take(amount, hear))
    } catch (error) {
      throw new PluginError('bad-options', `refuses to be made: ${messageOf(error)}`, { cause: error })
    }
    const isCurrent = (): boolean => this.#plugin === plugin && !this.#isClosed
    plugin.on('connect', () => isCurrent() && this.#up())
    plugin.on('disconnect', () => isCurrent() && this.#down())
    plugin.on('error', (error) => isCurrent() && this.#report('says-error', messageOf(error)))
    // Whoever makes us knows us by then.
    setImmediate(() => isCurrent() && void this.#connect(plugin, isCurrent))
    return plugin
  }

  async #connect(plugin: Plugin, isCurrent: () => boolean): Promise<void> {
    try {
      await plugin.connect({})
      if (isCurrent() && plugin.isConnected()) this.#up()
    } catch (error) {
      if (!isCurrent()) return
      this.#down()
      this.#report('not-connected', `cannot connect: ${messageOf(error)}`)
      await disconnect(plugin)
      this.#again()
    }
  }

  /** Connecting twice is not what every plugin survives, so a new one is made. */
  #again(): void {
    if (this.#isClosed) return
    this.#pause.begin(now())
    const retry = (): void => {
      try {
        this.#plugin = this.#begin()
      } catch (error) {
        this.#report('bad-options', messageOf(error))
        this.#again()
      }
    }
    this.#retry = setTimeout(retry, (this.#pause.until ?? 0) - now())
  }

  #up(): void {
    if (this.#isUp) return
    this.#isUp = true
    this.#reported = ''
    this.#pause.reset()
    this.#options.receive({ kind: 'opened' })
  }

  #down(): void {
    for (const { reject } of this.#asked.values()) reject(notAccepted('the link is down'))
    this.#asked.clear()
    if (!this.#isUp) return
    this.#isUp = false
    this.#options.receive({ kind: 'closed' })
  }

  async #ask({ key, protocol, body }: Extract<MemoryWire, { kind: 'request' }>): Promise<void> {
    const receive = (wire: MemoryWire): void => this.#options.receive(wire)
    if (protocol !== ILP_PROTOCOL) {
      receive({ kind: 'refusal', key, message: `plugins do not carry ${protocol}` })
      return
    }
    try {
      const answer: unknown = await this.#plugin.sendData(Buffer.from(body))
      if (!(answer instanceof Uint8Array) || answer.length > LINK_BODY_BYTES_MAX) {
        this.#report('misbehaves', 'answers a packet with something else than a packet')
        receive({ kind: 'lost', key })
      } else if (answer.length === 0) receive({ kind: 'refusal', key, message: 'the peer says nothing' })
      else receive({ kind: 'reply', key, body: new Uint8Array(answer) })
    } catch (error) {
      // LPI-21: the peer's own word that it has not taken it. Whatever else failed may have been taken.
      if (isNotAccepted(error)) receive({ kind: 'refusal', key, message: messageOf(error) })
      else receive({ kind: 'lost', key })
    }
  }

  async #serve(data: unknown): Promise<Buffer> {
    if (!(data instanceof Uint8Array) || data.length > LINK_BODY_BYTES_MAX) throw notAccepted('no packet')
    if (this.#asked.size >= ASKED_MAX) throw notAccepted('too many requests are under way')
    const key = ++this.#lastKey
    return new Promise((resolve, reject) => {
      this.#asked.set(key, { resolve, reject })
      this.#options.receive({ kind: 'request', key, protocol: ILP_PROTOCOL, body: new Uint8Array(data) })
    })
  }

  async #pay(id: number, amount: bigint): Promise<void> {
    const { hear } = this.#options
    if (!this.#isUp || !this.#plugin.isConnected()) {
      this.#down()
      hear?.({ kind: 'unpaid', id })
      return
    }
    try {
      await this.#plugin.sendMoney(String(amount))
      hear?.({ kind: 'paid', id })
    } catch (error) {
      hear?.({ kind: 'unknown', id, reason: messageOf(error) })
    }
  }

  async #take(text: unknown, hear: (event: PluginEvent) => void): Promise<void> {
    const amount = decodeAmount(text)
    if (amount === undefined) {
      this.#report('misbehaves', `says that money came in, and not how much: ${String(text)}`)
      throw notAccepted('an amount is a decimal string of base units')
    }
    const id = ++this.#lastKey
    return new Promise((resolve, reject) => {
      this.#credits.set(id, { resolve, reject })
      hear({ kind: 'received', id, amount })
    })
  }

  /** Once for each change. */
  #report(code: PluginError['code'], message: string): void {
    if (message === this.#reported) return
    this.#reported = message
    this.#options.report?.(new PluginError(code, message))
  }
}

const ILP_PROTOCOL = 'ilp'
const RETRY_MS = 100
const RETRY_MS_MAX = 60_000
/** Requests of the peer that may wait for our answer at once. */
const ASKED_MAX = 20_000

async function disconnect(plugin: Plugin): Promise<void> {
  try {
    await plugin.disconnect()
  } catch {
    // It is let go of in any case.
  }
}

function take<T>(waiting: Map<number, T>, key: number): T | undefined {
  const found = waiting.get(key)
  waiting.delete(key)
  return found
}

function notAccepted(message: string): LpiError {
  return new LpiError('NotAcceptedError', message)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
