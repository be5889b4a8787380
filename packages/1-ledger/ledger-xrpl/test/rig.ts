/** A ledger, two accounts on it, and a hand on its clock. */
import { setTimeout as wait } from 'node:timers/promises'
import { type XrplOptions, connectXrpl } from '@hourglass/ledger-xrpl/io'
import {
  type XrplStandalone,
  type XrplStandaloneOptions,
  startXrplStandalone,
} from '@hourglass/xrpl-standalone'
import { Client as Observer, type SubmittableTransaction, Wallet } from 'xrpl'
import { Client, CountingLedger } from '@hourglass/ledger/testing'

/** Throw-away seeds. Bob's key is one of secp256k1, the others' of Ed25519. */
export const SECRETS = {
  alice: 'sEdSKf8B5b4HUw4eJRuZ3rG9T64xZie',
  bob: 'sp5AqBazVUEo1zPnEb8TnGbreQezX',
  poor: 'sEdSMYv1AmT4ezvm8p6wxrXaQ6s4qBn',
} as const

export const ADDRESSES = {
  alice: 'rNdqqRwdD5xVhoPds7UtojrfmJwJJsajFd',
  bob: 'rHg8iNtyVSxSwMu2UcGfRVgBJ6p55nfSKg',
  poor: 'rndhd2dnXFQ6D4M3VavoR4FNv8DufvwCTt',
} as const

export type Name = keyof typeof SECRETS

const XRP = 1_000_000n
/** Time for messages to go round. */
const BREATH_MS = 10

export class Rig {
  readonly server: XrplStandalone
  readonly traces: string[] = []
  readonly #clients: Client<CountingLedger>[] = []
  #closing: NodeJS.Timeout | undefined

  static async start(options: XrplStandaloneOptions = {}): Promise<Rig> {
    const server = await startXrplStandalone(options)
    server.fund(ADDRESSES.alice, 1000n * XRP)
    server.fund(ADDRESSES.bob, 1000n * XRP)
    server.closeLedger()
    return new Rig(server)
  }

  private constructor(server: XrplStandalone) {
    this.server = server
  }

  /** How many transactions of that account ledgers hold. */
  async transactionsOf(name: Name): Promise<number> {
    const account = ADDRESSES[name]
    const { result } = await this.#observe((observer) => observer.request({ command: 'account_tx', account }))
    return result.transactions.filter(({ tx_json: fields }) => fields?.Account === account).length
  }

  /** Hash of the newest of them. */
  async lastTransactionOf(name: Name): Promise<string> {
    const query = { command: 'account_tx', account: ADDRESSES[name], limit: 1 } as const
    const { result } = await this.#observe((observer) => observer.request(query))
    return result.transactions[0]!.hash!.toLowerCase()
  }

  /** Indexes of the channels of that account that are open. */
  async channelsOf(name: Name): Promise<string[]> {
    const account = ADDRESSES[name]
    const query = { command: 'account_channels', account, ledger_index: 'validated' } as const
    const { result } = await this.#observe((observer) => observer.request(query))
    return result.channels.map(({ channel_id: index }) => index.toLowerCase())
  }

  /** A transaction that some other program makes. */
  async submit(name: Name, fields: Readonly<Record<string, unknown>>): Promise<void> {
    const wallet = Wallet.fromSeed(SECRETS[name])
    const transaction = { ...fields, Account: wallet.address } as unknown as SubmittableTransaction
    await this.#observe((observer) => observer.submit(transaction, { wallet, autofill: true }))
  }

  /** With a line of its own, which does not know of the others' troubles. */
  async #observe<Result>(work: (observer: Observer) => Promise<Result>): Promise<Result> {
    const observer = new Observer(this.server.url)
    await observer.connect()
    try {
      return await work(observer)
    } finally {
      await observer.disconnect()
    }
  }

  async connect(name: Name, options: Partial<XrplOptions> = {}): Promise<Client<CountingLedger>> {
    const ledger = await connectXrpl({
      url: this.server.url,
      secret: SECRETS[name],
      requestTimeoutMs: 200,
      silenceMs: 200,
      trace: (message) => this.traces.push(message),
      ...options,
    })
    const client = new Client(new CountingLedger(ledger))
    this.#clients.push(client)
    return client
  }

  /** Closes ledgers until no action is under way. */
  async settle(): Promise<void> {
    do {
      this.server.closeLedger()
      await wait(BREATH_MS)
    } while (this.#clients.some(({ ledger }) => ledger.underWay > 0))
    await this.breathe()
  }

  /** Time for what is under way to come to rest, without a ledger. */
  async breathe(times = 3): Promise<void> {
    await wait(times * BREATH_MS)
  }

  /** Closes one ledger after the other, from now on. */
  keepClosing(): void {
    this.#closing ??= setInterval(() => this.server.closeLedger(), BREATH_MS)
  }

  stopClosing(): void {
    clearInterval(this.#closing)
    this.#closing = undefined
  }

  async stop(): Promise<void> {
    this.stopClosing()
    await Promise.all(this.#clients.map(async ({ ledger }) => ledger.close()))
    await this.server.stop()
  }
}
