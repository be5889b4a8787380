/** Looks channels up: what they were opened on, what they are, what became of them. Layer 1, io. */
import type { ChannelTerms } from '@hourglass/ledger'
import { decodeChannelId, encodeChannelId } from '../channel-id.ts'
import { countAt, hashAt, objectAt, objectsAt } from '../json.ts'
import { type Creation, changeOf, decodeCreation, decodePayChannel } from '../pay-channel.ts'
import type { Channel } from '../plan.ts'
import { sourceTag } from '../reference.ts'
import type { ValidatedTransaction } from '../transaction.ts'
import type { Connection } from './connection.ts'
import { ServerError } from './errors.ts'
import { checkTransaction } from './hash.ts'
import type { Head } from './head.ts'
import { readEntry, readValidated } from './validated.ts'

export class Channels {
  readonly #connection: Connection
  /** By name, oldest first: what a channel was opened on never changes. */
  readonly #creations = new Map<string, Creation>()
  /** Nor does a closed channel. */
  readonly #closed = new Map<string, Channel>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** What the channel of that name was opened on; undefined where no validated transaction opened it. */
  async creation(channelId: string): Promise<Creation | undefined> {
    const known = this.#creations.get(channelId)
    const id = decodeChannelId(channelId)
    if (known !== undefined || id === undefined) return known
    const transaction = await this.#transaction(id.creation)
    const creation = transaction && decodeCreation(transaction)
    return creation?.id.index === id.index ? this.#rememberCreation(creation) : undefined
  }

  /** The same, as far as it is at hand. */
  known(channelId: string): Creation | undefined {
    return this.#creations.get(channelId)
  }

  /** Keeps at hand what a transaction has shown. */
  remember(channel: Channel): Channel {
    this.#rememberCreation(channel.creation)
    if (channel.closed) keep(this.#closed, channel.creation.id.index, channel)
    return channel
  }

  /**
   * The channel in that ledger, which must not be older than its opening.
   * @throws ServerError `no-history` where it is closed and no server that we reach remembers how
   */
  async read(creation: Creation, ledger: Head): Promise<Channel> {
    const { index } = creation.id
    const known = this.#closed.get(index)
    if (known !== undefined) return known
    const answer = await readEntry(
      this.#connection,
      { command: 'ledger_entry', payment_channel: index },
      ledger,
    )
    if (answer === undefined) return this.#findEnd(creation)
    const entry = decodePayChannel(objectAt(answer, 'node'))
    if (entry === undefined) throw new ServerError('nonsense', 'the answer holds no payment channel')
    return { creation, entry, closed: false }
  }

  /** The open channel of these terms; undefined where there is none in that ledger. */
  async findOpen(terms: ChannelTerms, ledger: Head): Promise<Channel | undefined> {
    const { source, destination, reference } = terms
    const query = { command: 'account_channels', account: source, destination_account: destination }
    for (let marker: unknown; ;) {
      const page = marker === undefined ? query : { ...query, marker }
      const answer = await readValidated(this.#connection, page, ledger)
      for (const item of objectsAt(answer, 'channels')) {
        const index = hashAt(item, 'channel_id')
        if (index === undefined || countAt(item, 'source_tag') !== sourceTag(reference)) continue
        const creation = await this.#findCreation(index, ledger)
        if (creation.terms.reference === reference) return this.read(creation, ledger)
      }
      marker = answer['marker']
      if (marker === undefined) return undefined
    }
  }

  /** Follows the entry's history back, from each transaction to the one before it, to the one that made it. */
  async #findCreation(index: string, ledger: Head): Promise<Creation> {
    for (const [channelId, creation] of this.#creations)
      if (channelId.startsWith(index.toLowerCase())) return creation
    const query = { command: 'ledger_entry', payment_channel: index }
    const answer = await readValidated(this.#connection, query, ledger)
    let hash = hashAt(objectAt(answer, 'node'), 'PreviousTxnID')
    while (hash !== undefined) {
      const transaction = await this.#transaction(hash)
      if (transaction === undefined) break
      const creation = decodeCreation(transaction)
      if (creation?.id.index === index) return this.#rememberCreation(creation)
      hash = previousOf(transaction, index)
    }
    throw new ServerError('no-history', `the server does not remember how the channel ${index} was opened`)
  }

  /** How a channel ended, searched backwards in all that its source did. */
  async #findEnd(creation: Creation): Promise<Channel> {
    const { id, terms, ledgerIndex } = creation
    const query = { command: 'account_tx', account: terms.source, ledger_index_min: -1, ledger_index_max: -1 }
    let hasPassed = false
    for (let marker: unknown; !hasPassed; hasPassed ||= marker === undefined) {
      const page = marker === undefined ? query : { ...query, marker }
      const answer = await this.#connection.request(page)
      for (const item of objectsAt(answer, 'transactions')) {
        const transaction = checkTransaction(item)
        if (transaction === undefined) continue
        const end = changeOf(transaction, id.index)
        if (end?.kind === 'deleted') return this.remember({ creation, entry: end.channel, closed: true })
        hasPassed ||= transaction.ledgerIndex < ledgerIndex
      }
      marker = answer['marker']
    }
    throw new ServerError('no-history', `the server does not remember how the channel ${id.index} ended`)
  }

  #rememberCreation(creation: Creation): Creation {
    keep(this.#creations, encodeChannelId(creation.id), creation)
    return creation
  }

  /** Undefined where the server has no validated transaction of that hash. */
  async #transaction(hash: string): Promise<ValidatedTransaction | undefined> {
    try {
      const answer = await this.#connection.request({ command: 'tx', transaction: hash })
      if (answer['validated'] !== true) return undefined
      const transaction = checkTransaction(answer)
      if (transaction?.hash === hash) return transaction
    } catch (error) {
      if (error instanceof ServerError && error.code === 'txnNotFound') return undefined
      throw error
    }
    throw new ServerError('nonsense', 'the answer is not the transaction that was asked for')
  }
}

function previousOf({ meta }: ValidatedTransaction, index: string): string | undefined {
  for (const node of objectsAt(meta, 'AffectedNodes')) {
    const modified = objectAt(node, 'ModifiedNode')
    if (hashAt(modified, 'LedgerIndex') === index) return hashAt(modified, 'PreviousTxnID')
  }
  return undefined
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (map.size === KEPT_MAX) map.delete(map.keys().next().value!)
  map.set(key, value)
}

/** Channels whose past is kept at hand. */
const KEPT_MAX = 4096
