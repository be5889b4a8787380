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
import { now } from '@hourglass/sansio/io'
import { decodeChannelId } from '../channel-id.ts'
import type { EvmClaimScheme } from '../claim-scheme.ts'
import { type ChangingAction, type Refused, type Step, planStep } from '../plan.ts'
import type { Account, Dispatched } from './account.ts'
import type { View } from './chain.ts'
import { type Contract, readStates, revertReason } from './contracts.ts'
import type { Dispatcher, Spent } from './dispatcher.ts'
import { NodeError } from './errors.ts'
import { Turns } from './turns.ts'

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
type Turn =
  | Exclude<Step, { kind: 'call' }>
  | Exclude<Dispatched, Refused>
  /** The contract would refuse what was right a moment ago: plan anew. */
  | { readonly kind: 'again'; readonly reason: string }

/** How often an action is planned anew that the contract does not accept. */
const ATTEMPTS_MAX = 5

export class Actions {
  readonly #options: ActionsOptions
  readonly #turns = new Turns()

  constructor(options: ActionsOptions) {
    this.#options = options
  }

  /** @throws EvmError `closed`; NodeError where a node answers nothing sensible */
  async perform(action: ChangingAction, channelId: string): Promise<Outcome> {
    const spent: Spent = { transaction: undefined, fee: 0n }
    for (let attempt = 1; ; attempt++) {
      const turn = await this.#turns.take(() => this.#takeTurn(action, channelId, spent))
      if (turn.kind === 'refused') return turn
      const failure = turn.kind === 'again' ? turn.reason : await settle(turn, spent)
      if (failure !== undefined) {
        if (attempt === ATTEMPTS_MAX) return { kind: 'refused', refusal: 'refused', message: failure }
        this.#options.again(failure)
        await this.#options.account.heartbeat.next()
      } else {
        const final = await this.#awaitFinal(action, channelId)
        if (final !== undefined) return { kind: 'done', final, spent }
      }
    }
  }

  /** The channel's final state. One that is on the ledger but not yet final is waited for. */
  async find(channelId: string): Promise<Sighting | undefined> {
    for (;;) {
      const view = await this.#options.account.chain.view()
      const state = await this.#read(channelId, view.final)
      if (state !== undefined) return { state, block: view.final }
      if ((await this.#read(channelId, view.latest)) === undefined) return undefined
      await this.#options.account.heartbeat.next()
    }
  }

  async #takeTurn(action: ChangingAction, channelId: string, spent: Spent): Promise<Turn> {
    const view = await this.#options.account.chain.view()
    const step = this.#plan(action, channelId, await this.#read(channelId, view.latest), view)
    if (step.kind !== 'call') return step
    try {
      return await this.#options.dispatcher.dispatch(step.call, decodeChannelId(channelId)!, view, spent)
    } catch (error) {
      if (error instanceof NodeError) return { kind: 'again', reason: revertReason(error) }
      throw error
    }
  }

  /** Waits until the action's aim is reached for good; undefined where the chain went back on it. */
  async #awaitFinal(action: ChangingAction, channelId: string): Promise<Sighting | undefined> {
    for (;;) {
      const view = await this.#options.account.chain.view()
      const state = await this.#read(channelId, view.final)
      if (state !== undefined && this.#plan(action, channelId, state, view).kind === 'reached') {
        return { state, block: view.final }
      }
      const latest = await this.#read(channelId, view.latest)
      if (this.#plan(action, channelId, latest, view).kind !== 'reached') return undefined
      await this.#options.account.heartbeat.next()
    }
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

/** Waits for the end of what was sent and counts its cost; says why it failed, where it did. */
async function settle(
  turn: Exclude<Turn, { kind: 'again' | 'refused' }>,
  spent: Spent,
): Promise<string | undefined> {
  if (turn.kind === 'reached') return undefined
  const ending = await turn.ended
  if (ending.kind === 'displaced') return 'another transaction took its place'
  spent.fee += ending.receipt.fee
  if (!ending.receipt.success) return 'the transaction reverted'
  spent.transaction = ending.receipt.hash
  return undefined
}
