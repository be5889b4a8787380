/**
 * Carries out one action to its end. Layer 1, io.
 *
 *     plan on the newest block --call--> send, wait for a block --> wait until final --> plan on final block
 *       |       ^                                                                          |        |
 *       |       +------------- displaced, reverted or reorganised: not reached ------------+        |
 *     refused                                                                                    reached
 *
 * To plan and send is one turn, and turns are taken one after another: each plan knows what all earlier ones
 * did, so nothing is sent twice, and no two transactions want the same allowance.
 */
import type { ChannelState } from '@hourglass/ledger'
import { Turns } from '@hourglass/ledger/io'
import { now } from '@hourglass/sansio/io'
import { decodeChannelId } from '../channel-id.ts'
import type { EvmClaimScheme } from '../claim-scheme.ts'
import { type ChangingAction, type Refused, type Step, isDone, planStep } from '../plan.ts'
import type { Account, Dispatched } from './account.ts'
import type { View } from './chain.ts'
import { type Contract, readStates, revertReason } from './contracts.ts'
import type { Dispatcher, Spent } from './dispatcher.ts'
import { NodeError } from './errors.ts'
import type { Ending } from './sender.ts'

export interface ActionsOptions {
  readonly account: Account
  readonly contract: Contract
  readonly scheme: EvmClaimScheme
  readonly dispatcher: Dispatcher
  /** Tells people why an action is tried again. */
  readonly again: (reason: string) => void
}

/** A channel in one block. */
export interface Sighting {
  readonly state: ChannelState
  readonly block: number
}

export type Outcome = { readonly kind: 'done'; readonly final: Sighting; readonly spent: Spent } | Refused

/** What a turn came to. */
type Turn = Dispatched | Reached | Again

/** The aim is reached, if only in this block. */
interface Reached {
  readonly kind: 'reached'
  readonly block: number
}

/** The chain does not accept what was right a moment ago: plan anew. */
interface Again {
  readonly kind: 'again'
  readonly reason: string
}

/** How often the contract may refuse what is right by the newest block, or others may take a nonce. */
const FAILURES_MAX = 5

/** The contract's word for a close before its time. */
const TOO_EARLY = 'TooEarly'

export class Actions {
  readonly #options: ActionsOptions
  readonly #turns = new Turns()

  constructor(options: ActionsOptions) {
    this.#options = options
  }

  /** @throws EvmError `closed` */
  async perform(action: ChangingAction, channelId: string): Promise<Outcome> {
    const spent: Spent = { transaction: undefined, fee: 0n }
    for (let failures = 0; ;) {
      const turn = await this.#turns.take(() => this.#insist(() => this.#takeTurn(action, channelId, spent)))
      if (turn.kind === 'refused') return turn
      const end = turn.kind === 'sent' ? await settle(turn.ended, spent) : turn
      if (end.kind === 'again') {
        // The chain's clock may be behind ours: that passes.
        if (end.reason !== TOO_EARLY) failures++
        if (failures === FAILURES_MAX) return { kind: 'refused', refusal: 'refused', message: end.reason }
        await this.#tryLater(end.reason)
      } else {
        const final = await this.#insist(() => this.#awaitFinal(action, channelId, end.block))
        if (final !== undefined) return { kind: 'done', final, spent }
      }
    }
  }

  /** The channel's final state. One that is on the ledger but not yet final is waited for. */
  find(channelId: string): Promise<Sighting | undefined> {
    return this.#insist(async () => {
      for (;;) {
        const view = await this.#options.account.chain.view()
        const state = await this.#read(channelId, view.final)
        if (state !== undefined) return { state, block: view.final }
        if ((await this.#read(channelId, view.latest)) === undefined) return undefined
        await this.#options.account.heartbeat.next()
      }
    })
  }

  async #takeTurn(action: ChangingAction, channelId: string, spent: Spent): Promise<Turn> {
    const view = await this.#options.account.chain.view()
    const step = this.#plan(action, channelId, await this.#read(channelId, view.latest), view)
    if (step.kind === 'refused') return step
    if (step.kind === 'reached') return { kind: 'reached', block: view.latest }
    try {
      return await this.#options.dispatcher.dispatch(step.call, decodeChannelId(channelId)!, view, spent)
    } catch (error) {
      if (error instanceof NodeError) return { kind: 'again', reason: revertReason(error) }
      throw error
    }
  }

  /**
   * Waits until the action's aim, reached in `block`, is reached for good; undefined where the chain went back
   * on it. What others do to the channel meanwhile is not its concern: it is done all the same.
   */
  async #awaitFinal(action: ChangingAction, channelId: string, block: number): Promise<Sighting | undefined> {
    for (;;) {
      const view = await this.#options.account.chain.view()
      const state = await this.#read(channelId, view.final)
      const isReached = this.#plan(action, channelId, state, view).kind === 'reached'
      if (state !== undefined && (isReached || (view.final >= block && isDone(action, state)))) {
        return { state, block: view.final }
      }
      const latest = await this.#read(channelId, view.latest)
      if (latest === undefined || !isDone(action, latest)) return undefined
      await this.#options.account.heartbeat.next()
    }
  }

  /** Repeats what a node does not answer sensibly: it may be behind, or another one than a moment ago. */
  async #insist<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof NodeError)) throw error
        await this.#tryLater(error.message)
      }
    }
  }

  #tryLater(reason: string): Promise<void> {
    this.#options.again(reason)
    return this.#options.account.heartbeat.next()
  }

  #plan(action: ChangingAction, channelId: string, state: ChannelState | undefined, view: View): Step {
    const { account, scheme } = this.#options
    return planStep(action, channelId, state, {
      account: account.address,
      now: Math.max(view.time, now()),
      verify: (...claim) => scheme.verify(...claim),
    })
  }

  async #read(channelId: string, block: number): Promise<ChannelState | undefined> {
    const { account, contract } = this.#options
    const [state] = await readStates(account.chain, contract, [channelId], block)
    return state
  }
}

/** Waits for the end of what was sent, and counts its cost. */
async function settle(ended: Promise<Ending>, spent: Spent): Promise<Reached | Again> {
  const ending = await ended
  if (ending.kind === 'displaced') return { kind: 'again', reason: 'another transaction took its place' }
  const { fee, success, hash, blockNumber } = ending.receipt
  spent.fee += fee
  if (!success) return { kind: 'again', reason: 'the transaction reverted' }
  spent.transaction = hash
  return { kind: 'reached', block: blockNumber }
}
