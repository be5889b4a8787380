/**
 * What we are paid: claims of the peer on its channels, checked, kept and redeemed. Layer 2.
 *
 *   claim → adds nothing? ──→ answered with what we hold
 *         → worthless? ─────→ refused
 *         → not borne out by the ledger yet: looked up, waits a moment → judged again
 *         → good → durable → told as received, answered → redeemed where that is due
 *
 * A claim counts when the ledger holds its channel for final, the channel pays us for this account on terms that we
 * accept, nobody has asked to close it, the amount rises and is covered, and the signature fits (SEC-34, HTLA-07).
 * One claim is judged at a time; a newer one takes the place of one that waits.
 */
import type { JournalRecord } from '@hourglass/journal'
import type { ChannelState } from '@hourglass/ledger'
import { earliest } from '@hourglass/link'
import type { Instant } from '@hourglass/sansio'
import type { Effects } from './effects.ts'
import type { LedgerView } from './ledger-view.ts'
import { type ChannelOptions, referencePrefixOf, settleDelayBounds } from './options.ts'
import { type IncomingRecord, encodeIncoming, encodeReceived, incomingKey } from './records.ts'
import { Redeemer } from './redeemer.ts'
import { Scales } from './scales.ts'
import { type ClaimRefusal, encodeAnswer } from './wire/answer.ts'
import type { Claim } from './wire/claim.ts'

/** Open channels of one peer that we keep claims of; one is enough, but a peer may have lost its store. */
export const OPEN_CHANNELS_MAX = 8
/** Closed channels whose claims we still tell the peer of; older ones are kept as one sum. */
export const CLOSED_CHANNELS_MAX = 8
/** How long a claim waits for the ledger to bear it out. */
const CLAIM_WAIT_MS = 5000

/** A channel of the peer that we hold a claim on. */
interface Channel {
  /** As it is in the journal. */
  record: IncomingRecord
  readonly redeemer: Redeemer
}

/** A claim that is being judged. */
interface Waiting {
  readonly claim: Claim
  readonly requestId: number
  /** From then on it is refused where the ledger still does not bear it out. */
  until: Instant
  hasLooked: boolean
}

export class Incoming {
  readonly #options: ChannelOptions
  readonly #referencePrefix: string
  readonly #effects: Effects
  readonly #view: LedgerView
  readonly #scales: Scales
  readonly #channels = new Map<string, Channel>()
  /** Received over channels whose records are gone, in base units of the ledger. */
  #foldedTotal = 0n
  #waiting: Waiting | undefined
  #isCommitting = false
  #isLooking = false
  #isEnded = false

  constructor(options: ChannelOptions, effects: Effects, view: LedgerView) {
    this.#options = options
    this.#referencePrefix = referencePrefixOf(options)
    this.#effects = effects
    this.#view = view
    this.#scales = new Scales(options.accountScale, options.ledgerScale)
  }

  restore(foldedTotal: bigint, records: readonly IncomingRecord[]): void {
    this.#foldedTotal = foldedTotal
    for (const record of records) {
      this.#channels.set(record.claim.channelId, this.#newChannel(record))
      if (!record.isClosed) this.#view.keep(record.claim.channelId)
    }
    if (this.#total() > 0n) this.#tell('restored')
  }

  /** The newest durable claim on each channel, for the peer to go on from. */
  held(): Claim[] {
    return [...this.#channels.values()].map(({ record }) => record.claim)
  }

  /** The peer's claim; `requestId` is answered once, now or when the ledger has borne it out. */
  take(requestId: number, claim: Claim): void {
    if (this.#waiting !== undefined) this.#refuse(this.#waiting, 'busy')
    this.#waiting = { requestId, claim, until: this.#effects.now + CLAIM_WAIT_MS, hasLooked: false }
    this.#advance()
  }

  /** The ledger has told of a channel. */
  observe(channelId: string): void {
    const channel = this.#channels.get(channelId)
    if (channel !== undefined) this.#redeem(channel)
    this.#advance()
  }

  collect(): void {
    for (const channel of this.#channels.values()) {
      channel.redeemer.want()
      this.#redeem(channel)
    }
  }

  /** What is held is redeemed, and its channels are closed; no claim is taken any more. */
  end(): void {
    this.#isEnded = true
    this.#letGo()
    this.#advance()
  }

  nextTimeout(): Instant | undefined {
    const pauses = Array.from(this.#channels.values(), ({ redeemer }) => redeemer.nextTimeout())
    return earliest([this.#isCommitting ? undefined : this.#waiting?.until, ...pauses])
  }

  timeout(): void {
    for (const channel of this.#channels.values()) {
      channel.redeemer.timeout()
      this.#redeem(channel)
    }
    this.#advance()
  }

  #newChannel(record: IncomingRecord): Channel {
    return { record, redeemer: new Redeemer(this.#options, this.#effects) }
  }

  /** One commit at a time: first what the ledger has closed, then the claim that waits. */
  #advance(): void {
    if (this.#isCommitting) return
    for (const channel of this.#channels.values()) {
      const { isClosed, claim } = channel.record
      const state = isClosed ? undefined : this.#view.state(claim.channelId)
      if (state?.closed === true) return this.#close(channel, state)
    }
    if (this.#waiting !== undefined) this.#judge(this.#waiting)
  }

  #judge(waiting: Waiting): void {
    const { claim } = waiting
    const channel = this.#channels.get(claim.channelId)
    const state = this.#view.state(claim.channelId)
    const held = channel?.record.claim.amount ?? state?.claimed
    // A claim that adds nothing was lost on its way, or sent twice: the source shall know that we have as much.
    if (held !== undefined && claim.amount <= held) return this.#answer(waiting, held)
    const refusal = this.#refusalOf(claim, channel, state)
    if (refusal === undefined) return this.#keep(waiting, channel, state!)
    const isEarly = refusal === 'unknown-channel' || refusal === 'over-deposit'
    if (isEarly && this.#effects.now < waiting.until) this.#look(waiting)
    else this.#refuse(waiting, refusal)
  }

  #refusalOf(claim: Claim, channel?: Channel, state?: ChannelState): ClaimRefusal | undefined {
    if (this.#isEnded || channel?.record.isClosed === true) return 'closing'
    if (state === undefined) return this.#view.isFull(claim.channelId) ? 'busy' : 'unknown-channel'
    const { ledgerAccount, asset, scheme } = this.#options
    const { terms } = state
    if (terms.destination !== ledgerAccount || terms.asset !== asset) return 'bad-terms'
    if (!terms.reference.startsWith(this.#referencePrefix)) return 'bad-terms'
    const { min, max } = settleDelayBounds(this.#options)
    if (terms.settleDelayMs < min || terms.settleDelayMs > max) return 'bad-terms' // HTLA-11
    if (state.closed || state.closesAt !== undefined) return 'closing'
    if (channel === undefined && this.#openChannels() >= OPEN_CHANNELS_MAX) return 'busy'
    const { channelId, amount, signature } = claim
    if (!scheme.verify(channelId, terms.claimKey, amount, signature)) return 'bad-signature'
    return amount > state.deposit ? 'over-deposit' : undefined
  }

  #openChannels(): number {
    return [...this.#channels.values()].filter(({ record }) => !record.isClosed).length
  }

  /** Has the ledger say what it holds now: the peer's view may be ahead of ours. One look at a time. */
  #look(waiting: Waiting): void {
    if (waiting.hasLooked || this.#isLooking) return
    waiting.hasLooked = true
    this.#isLooking = true
    this.#view.look(waiting.claim.channelId, (message) => {
      this.#isLooking = false
      if (message !== undefined) waiting.until = this.#effects.now // It knows no such channel.
      this.#advance()
    })
  }

  /** Makes the claim durable, then answers it and tells what came in (HTLA-08, HTLA-09). */
  #keep(waiting: Waiting, known: Channel | undefined, state: ChannelState): void {
    const { claim, requestId } = waiting
    const isAllPaid = known === undefined || known.record.claim.amount <= state.claimed
    const since = isAllPaid ? this.#effects.now : known.redeemer.since(known.record)
    const start = known?.record.start ?? state.claimed
    const record: IncomingRecord = { claim, start, isClosed: false, since }
    this.#waiting = undefined // The next claim may come meanwhile, and waits for its turn.
    this.#write([encodeIncoming(this.#options.account, record)], () => {
      const channel = known ?? this.#newChannel(record)
      const added = claim.amount - (known?.record.claim.amount ?? record.start)
      channel.record = record
      const { channelId, amount } = claim
      this.#channels.set(channelId, channel)
      this.#effects.trace('channel.claim-received', { channelId, amount, added, deposit: state.deposit })
      this.#tell(`${channelId}:${amount}`)
      this.#answer({ requestId }, amount)
      this.#redeem(channel)
    })
  }

  #answer({ requestId: id }: Pick<Waiting, 'requestId'>, amount: bigint): void {
    if (this.#waiting?.requestId === id) this.#waiting = undefined
    this.#effects.emit({ kind: 'reply', id, body: encodeAnswer({ refusal: undefined, amount }) })
  }

  #refuse(waiting: Waiting, refusal: ClaimRefusal): void {
    if (this.#waiting === waiting) this.#waiting = undefined
    const { channelId, amount } = waiting.claim
    const held = this.#channels.get(channelId)?.record.claim.amount ?? 0n
    this.#effects.trace('channel.refused', {
      by: 'us',
      action: 'claim',
      channelId,
      amount,
      held,
      message: refusal,
    })
    const body = encodeAnswer({ refusal, amount: held })
    this.#effects.emit({ kind: 'reply', id: waiting.requestId, body })
  }

  #total(): bigint {
    let total = this.#foldedTotal
    for (const { record } of this.#channels.values()) total += worthOf(record)
    return total
  }

  #tell(reference: string): void {
    this.#effects.emit({ kind: 'received', total: this.#scales.toAccount(this.#total()), reference })
  }

  #redeem(channel: Channel): void {
    const { channelId } = channel.record.claim
    const state = this.#view.state(channelId)
    if (state === undefined) return
    channel.redeemer.advance(channel.record, state, (isDone) => {
      // What is refused we know badly: the channel may be closed, or about to be.
      if (!isDone && !channel.record.isClosed) this.#view.look(channelId)
      this.#redeem(channel)
    })
  }

  /** A closed channel takes no more claims. What it brought stays in the total; what was not redeemed is lost. */
  #close(channel: Channel, { claimed }: ChannelState): void {
    const { account } = this.#options
    const record: IncomingRecord = { ...channel.record, isClosed: true }
    const { channelId, amount } = record.claim
    const records: JournalRecord[] = [encodeIncoming(account, record)]
    const oldest = this.#oldestClosed()
    const foldedTotal = this.#foldedTotal + (oldest === undefined ? 0n : worthOf(oldest))
    if (oldest !== undefined) {
      records.push(encodeReceived(account, foldedTotal))
      records.push({ key: incomingKey(account, oldest.claim.channelId), value: undefined })
    }
    this.#write(records, () => {
      channel.record = record
      this.#view.forget(channelId)
      this.#foldedTotal = foldedTotal
      if (oldest !== undefined) this.#channels.delete(oldest.claim.channelId)
      const lost = amount > claimed ? amount - claimed : 0n
      this.#effects.trace('channel.closed', { role: 'incoming', channelId, amount, redeemed: claimed, lost })
    })
  }

  /** The record that has to go before another channel can be closed; undefined while there is room. */
  #oldestClosed(): IncomingRecord | undefined {
    const closed = [...this.#channels.values()].filter(({ record }) => record.isClosed)
    return closed.length < CLOSED_CHANNELS_MAX ? undefined : closed[0]?.record
  }

  /** Once no claim is being made durable: a channel that is closed before would not pay it. */
  #letGo(): void {
    if (!this.#isEnded || this.#isCommitting) return
    for (const channel of this.#channels.values()) {
      channel.redeemer.end()
      this.#redeem(channel)
    }
  }

  #write(records: readonly JournalRecord[], then: () => void): void {
    this.#isCommitting = true
    this.#effects.commit(records, () => {
      this.#isCommitting = false
      then()
      this.#letGo()
      this.#advance()
    })
  }
}

/** What a channel has brought us since we know it. */
function worthOf({ claim, start }: IncomingRecord): bigint {
  return claim.amount > start ? claim.amount - start : 0n
}
