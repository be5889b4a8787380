/**
 * Carries an action from its plan to its end. Layer 1, io.
 *
 *     plan --send--> in a validated ledger, aim reached --------------> done
 *     ^ |  |         | no effect, or another than that
 *     | |  |         v
 *     +-|--|--- plan anew; what the ledger refused once is not sent again
 *       |  +reached, refused
 *       +wait for the ledger's clock
 *
 * To plan, send and hear of the end is one turn, and turns are taken one after another: each plan is made on a ledger
 * in which all earlier ones have ended.
 */
import { now } from '@hourglass/sansio/io'
import type { XrplClaimScheme } from '../claim-scheme.ts'
import { changeOf, decodeCreation } from '../pay-channel.ts'
import {
  type Channel,
  type ChangingAction,
  type Refused,
  type SendStep,
  type Step,
  isDone,
  planStep,
  refuse,
} from '../plan.ts'
import { type AccountRoot, lackingOf } from '../reserve.ts'
import { isHopeless, meaningOf } from '../results.ts'
import { type ValidatedTransaction, orderOf, orderOfLedger } from '../transaction.ts'
import type { Account } from './account.ts'
import type { Channels } from './channels.ts'
import { ServerError } from './errors.ts'
import type { Head } from './head.ts'

/** A channel at one moment of the ledger. */
export interface Sighting {
  readonly channel: Channel
  /** See `orderOf`. */
  readonly order: number
}

/** What an action has cost so far. */
export interface Spent {
  /** Its last transaction. */
  transaction: string | undefined
  /** Drops, of all of them. */
  fee: bigint
}

export type Outcome = { readonly kind: 'done'; readonly final: Sighting; readonly spent: Spent } | Refused

/** One action on its way. */
interface Work {
  readonly action: ChangingAction
  readonly spent: Spent
  /** Why the ledger did not do what was sent last. */
  failure: Refused | undefined
  /** Transactions that went well and changed nothing. */
  fruitless: number
}

type Turn =
  | { readonly kind: 'done'; readonly final: Sighting }
  | Refused
  /** In the next ledger, or at once. */
  | { readonly kind: 'wait' | 'again'; readonly reason: string }

/** Transactions that went well without an effect, one after another: more are not tried. */
const FRUITLESS_MAX = 3
const SUCCESS = 'tesSUCCESS'
/** Looks at the ledger, one each, before a channel of which somebody told us is said not to be there. */
const LOOKS_MAX = 3
/** No server remembers: to ask again is of no use. */
const FORGOTTEN = 'forgotten'

const refusalOf = (result: string): Refused => ({ kind: 'refused', ...meaningOf(result) })

export class Actions {
  readonly #account: Account
  readonly #channels: Channels
  readonly #scheme: XrplClaimScheme

  constructor(account: Account, channels: Channels, scheme: XrplClaimScheme) {
    this.#account = account
    this.#channels = channels
    this.#scheme = scheme
  }

  /** @throws XrplError `closed` */
  async perform(action: ChangingAction): Promise<Outcome> {
    const work: Work = {
      action,
      spent: { transaction: undefined, fee: 0n },
      failure: undefined,
      fruitless: 0,
    }
    for (;;) {
      const turn = await this.#account.takeTurn(() => this.#takeTurn(work))
      if (turn.kind === 'done') return { ...turn, spent: work.spent }
      if (turn.kind === 'refused') return turn
      this.#account.trace(`${action.kind} is tried again: ${turn.reason}`)
      if (turn.kind === 'wait') await this.#account.feed.next()
    }
  }

  /** The channel's state. One that is only about to be validated is waited for. @throws XrplError `closed` */
  async find(channelId: string): Promise<Outcome> {
    const spent: Spent = { transaction: undefined, fee: 0n }
    for (let looks = 1; looks <= LOOKS_MAX; looks++) {
      if (looks > 1) await this.#account.feed.next()
      const final = await this.#account.insist(() => this.#look(channelId))
      if (final === FORGOTTEN) return refuse('no server that we reach remembers that channel', 'no-channel')
      if (final !== undefined) return { kind: 'done', final, spent }
    }
    return refuse('no validated transaction opened that channel', 'no-channel')
  }

  async #look(channelId: string): Promise<Sighting | typeof FORGOTTEN | undefined> {
    const ledger = this.#account.feed.current
    try {
      const channel = await this.#read(channelId, ledger)
      return channel && { channel, order: orderOfLedger(ledger.index) }
    } catch (error) {
      if (error instanceof ServerError && error.code === 'no-history') return FORGOTTEN
      throw error
    }
  }

  async #takeTurn(work: Work): Promise<Turn> {
    const { action } = work
    const ledger = this.#account.feed.current
    const impossible = action.kind === 'open' ? this.#plan(action, undefined, ledger) : undefined
    if (impossible?.kind === 'refused') return impossible
    const [channel, root] = await Promise.all([
      action.kind === 'open'
        ? this.#channels.findOpen(action.terms, ledger)
        : this.#read(action.channelId, ledger),
      this.#account.root(ledger),
    ])
    const step = this.#plan(action, channel, ledger)
    switch (step.kind) {
      case 'reached':
        return { kind: 'done', final: { channel: channel!, order: orderOfLedger(ledger.index) } }
      case 'refused':
      case 'wait':
        return step
      case 'send':
        return work.failure ?? this.#send(step, work, root, ledger)
    }
  }

  async #send(step: SendStep, work: Work, root: AccountRoot, ledger: Head): Promise<Turn> {
    const feeDrops = await this.#account.feeDrops()
    const lacking = lackingOf(step, root, ledger, feeDrops)
    if (lacking !== undefined)
      return this.#account.isSure(ledger) ? lacking : { kind: 'wait', reason: lacking.message }
    const ending = await this.#account.sender.send({
      fields: step.fields,
      sequence: root.sequence,
      ledgerIndex: ledger.index,
      feeDrops,
    })
    if (ending.kind === 'final') return this.#judge(ending.transaction, work)
    const { answer } = ending
    if (answer !== undefined && isHopeless(answer)) work.failure = refusalOf(answer)
    return { kind: 'again', reason: answer ?? 'no ledger took the transaction' }
  }

  /** A transaction is in a validated ledger: that alone does not say that the aim is reached. */
  #judge(transaction: ValidatedTransaction, work: Work): Turn {
    const { action, spent } = work
    const { hash, result, feeDrops } = transaction
    spent.fee += feeDrops
    if (result !== SUCCESS) {
      work.failure = refusalOf(result)
      return { kind: 'again', reason: result }
    }
    spent.transaction = hash
    const channel = this.#effect(action, transaction)
    if (channel !== undefined && isDone(action, channel)) {
      return { kind: 'done', final: { channel, order: orderOf(transaction) } }
    }
    if (++work.fruitless === FRUITLESS_MAX) work.failure = refuse('what the ledger takes has no effect')
    return { kind: 'again', reason: 'the aim is not reached yet' }
  }

  /** The action's channel after the transaction. */
  #effect(action: ChangingAction, transaction: ValidatedTransaction): Channel | undefined {
    const creation =
      action.kind === 'open' ? decodeCreation(transaction) : this.#channels.known(action.channelId)
    const change = creation && changeOf(transaction, creation.id.index)
    if (creation === undefined || change === undefined) return undefined
    const channel = { creation, entry: change.channel, closed: change.kind === 'deleted' }
    this.#channels.remember(channel)
    return channel
  }

  #plan(action: ChangingAction, channel: Channel | undefined, ledger: Head): Step {
    return planStep(action, channel, {
      account: this.#account.address,
      ledgerTime: ledger.time,
      now: Math.max(ledger.time, now()),
      verify: (...claim) => this.#scheme.verify(...claim),
    })
  }

  /** Undefined where there is no such channel in that ledger, or not yet. */
  async #read(channelId: string, ledger: Head): Promise<Channel | undefined> {
    const creation = await this.#channels.creation(channelId)
    if (creation === undefined || creation.ledgerIndex > ledger.index) return undefined
    return this.#channels.read(creation, ledger)
  }
}
