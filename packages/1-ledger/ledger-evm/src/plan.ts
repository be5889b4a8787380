/**
 * What an action asks of the contract, given the channel as one block holds it. Layer 1.
 *
 * Nothing else decides what is sent: after a crash, a lost answer, a displaced transaction or a reorganised
 * chain the same question is asked again of the state that there is, so every action may be repeated.
 */
import type { ChannelState, LedgerAction, LedgerRefusal } from '@hourglass/ledger'
import type { Instant } from '@hourglass/sansio'
import { decodeChannelId } from './channel-id.ts'
import { AMOUNT_MAX } from './claim-scheme.ts'

/** An action that changes the ledger. */
export type ChangingAction = Exclude<LedgerAction, { readonly kind: 'watch' }>

/** A call of the contract, in its words. */
export type ContractCall =
  | {
      readonly name: 'open' | 'topUp'
      /** The channel's deposit in all, afterwards. */
      readonly deposit: bigint
      /** What of it is to be paid now. */
      readonly payment: bigint
    }
  | { readonly name: 'claim'; readonly amount: bigint; readonly signature: Uint8Array }
  | { readonly name: 'requestClose' | 'close' | 'withdraw' }

export type Step =
  /** The action's aim is reached: nothing to do. */
  { readonly kind: 'reached' } | { readonly kind: 'call'; readonly call: ContractCall } | Refused

/** The action has no effect and will have none. */
export interface Refused {
  readonly kind: 'refused'
  readonly refusal: LedgerRefusal
  /** For people. */
  readonly message: string
}

export interface PlanContext {
  /** Our address. */
  readonly account: string
  readonly now: Instant
  readonly verify: (channelId: string, claimKey: string, amount: bigint, signature: Uint8Array) => boolean
}

/** The next step of `action` on the channel `channelId`. `state` is undefined where nobody opened it. */
export function planStep(
  action: ChangingAction,
  channelId: string,
  state: ChannelState | undefined,
  context: PlanContext,
): Step {
  if (action.kind === 'open') return state === undefined ? planOpen(action, channelId, context) : REACHED
  if (state === undefined) return refuse('no such channel', 'no-channel')
  switch (action.kind) {
    case 'fund':
      return planFund(action.deposit, state, context)
    case 'redeem':
      return planRedeem(action.amount, action.signature, state, context)
    case 'request-close':
      return planRequestClose(state, context)
    case 'close':
      return planClose(state, context)
  }
}

/** Whether the channel still shows what `action` was to do, once done. What was done after it is not its concern. */
export function isDone(action: ChangingAction, state: ChannelState): boolean {
  switch (action.kind) {
    case 'open':
      return true
    case 'fund':
      return state.deposit >= action.deposit
    case 'redeem':
      return state.claimed >= action.amount
    case 'request-close':
      return state.closed || state.closesAt !== undefined
    case 'close':
      return state.closed
  }
}

const REACHED: Step = { kind: 'reached' }

function refuse(message: string, refusal: LedgerRefusal = 'refused'): Refused {
  return { kind: 'refused', refusal, message }
}

function planOpen({ deposit }: { deposit: bigint }, channelId: string, { account }: PlanContext): Step {
  if (decodeChannelId(channelId)?.source !== account) return refuse('only its source can open a channel')
  if (deposit <= 0n || deposit > AMOUNT_MAX) return refuse(`a channel cannot hold ${deposit}`)
  return { kind: 'call', call: { name: 'open', deposit, payment: deposit } }
}

function planFund(deposit: bigint, state: ChannelState, { account }: PlanContext): Step {
  if (state.closed) return refuse('the channel is closed')
  if (state.terms.source !== account) return refuse('only its source can fund a channel')
  if (deposit > AMOUNT_MAX) return refuse(`a channel cannot hold ${deposit}`)
  if (deposit <= state.deposit && state.closesAt === undefined) return REACHED
  // A channel that is closing is called even with nothing to add, which cancels the close.
  const target = deposit > state.deposit ? deposit : state.deposit
  return { kind: 'call', call: { name: 'topUp', deposit: target, payment: target - state.deposit } }
}

function planRedeem(
  amount: bigint,
  signature: Uint8Array,
  state: ChannelState,
  { verify }: PlanContext,
): Step {
  if (state.claimed >= amount) return REACHED
  if (state.closed) return refuse('the channel is closed')
  if (amount > state.deposit) return refuse(`the channel holds ${state.deposit}, not ${amount}`)
  if (!verify(state.id, state.terms.claimKey, amount, signature)) return refuse('the claim is not signed')
  return { kind: 'call', call: { name: 'claim', amount, signature } }
}

function planRequestClose(state: ChannelState, { account }: PlanContext): Step {
  if (state.terms.source !== account) return refuse('only its source can ask to close a channel')
  if (state.closed || state.closesAt !== undefined) return REACHED
  return { kind: 'call', call: { name: 'requestClose' } }
}

function planClose(state: ChannelState, { account, now }: PlanContext): Step {
  if (state.closed) return REACHED
  if (state.terms.destination === account) return { kind: 'call', call: { name: 'close' } }
  if (state.terms.source !== account) return refuse('only its parties can close a channel')
  if (state.closesAt === undefined) return refuse('its source has to ask for a close first')
  if (now < state.closesAt) return refuse('too early: the destination still has time to redeem')
  return { kind: 'call', call: { name: 'withdraw' } }
}
