/** A key on the ledger: its state, its transactions, its one connection. Layer 1, io. */
import { Turns } from '@hourglass/ledger/io'
import { countAt, dropsAt, objectAt } from '../json.ts'
import { LEDGERS_MAX, Outbox } from '../outbox.ts'
import type { AccountRoot } from '../reserve.ts'
import { Connection } from './connection.ts'
import { ServerError, XrplError } from './errors.ts'
import { Feed, type Onlooker } from './feed.ts'
import type { Head } from './head.ts'
import { Sender } from './sender.ts'
import { Signer } from './signer.ts'
import { readValidated } from './validated.ts'

export interface AccountOptions {
  /** A server's WebSocket: ws:// or wss://. It has to remember the ledgers in which channels in use were opened. */
  readonly url: string
  /** Seed of the account that pays, is paid, and signs transactions: `s…` or `sEd…`. */
  readonly secret: string
  /** Number of the network that it has to be (0: the main one); default: whichever the server is part of. */
  readonly networkId?: number
  /** A request ends after that long without an answer, and its connection too. Default 10,000. */
  readonly requestTimeoutMs?: number
  /** How long to wait for a server before the first answer, and in `balance`. Default 5,000. */
  readonly patienceMs?: number
  /** After that long without a new ledger, the server is asked for it. Default 10,000. */
  readonly silenceMs?: number
  /** Drops that no transaction offers more than as its fee. Default 100,000 (0.1 XRP). */
  readonly feeDropsMax?: bigint
  /** Hears, for people, why something is tried again. */
  readonly trace?: (message: string) => void
}

const DEFAULTS = {
  requestTimeoutMs: 10_000,
  patienceMs: 5000,
  silenceMs: 10_000,
  feeDropsMax: 100_000n,
} as const

/** Our first server may be so far behind the one that an earlier process knew. */
const LAG_LEDGERS = 5
const PAUSE_MIN_MS = 200
const PAUSE_MAX_MS = 5000

export class Account {
  readonly address: string
  readonly networkId: number
  readonly connection: Connection
  readonly feed: Feed
  readonly sender: Sender
  readonly trace: (message: string) => void
  readonly #onlookers: Onlooker[] = []
  readonly #turns = new Turns()
  readonly #patienceMs: number
  readonly #feeDropsMax: bigint
  readonly #firstIndex: number

  /** @throws XrplError `unreachable` | `wrong-network` | `no-account`; UsageError for a malformed secret or URL */
  static async open(options: AccountOptions): Promise<Account> {
    const signer = new Signer(options.secret)
    const trace = options.trace ?? ((): void => undefined)
    const patienceMs = options.patienceMs ?? DEFAULTS.patienceMs
    let account: Account | undefined
    const first = Promise.withResolvers<Head>()
    let newest: Head | undefined
    const connection = new Connection({
      url: options.url,
      requestTimeoutMs: options.requestTimeoutMs ?? DEFAULTS.requestTimeoutMs,
      silenceMs: options.silenceMs ?? DEFAULTS.silenceMs,
      heard(head) {
        first.resolve(head)
        newest = head
        account?.feed.heard(head)
      },
      trace,
    })
    try {
      const { info } = (await connection.request({ command: 'server_info' }, patienceMs)) as { info?: object }
      const networkId = countAt({ ...info }, 'network_id') ?? 0
      checkNetwork(networkId, options.networkId, connection.origin)
      account = new Account(await first.promise, {
        signer,
        connection,
        networkId,
        trace,
        patienceMs,
        options,
      })
      if (newest !== undefined) account.feed.heard(newest)
      await account.root(undefined, patienceMs)
      return account
    } catch (error) {
      connection.close()
      if (!(error instanceof ServerError && error.code === 'actNotFound')) throw error
      const message = `no account ${signer.address} exists on this ledger: send it its reserve first`
      throw new XrplError('no-account', message)
    }
  }

  private constructor(head: Head, parts: Parts) {
    const { signer, connection, networkId, trace, patienceMs, options } = parts
    this.address = signer.address
    this.networkId = networkId
    this.connection = connection
    this.trace = trace
    this.#patienceMs = patienceMs
    this.#firstIndex = head.index
    this.#feeDropsMax = options.feeDropsMax ?? DEFAULTS.feeDropsMax
    this.sender = new Sender({
      account: signer.address,
      connection,
      outbox: new Outbox({
        sign: (fields, envelope) => signer.sign(fields, envelope, networkId),
        feeDropsMax: this.#feeDropsMax,
      }),
      feeDrops: () => this.feeDrops(),
      sequence: async (ledger) => (await this.root(ledger)).sequence,
      patienceMs,
      trace,
    })
    this.#onlookers.push(this.sender)
    this.feed = new Feed(head, { account: signer.address, connection, onlookers: this.#onlookers, trace })
  }

  /**
   * Whoever plans a transaction and sends it takes a turn, alone. A turn that a server does not let happen is given
   * back and taken again later, so that one which waits holds up no other. `turn` may throw only before it sends.
   */
  takeTurn<Result>(turn: () => Promise<Result>): Promise<Result> {
    return this.insist(() => this.#turns.take(turn))
  }

  /** Repeats what a server does not answer sensibly: it may be behind, or another one than a moment ago. */
  async insist<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let pauseMs = PAUSE_MIN_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof ServerError)) throw error
        this.trace(error.message)
        await this.connection.pause(pauseMs)
      }
    }
  }

  /** Shows the account's transactions to somebody else, too. */
  add(onlooker: Onlooker): void {
    this.#onlookers.unshift(onlooker)
  }

  /**
   * The account in that ledger; default: the newest that is validated.
   * @throws ServerError where the server does not have that ledger or account; XrplError `unreachable` | `closed`
   */
  async root(ledger?: Head, patienceMs?: number): Promise<AccountRoot> {
    const command = { command: 'account_info', account: this.address }
    const answer = await readValidated(this.connection, command, ledger, patienceMs)
    const data = objectAt(answer, 'account_data')
    const sequence = countAt(data, 'Sequence')
    const balanceDrops = dropsAt(data, 'Balance')
    if (sequence !== undefined && balanceDrops !== undefined) {
      return { sequence, balanceDrops, ownerCount: countAt(data, 'OwnerCount') ?? 0 }
    }
    throw new ServerError('nonsense', 'the answer holds no account')
  }

  /**
   * Whether, by that ledger, all has ended that a process before this one may have left under way. Until then nothing
   * is said to have failed that such a transaction may yet do.
   */
  isSure(ledger: Head): boolean {
    return ledger.index >= this.#firstIndex + LEDGERS_MAX + LAG_LEDGERS
  }

  /** What the account holds beyond the reserve that every account has. */
  async balanceDrops(): Promise<bigint> {
    const { balanceDrops } = await this.root(undefined, this.#patienceMs)
    const beyond = balanceDrops - this.feed.current.reserveBaseDrops
    return beyond > 0n ? beyond : 0n
  }

  /** What gets a transaction into the next ledger, at the moment, or the most that we offer, if that is less. */
  async feeDrops(): Promise<bigint> {
    const drops = objectAt(await this.connection.request({ command: 'fee' }), 'drops')
    const fee = dropsAt(drops, 'open_ledger_fee')
    if (fee === undefined) throw new ServerError('nonsense', 'the answer holds no fee')
    return fee < this.#feeDropsMax ? fee : this.#feeDropsMax
  }

  /** Everything under way ends with `closed`; no timer is left. */
  close(): void {
    this.feed.stop()
    this.connection.close()
  }
}

interface Parts {
  readonly signer: Signer
  readonly connection: Connection
  readonly networkId: number
  readonly trace: (message: string) => void
  readonly patienceMs: number
  readonly options: AccountOptions
}

function checkNetwork(found: number, wanted: number | undefined, origin: string): void {
  if (wanted === undefined || wanted === found) return
  throw new XrplError('wrong-network', `the server at ${origin} is part of network ${found}, not ${wanted}`)
}
