/**
 * What we are paid: claims of the peer on its channels, checked, kept and redeemed. Layer 2.
 *
 * A claim counts when the ledger holds its channel for final, the channel pays us on terms that we accept, the
 * amount rises and is covered, the signature fits, and the claim is durable here; then it is answered and told.
 * A claim that the ledger does not bear out yet waits a moment, since our view of it may lag behind the peer's.
 */
import type { ChannelState } from '@hourglass/ledger'
import type { Instant } from '@hourglass/sansio'
import type { ChannelOptions, Effects } from './options.ts'
import { type IncomingRecord, encodeIncoming, encodeReceived, incomingKey } from './records.ts'
import { Scales } from './scales.ts'
import { type ClaimRefusal, encodeAnswer } from './wire/answer.ts'
import type { Claim } from './wire/claim.ts'

/** Open channels of one peer that we keep claims of; one is enough, but a peer may have lost its store. */
export const INCOMING_CHANNELS_MAX = 8
/** How long a claim waits for the ledger to bear it out. */
const CLAIM_WAIT_MS = 5000
/** A redeem that the ledger refused is tried again after that long. */
const REDEEM_RETRY_MS = 15_000

/** A channel of the peer that we hold a claim on. */
interface Channel {
  record: IncomingRecord
  /** Undefined after a restart, until the ledger has told. */
  state: ChannelState | undefined
  isRedeeming: boolean
  retryAt: Instant | undefined
  /** Redeem what is held, whatever the threshold. */
  isWanted: boolean
}

/** A claim that is being checked. */
interface Waiting {
  readonly claim: Claim
  readonly requestId: number
  readonly until: Instant
}

export class Incoming {
  readonly #options: ChannelOptions
  readonly #effects: Effects
  readonly #scales: Scales
  readonly #channels = new Map<string, Channel>()
  /** Received over channels that are closed by now, in base units of the ledger. */
  #closedTotal = 0n
  #waiting: Waiting | undefined
  /** The newest state of the channel that a waiting claim names. */
  #candidate: ChannelState | undefined
  #isCommitting = false

  constructor(options: ChannelOptions, effects: Effects) {
    this.#options = options
    this.#effects = effects
    this.#scales = new Scales(options.accountScale, options.ledgerScale)
  }

  restore(closedTotal: bigint, records: readonly IncomingRecord[]): void {
    this.#closedTotal = closedTotal
    for (const record of records) {
      const { channelId } = record.claim
      this.#channels.set(channelId, newChannel(record, undefined))
      this.#watch(channelId)
    }
    if (this.#total() > 0n) this.#tell('restored')
  }

  /** The newest claim that we hold, for the peer to go on from. */
  newest(): Claim | undefined {
    return [...this.#channels.values()].at(-1)?.record.claim
  }

  /** The peer's claim; `requestId` is answered once, now or when the ledger has borne it out. */
  take(requestId: number, claim: Claim): void {
    if (this.#waiting !== undefined) this.#refuse(this.#waiting, 'busy')
    this.#waiting = { requestId, claim, until: this.#effects.now + CLAIM_WAIT_MS }
    const known = this.#channels.get(claim.channelId)
    if (known?.state === undefined || claim.amount > known.state.deposit) {
      this.#candidate = undefined
      this.#watch(claim.channelId)
    }
    this.#judge()
  }

  /** A channel as the ledger now holds it. */
  observe(state: ChannelState): void {
    const channel = this.#channels.get(state.id)
    if (channel !== undefined) {
      channel.state = state
      if (state.closed) return this.#retire(channel)
      this.#redeem(channel)
    } else if (state.id === this.#waiting?.claim.channelId) {
      this.#candidate = state
    }
    this.#judge()
  }

  collect(): void {
    for (const channel of this.#channels.values()) {
      channel.isWanted = true
      this.#redeem(channel)
    }
  }

  nextTimeout(): Instant | undefined {
    const times = [this.#waiting?.until, ...[...this.#channels.values()].map(({ retryAt }) => retryAt)]
    const set = times.filter((time) => time !== undefined)
    return set.length === 0 ? undefined : Math.min(...set)
  }

  timeout(): void {
    const { now } = this.#effects
    for (const channel of this.#channels.values()) {
      if (channel.retryAt === undefined || channel.retryAt > now) continue
      channel.retryAt = undefined
      this.#redeem(channel)
    }
    const waiting = this.#waiting
    if (waiting !== undefined && waiting.until <= now && !this.#isCommitting) {
      const { claim } = waiting
      const state = this.#channels.get(claim.channelId)?.state ?? this.#candidate
      this.#refuse(waiting, state === undefined ? 'unknown-channel' : 'over-deposit')
    }
  }

  /** Decides on the waiting claim, where the ledger has said enough. */
  #judge(): void {
    const waiting = this.#waiting
    if (waiting === undefined || this.#isCommitting) return
    const { claim } = waiting
    const channel = this.#channels.get(claim.channelId)
    // A claim that adds nothing is answered with what we hold: it was lost on the way, or sent twice.
    if (channel !== undefined && claim.amount <= channel.record.claim.amount) {
      return this.#answer(waiting, channel.record.claim.amount)
    }
    const state = channel?.state ?? this.#candidate
    if (state === undefined) return
    const refusal = this.#refusalOf(claim, state, channel === undefined)
    if (refusal === 'over-deposit') return // Maybe the ledger will tell of a deposit yet.
    if (refusal !== undefined) return this.#refuse(waiting, refusal)
    this.#keep(waiting, state, channel)
  }

  #refusalOf(
    { channelId, amount, signature }: Claim,
    state: ChannelState,
    isNew: boolean,
  ): ClaimRefusal | undefined {
    const { ledgerAccount, asset, settleDelayMsMin, scheme } = this.#options
    const { terms } = state
    if (terms.destination !== ledgerAccount || terms.asset !== asset) return 'bad-terms'
    if (terms.settleDelayMs < settleDelayMsMin) return 'bad-terms'
    if (state.closed || state.closesAt !== undefined) return 'closing'
    if (isNew && this.#channels.size >= INCOMING_CHANNELS_MAX) return 'busy'
    if (!scheme.verify(channelId, terms.claimKey, amount, signature)) return 'bad-signature'
    return amount > state.deposit ? 'over-deposit' : undefined
  }

  /** Makes the claim durable, then answers it and tells what came in. */
  #keep(waiting: Waiting, state: ChannelState, known: Channel | undefined): void {
    const { claim } = waiting
    const record: IncomingRecord = { claim, start: known?.record.start ?? state.claimed }
    this.#waiting = undefined // The next claim may come meanwhile, and waits for its turn.
    this.#isCommitting = true
    this.#effects.commit([encodeIncoming(this.#options.account, record)], () => {
      const channel = known ?? newChannel(record, state)
      channel.record = record
      this.#channels.set(claim.channelId, channel)
      this.#effects.trace('channel.claim-received', { channelId: claim.channelId, amount: claim.amount })
      this.#tell(`${claim.channelId}:${claim.amount}`)
      this.#answer(waiting, claim.amount)
      this.#redeem(channel)
      this.#committed()
    })
  }

  /** Goes on with what had to wait for a commit. */
  #committed(): void {
    this.#isCommitting = false
    for (const channel of this.#channels.values()) {
      if (channel.state?.closed === true) return this.#retire(channel)
    }
    this.#judge()
  }

  #answer(waiting: Waiting, amount: bigint): void {
    if (this.#waiting === waiting) this.#waiting = undefined
    const body = encodeAnswer({ refusal: undefined, amount })
    this.#effects.emit({ kind: 'reply', id: waiting.requestId, body })
  }

  #refuse(waiting: Waiting, refusal: ClaimRefusal): void {
    if (this.#waiting === waiting) this.#waiting = undefined
    const { channelId, amount } = waiting.claim
    const held = this.#channels.get(channelId)?.record.claim.amount ?? 0n
    this.#effects.trace('channel.refused', { by: 'us', channelId, amount, message: refusal })
    this.#effects.emit({
      kind: 'reply',
      id: waiting.requestId,
      body: encodeAnswer({ refusal, amount: held }),
    })
  }

  #total(): bigint {
    let total = this.#closedTotal
    for (const { record } of this.#channels.values()) total += worthOf(record)
    return total
  }

  #tell(reference: string): void {
    this.#effects.emit({ kind: 'received', total: this.#scales.toAccount(this.#total()), reference })
  }

  #watch(channelId: string): void {
    this.#effects.perform({ kind: 'watch', channelId }, (end) => {
      const waiting = this.#waiting
      if (end.kind === 'failed' && waiting?.claim.channelId === channelId)
        this.#refuse(waiting, 'unknown-channel')
    })
  }

  /** Takes what is held, where that is due: enough of it, asked for, or in danger because its source closes. */
  #redeem(channel: Channel): void {
    const { state, record } = channel
    if (state === undefined || state.closed || channel.isRedeeming || channel.retryAt !== undefined) return
    const { channelId, amount, signature } = record.claim
    const unredeemed = amount - state.claimed
    const { redeemThreshold } = this.#options
    const isDue = redeemThreshold !== undefined && unredeemed >= redeemThreshold
    if (unredeemed <= 0n || !(isDue || channel.isWanted || state.closesAt !== undefined)) return
    channel.isRedeeming = true
    channel.isWanted = false
    this.#effects.trace('channel.redeeming', { channelId, amount })
    this.#effects.perform({ kind: 'redeem', channelId, amount, signature }, (end) => {
      channel.isRedeeming = false
      if (end.kind === 'failed') {
        this.#effects.trace('channel.refused', { by: 'ledger', action: 'redeem', message: end.message })
        channel.isWanted = true
        channel.retryAt = this.#effects.now + REDEEM_RETRY_MS
        return
      }
      const { transaction = '', fee } = end
      this.#effects.trace('channel.redeemed', { channelId, amount, transaction, fee })
      this.#redeem(channel)
    })
  }

  /** A closed channel takes no more claims: what came in over it is kept as one sum. */
  #retire(channel: Channel): void {
    const { record } = channel
    const { channelId } = record.claim
    if (this.#isCommitting) return // `#committed` comes back to it.
    const { account } = this.#options
    const closedTotal = this.#closedTotal + worthOf(record)
    this.#isCommitting = true
    const records = [
      encodeReceived(account, closedTotal),
      { key: incomingKey(account, channelId), value: undefined },
    ]
    this.#effects.commit(records, () => {
      this.#closedTotal = closedTotal
      this.#channels.delete(channelId)
      this.#effects.trace('channel.closed', { channelId, amount: record.claim.amount })
      this.#committed()
    })
  }
}

function newChannel(record: IncomingRecord, state: ChannelState | undefined): Channel {
  return { record, state, isRedeeming: false, retryAt: undefined, isWanted: false }
}

/** What a channel has brought us since we know it. */
function worthOf({ claim, start }: IncomingRecord): bigint {
  return claim.amount > start ? claim.amount - start : 0n
}
