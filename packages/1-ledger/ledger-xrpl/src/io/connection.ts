/**
 * One server, spoken to for as long as it takes. Layer 1, io. Spec: XRP Ledger, WebSocket API, version 2.
 *
 * A server that does not answer is asked again, over a new connection, until it does: whoever asks sees a slow answer
 * and not an outage. All that we ask may be asked twice, a signed transaction included.
 *
 * Of the npm client we use the connection and its requests. Its own reconnecting gives up when the second attempt
 * fails and forgets subscriptions, so every connection is a client of its own here.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { UsageError } from '@hourglass/sansio'
import { Client, RippledError, TimeoutError } from 'xrpl'
import { type Json, isObject, textAt } from '../json.ts'
import { ServerError, XrplError } from './errors.ts'
import { type Head, decodeHead } from './head.ts'

export interface ConnectionOptions {
  readonly url: string
  /** A request without an answer for that long ends the connection; the next one asks again. */
  readonly requestTimeoutMs: number
  /** After that long without a new ledger, the server is asked for it. */
  readonly silenceMs: number
  /** Hears of each validated ledger that the server tells of, in no certain order, and more than once. */
  readonly heard: (head: Head) => void
  /** Hears, for people, why something is tried again. */
  readonly trace: (message: string) => void
}

/** What a server is asked. */
export interface Command {
  readonly command: string
  readonly [name: string]: unknown
}

export class Connection {
  readonly #options: ConnectionOptions
  readonly #url: URL
  readonly #closing = new AbortController()
  #client: Client | undefined
  /** Ends the connection that there is. */
  #drop: () => void = () => undefined
  /** Those who wait for a connection. */
  #waiting: (() => void)[] = []
  #lastFailure = 'no answer'
  #silence: NodeJS.Timeout | undefined

  /** Begins to connect at once. @throws UsageError where the URL is not one of a WebSocket */
  constructor(options: ConnectionOptions) {
    const url = URL.parse(options.url)
    if (url === null || !/^wss?:$/.test(url.protocol)) {
      throw new UsageError('the URL of a server begins with ws:// or wss://')
    }
    this.#options = options
    this.#url = url
    void this.#keep()
  }

  /** Where the server is, without what the URL keeps secret. */
  get origin(): string {
    return `${this.#url.protocol}//${this.#url.host}`
  }

  /**
   * Asks until the server answers, for `patienceMs` at most.
   * @throws ServerError with the server's own refusal; XrplError `unreachable` | `closed`
   */
  async request(command: Command, patienceMs?: number): Promise<Json> {
    const giveUpAt = performance.now() + (patienceMs ?? Infinity)
    for (let pauseMs = PAUSE_MIN_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
      try {
        const client = this.#client ?? (await this.#connected(giveUpAt))
        if (client !== undefined) return await this.#ask(client, command)
      } catch (error) {
        this.#assertOpen()
        if (error instanceof ServerError && !TRY_LATER.has(error.code)) throw error
        this.#tell(`${command.command}: ${messageOf(error)}`)
      }
      this.#assertOpen()
      if (performance.now() + pauseMs > giveUpAt) {
        const message = `no XRP Ledger server answers at ${this.origin}: ${this.#lastFailure}`
        throw new XrplError('unreachable', message)
      }
      await this.pause(pauseMs)
    }
  }

  /** Ends all requests with `closed`; no timer is left. */
  close(): void {
    this.#closing.abort()
    clearTimeout(this.#silence)
    this.#drop()
    this.#wakeWaiting()
  }

  /** Connects, and again whenever the connection ends. */
  async #keep(): Promise<void> {
    for (let pauseMs = PAUSE_MIN_MS; !this.#isClosed(); pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
      // Its heartbeat would reconnect behind our back.
      const client = new Client(this.#options.url, {
        timeout: TIMER_MAX_MS,
        connectionTimeout: this.#options.requestTimeoutMs,
      })
      try {
        const livedMs = await this.#live(client)
        pauseMs = livedMs < STABLE_MS ? Math.min(pauseMs, PAUSE_MAX_FLAPPING_MS) : PAUSE_MIN_MS
      } catch (error) {
        if (!this.#isClosed()) this.#tell(messageOf(error))
      }
      this.#client = undefined
      client.removeAllListeners()
      // Clears its timer for reconnecting, too, and what a server that hangs still owes us.
      client.disconnect().catch(() => undefined)
      await this.pause(pauseMs)
    }
  }

  /** From the beginning to the end of one connection. Returns how long it was one. */
  async #live(client: Client): Promise<number> {
    const lost = Promise.withResolvers<undefined>()
    this.#drop = () => lost.resolve(undefined)
    client.on('error', () => undefined)
    client.connection.on('disconnected', this.#drop)
    client.connection.on('ledgerClosed', (message: unknown) => this.#hear(message))
    const greeting = client.connection.connect().then(() => this.#subscribe(client))
    const isGreeted = await Promise.race([greeting.then(() => true), lost.promise])
    const since = performance.now()
    if (isGreeted === true) {
      this.#client = client
      this.#wakeWaiting()
      await lost.promise
    }
    if (!this.#isClosed()) this.#tell('the connection ended')
    return performance.now() - since
  }

  /** The answer tells of the newest ledger. To ask for it once more does no harm. */
  async #subscribe(client: Client): Promise<void> {
    this.#hear(await this.#ask(client, { command: 'subscribe', streams: ['ledger'] }))
  }

  #hear(message: unknown): void {
    if (this.#isClosed()) return
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => void this.#breakSilence(), this.#options.silenceMs)
    const head = isObject(message) ? decodeHead(message) : undefined
    if (head !== undefined) this.#options.heard(head)
  }

  async #breakSilence(): Promise<void> {
    if (this.#client === undefined) return
    await this.#subscribe(this.#client).catch((error: unknown) => {
      this.#tell(messageOf(error))
      this.#drop()
    })
  }

  async #ask(client: Client, command: Command): Promise<Json> {
    const { requestTimeoutMs } = this.#options
    try {
      const response: unknown = await client.connection.request(
        { api_version: 2, ...command },
        requestTimeoutMs,
      )
      if (isObject(response) && isObject(response['result'])) return response['result']
    } catch (error) {
      if (error instanceof TimeoutError && client === this.#client) this.#drop()
      if (!(error instanceof RippledError)) throw error
      const answer = isObject(error.data) ? error.data : {}
      throw new ServerError(textAt(answer, 'error') ?? 'unknown', error.message, answer)
    }
    throw new ServerError('nonsense', 'the answer has no result')
  }

  /** Undefined where there was no connection by then. */
  async #connected(giveUpAt: number): Promise<Client | undefined> {
    const patienceMs = Math.min(giveUpAt - performance.now(), TIMER_MAX_MS)
    await new Promise<void>((resolve) => {
      const impatient = setTimeout(resolve, patienceMs)
      this.#waiting.push(() => {
        clearTimeout(impatient)
        resolve()
      })
    })
    return this.#client
  }

  #wakeWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  #tell(failure: string): void {
    this.#lastFailure = failure
    this.#options.trace(`${this.origin}: ${failure}`)
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  #assertOpen(): void {
    if (this.#isClosed()) throw new XrplError('closed', 'the ledger was closed')
  }

  /** Ends early with `close`. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined)
  }
}

/** Errors of sockets may come without a text. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error)
  // The client repeats the request, which is long and may be signed.
  return message.startsWith('Timeout for request') ? 'no answer in time' : message
}

const PAUSE_MIN_MS = 100
const PAUSE_MAX_MS = 10_000
/** Between connections that begin well and end soon. */
const PAUSE_MAX_FLAPPING_MS = 1000
/** A connection that lasted so long was a good one: the next attempt comes soon. */
const STABLE_MS = 1000
/** The longest that a timer can run. */
const TIMER_MAX_MS = 2 ** 31 - 1

/** A server's words for: not now. */
const TRY_LATER: ReadonlySet<string> = new Set([
  'slowDown',
  'tooBusy',
  'noCurrent',
  'noClosed',
  'noNetwork',
  'notReady',
  'notSynced',
  'failedToForward',
  'internal',
])
