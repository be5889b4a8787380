/**
 * All validated transactions that concern our account, each once and in order. Layer 1, io.
 *
 * The ledger stream only says that there is something to look at; what it is comes from `account_tx`, from the ledger
 * after the last one that was read on. So lost, doubled and late messages, a connection that broke and a server that
 * changed all come to the same: a longer stretch, read from its beginning.
 */
import { type ValidatedTransaction, orderOf, orderOfLedger } from '../transaction.ts'
import type { Connection } from './connection.ts'
import { ServerError, XrplError } from './errors.ts'
import type { Head } from './head.ts'
import { readHistory } from './history.ts'

export interface FeedOptions {
  readonly account: string
  readonly connection: Connection
  readonly onlookers: readonly Onlooker[]
  readonly trace: (message: string) => void
}

/** Who is shown the account's transactions. */
export interface Onlooker {
  /** Whether it cares at all at the moment. */
  readonly wanted: () => boolean
  readonly seen: (transaction: ValidatedTransaction) => void
  /** Ledgers were passed over, up to that one: no server that we reach remembers them. */
  readonly skipped: (head: Head) => Promise<void>
  /** All transactions up to that ledger were shown. */
  readonly beat: (head: Head) => Promise<void>
}

export class Feed {
  readonly #options: FeedOptions
  /** All up to it was shown. */
  #current: Head
  /** Order of the last transaction that was shown: within the ledgers after `#current`, where reading broke off. */
  #shown: number
  /** Those that we heard of since, the newest last. */
  #heard: Head[] = []
  #beating = false
  #timer: NodeJS.Timeout | undefined
  #waiting: (() => void)[] = []
  #stopped = false

  constructor(head: Head, options: FeedOptions) {
    this.#options = options
    this.#current = head
    this.#shown = orderOfLedger(head.index)
  }

  /** The ledger on which everything is judged: all that led to it was shown. */
  get current(): Head {
    return this.#current
  }

  /** A server tells of a validated ledger. */
  heard(head: Head): void {
    const newest = this.#heard.at(-1) ?? this.#current
    if (head.index === newest.index && head.hash !== newest.hash) {
      this.#options.trace(`the server tells of two different ledgers ${head.index}; the first one counts`)
    }
    if (head.index <= newest.index) return
    if (this.#heard.length === HEARD_MAX) this.#heard.shift()
    this.#heard.push(head)
    void this.#beat()
  }

  /** Resolves when all of a ledger that is newer than `current` now was shown; never after `stop`. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #beat(): Promise<void> {
    if (this.#beating || this.#stopped) return
    clearTimeout(this.#timer)
    this.#beating = true
    try {
      while (this.#heard.length > 0 && !this.#isStopped()) await this.#advance()
    } catch (error) {
      if (error instanceof XrplError && error.code === 'closed') return
      if (!(error instanceof ServerError)) throw error
      this.#options.trace(`account_tx: ${error.message}`)
      if (!this.#isStopped()) this.#timer = setTimeout(() => void this.#beat(), RETRY_MS)
    } finally {
      this.#beating = false
    }
  }

  async #advance(): Promise<void> {
    const { onlookers, trace } = this.#options
    const isWanted = onlookers.some((onlooker) => onlooker.wanted())
    const head = isWanted ? await this.#catchUp() : this.#heard.at(-1)!
    this.#shown = orderOfLedger(head.index)
    this.#current = head
    this.#heard = this.#heard.filter(({ index }) => index > head.index)
    const waiting = this.#waiting
    this.#waiting = []
    for (const onlooker of onlookers) {
      await onlooker.beat(head).catch((error: unknown) => {
        if (!(error instanceof ServerError)) throw error
        trace(error.message)
      })
    }
    for (const resolve of waiting) resolve()
  }

  /** Shows what is new, and says up to which ledger that is. */
  async #catchUp(): Promise<Head> {
    const { onlookers, trace } = this.#options
    const head = await this.#read()
    if (head !== undefined) return head
    const newest = this.#heard.at(-1)!
    trace(`the server does not remember ledger ${this.#current.index + 1}: looking at what came of it`)
    for (const onlooker of onlookers) await onlooker.skipped(newest)
    return newest
  }

  #read(): Promise<Head | undefined> {
    const { account, connection } = this.#options
    return readHistory(connection, account, {
      from: this.#current.index + 1,
      upTo: (last) => this.#newestUpTo(last),
      see: (transaction) => this.#show(transaction),
    })
  }

  /** The newest ledger that the server has read as well as told of. */
  #newestUpTo(index: number): Head {
    const head = this.#heard.findLast((each) => each.index <= index)
    if (head !== undefined) return head
    throw new ServerError('behind', `the server has read up to ledger ${index} only`)
  }

  #show(transaction: ValidatedTransaction): void {
    const order = orderOf(transaction)
    if (order <= this.#shown) return
    this.#shown = order
    for (const onlooker of this.#options.onlookers) onlooker.seen(transaction)
  }

  #isStopped(): boolean {
    return this.#stopped
  }
}

const RETRY_MS = 200
/** Ledgers that we heard of and have not read on to. */
const HEARD_MAX = 1000
