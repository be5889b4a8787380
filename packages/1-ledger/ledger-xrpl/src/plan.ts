/**
 * What an action asks of the ledger, given the channel as one validated ledger holds it. Layer 1.
 *
 * Nothing else decides what is sent: after a crash, a lost answer or a transaction that had no effect the same question
 * is asked again of the state that there is, so every action may be repeated.
 */
import type { LedgerAction, LedgerRefusal } from '@hourglass/ledger'
import { encodeHex } from '@hourglass/oer'
import type { Instant } from '@hourglass/sansio'
import { decodeAddress } from './address.ts'
import { encodeChannelId } from './channel-id.ts'
import { DROPS_MAX } from './claim-scheme.ts'
import { isPublicKey } from './curves.ts'
import type { Fields } from './outbox.ts'
import { type Creation, NATIVE, type PayChannel, endOf } from './pay-channel.ts'
import { encodeReference, isReference } from './reference.ts'

/** An action that changes the ledger. */
export type ChangingAction = Exclude<LedgerAction, { readonly kind: 'watch' }>

/** A channel that exists or existed. */
export interface Channel {
  readonly creation: Creation
  readonly entry: PayChannel
  readonly closed: boolean
}

export type Step =
  /** The action's aim is reached: nothing to do. */
  | { readonly kind: 'reached' }
  | SendStep
  /** The ledger's clock has to move on first. */
  | { readonly kind: 'wait'; readonly reason: string }
  | Refused

export interface SendStep {
  readonly kind: 'send'
  readonly fields: Fields
  /** Drops that the action has yet to escrow. */
  readonly escrows: bigint
  /** Whether the account will own one more object. */
  readonly opens: boolean
}

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
  /** Close time of the ledger that shows the channel so. The next one judges by it. */
  readonly ledgerTime: Instant
  /** Ours, or the ledger's where that is later. */
  readonly now: Instant
  readonly verify: (channelId: string, claimKey: string, amount: bigint, signature: Uint8Array) => boolean
}

/** The next step of `action`. `channel` is undefined where nobody opened it. */
export function planStep(action: ChangingAction, channel: Channel | undefined, context: PlanContext): Step {
  if (action.kind === 'open') return channel === undefined ? planOpen(action, context) : REACHED
  if (channel === undefined) return refuse('no such channel', 'no-channel')
  switch (action.kind) {
    case 'fund':
      return planFund(action.deposit, channel, context)
    case 'redeem':
      return planRedeem(action, channel, context)
    case 'request-close':
      return planRequestClose(channel, context)
    case 'close':
      return planClose(channel, context)
  }
}

/** Whether the channel shows what `action` was to do. What was done after it is not its concern. */
export function isDone(action: ChangingAction, { entry, closed }: Channel): boolean {
  switch (action.kind) {
    case 'open':
      return true
    case 'fund':
      return entry.deposit >= action.deposit && entry.expiresAt === undefined
    case 'redeem':
      return entry.claimed >= action.amount
    case 'request-close':
      return closed || entry.expiresAt !== undefined
    case 'close':
      return closed
  }
}

const REACHED: Step = { kind: 'reached' }
const TF_RENEW = 0x0001_0000
const TF_CLOSE = 0x0002_0000
const SETTLE_DELAY_S_MAX = 2 ** 32 - 1

export function refuse(message: string, refusal: LedgerRefusal = 'refused'): Refused {
  return { kind: 'refused', refusal, message }
}

function send(fields: Fields, money: Partial<Pick<SendStep, 'escrows' | 'opens'>> = {}): SendStep {
  return { kind: 'send', fields, escrows: 0n, opens: false, ...money }
}

function planOpen(action: Extract<ChangingAction, { kind: 'open' }>, { account }: PlanContext): Step {
  const { terms, deposit } = action
  if (terms.source !== account) return refuse('only its source can open a channel')
  if (deposit <= 0n || deposit > DROPS_MAX) return refuse(`a channel cannot hold ${deposit}`)
  const settleDelayS = terms.settleDelayMs / 1000
  const isPossible =
    terms.asset === NATIVE &&
    decodeAddress(terms.destination) !== undefined &&
    terms.destination !== account &&
    isPublicKey(terms.claimKey) &&
    isReference(terms.reference) &&
    Number.isInteger(settleDelayS) &&
    settleDelayS >= 0 &&
    settleDelayS <= SETTLE_DELAY_S_MAX
  if (!isPossible) return refuse('no channel can have these terms')
  const fields = {
    TransactionType: 'PaymentChannelCreate',
    Destination: terms.destination,
    Amount: deposit.toString(),
    SettleDelay: settleDelayS,
    PublicKey: terms.claimKey.toUpperCase(),
    ...encodeReference(terms.reference),
  }
  return send(fields, { escrows: deposit, opens: true })
}

function planFund(deposit: bigint, channel: Channel, context: PlanContext): Step {
  const { entry, creation, closed } = channel
  if (closed) return refuse('the channel is closed')
  if (creation.terms.source !== context.account) return refuse('only its source can fund a channel')
  if (deposit > DROPS_MAX) return refuse(`a channel cannot hold ${deposit}`)
  if (isDone({ kind: 'fund', id: 0, channelId: '', deposit }, channel)) return REACHED
  if (isExpired(entry, context)) return refuse('the channel has expired')
  const lacking = deposit > entry.deposit ? deposit - entry.deposit : 0n
  // The ledger has no word for both. The close goes first: no money is added to a channel that ends.
  if (entry.expiresAt !== undefined) return send(claimFields(channel, TF_RENEW), { escrows: lacking })
  const fields = {
    TransactionType: 'PaymentChannelFund',
    Channel: creation.id.index,
    Amount: lacking.toString(),
  }
  return send(fields, { escrows: lacking })
}

function planRedeem(
  { amount, signature }: Extract<ChangingAction, { kind: 'redeem' }>,
  channel: Channel,
  context: PlanContext,
): Step {
  const { entry, creation, closed } = channel
  const { claimKey, destination } = creation.terms
  if (entry.claimed >= amount) return REACHED
  if (closed) return refuse('the channel is closed')
  if (amount > entry.deposit) return refuse(`the channel holds ${entry.deposit}, not ${amount}`)
  if (!context.verify(encodeChannelId(creation.id), claimKey, amount, signature))
    return refuse('the claim is not signed')
  if (destination !== context.account) return refuse('only its destination can redeem a claim')
  if (isExpired(entry, context)) return refuse('the channel has expired')
  return send({
    ...claimFields(channel),
    Balance: amount.toString(),
    Amount: amount.toString(),
    Signature: encodeHex(signature).toUpperCase(),
    PublicKey: claimKey.toUpperCase(),
  })
}

function planRequestClose(channel: Channel, { account }: PlanContext): Step {
  if (channel.creation.terms.source !== account) return refuse('only its source can ask to close a channel')
  if (channel.closed || channel.entry.expiresAt !== undefined) return REACHED
  return send(claimFields(channel, TF_CLOSE))
}

function planClose(channel: Channel, { account, ledgerTime, now }: PlanContext): Step {
  if (channel.closed) return REACHED
  const { source, destination } = channel.creation.terms
  if (destination === account) return send(claimFields(channel, TF_CLOSE))
  if (source !== account) return refuse('only its parties can close a channel')
  const closesAt = endOf(channel.entry)
  if (closesAt === undefined) return refuse('its source has to ask for a close first')
  if (now < closesAt) return refuse('too early: the destination still has time to redeem')
  // At that very second one version of the ledger closes it, and the other does not.
  if (ledgerTime <= closesAt)
    return { kind: 'wait', reason: 'the ledger’s clock has not reached the end yet' }
  return send(claimFields(channel, TF_CLOSE))
}

/**
 * Whether nothing but its deletion can happen to the channel any more: whoever touches it deletes it, and is told that
 * all went well. At the very second of its end a claim may still be paid, and costs no more than its fee where not.
 */
function isExpired(entry: PayChannel, { ledgerTime }: PlanContext): boolean {
  const closesAt = endOf(entry)
  return closesAt !== undefined && ledgerTime > closesAt
}

function claimFields({ creation }: Channel, flags = 0): Fields {
  return { TransactionType: 'PaymentChannelClaim', Channel: creation.id.index, Flags: flags }
}
