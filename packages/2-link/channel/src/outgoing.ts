/**
 * What we pay: one channel of ours at a time, and signed claims against it. Layer 2.
 *
 *            settle            intent durable           done              close seen
 *   none ───────────────→ intended ─────────→ opening ───────→ open ─────────────────→ none
 *                                                             ↑    ↓ claim exceeds the deposit
 *                                                             funding
 *
 * Paying is one level-triggered question, asked after every event: how much of what was ordered is not signed
 * yet? Running totals make every step safe to repeat: an order, a claim, a deposit told twice changes nothing.
 * A claim is durable before it is sent: after a crash the same claim is sent again, never a smaller one.
 */
import type { ChannelState, ChannelTerms } from '@hourglass/ledger'
import { encodeHex } from '@hourglass/oer'
import { DecodeError, type Instant } from '@hourglass/sansio'
import type { ChannelOptions, Effects } from './options.ts'
import { type OutgoingRecord, encodeOutgoing } from './records.ts'
import { Scales } from './scales.ts'
import { decodeAnswer } from './wire/answer.ts'
import { type Claim, encodeClaim } from './wire/claim.ts'
import type { Hello } from './wire/hello.ts'

/** A claim that the peer did not take, or did not answer, is sent again after that long. */
const RESEND_MS = 1000
/** An action that the ledger refused (no funds, say) is tried again after that long. */
const LEDGER_RETRY_MS = 15_000
const REFERENCE_BYTES = 32

export class Outgoing {
  readonly #options: ChannelOptions
  readonly #effects: Effects
  readonly #scales: Scales
  /** Ordered in all, in base units of the ledger. */
  #ordered = 0n
  /** What stands in the journal. */
  #record: OutgoingRecord = { base: 0n, terms: undefined, channelId: undefined, claim: undefined }
  #isKnown = false
  #state: ChannelState | undefined
  /** The highest amount that the peer has said it holds, on the current channel. */
  #accepted = 0n
  #peer: Hello | undefined
  #isUp = false
  #isCommitting = false
  #isActing = false
  #isSending = false
  #resendAt: Instant | undefined
  #actAt: Instant | undefined

  constructor(options: ChannelOptions, effects: Effects) {
    this.#options = options
    this.#effects = effects
    this.#scales = new Scales(options.accountScale, options.ledgerScale)
  }

  restore(record: OutgoingRecord): void {
    this.#record = record
    this.#isKnown = true
    if (record.channelId !== undefined) this.#watch(record.channelId)
  }

  /** The account total is ordered; one at or below an earlier one changes nothing. */
  settle(total: bigint): void {
    const ordered = this.#scales.toLedger(total)
    if (ordered > this.#ordered) this.#ordered = ordered
    this.advance()
  }

  linkUp(isUp: boolean): void {
    this.#isUp = isUp
    this.#accepted = 0n // The peer is told the newest claim anew: it may have lost it.
    this.#resendAt = undefined
    this.advance()
  }

  /** The peer said where it is paid. */
  greeted(hello: Hello): void {
    this.#peer = hello
    if (!this.#isKnown && hello.held !== undefined) this.#adopt(hello.held)
    this.advance()
  }

  /** A channel of ours, as the ledger now holds it. */
  observe(state: ChannelState): void {
    if (state.id !== this.#record.channelId) return
    this.#state = state
    this.advance()
  }

  owns(channelId: string): boolean {
    return channelId === this.#record.channelId
  }

  nextTimeout(): Instant | undefined {
    const times = [this.#resendAt, this.#actAt].filter((time) => time !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  timeout(): void {
    const { now } = this.#effects
    if (this.#resendAt !== undefined && this.#resendAt <= now) this.#resendAt = undefined
    if (this.#actAt !== undefined && this.#actAt <= now) this.#actAt = undefined
    this.advance()
  }

  /** Takes the next step that can be taken now; does nothing while one is under way. */
  advance(): void {
    if (this.#isCommitting) return
    const { claim, terms, channelId } = this.#record
    const wanted = this.#ordered - this.#record.base
    if (terms === undefined) {
      if (wanted > 0n && this.#peer !== undefined && !this.#isActing) this.#intend(this.#peer)
      return
    }
    if (channelId === undefined) return this.#open(terms, wanted)
    const state = this.#state
    if (state === undefined) return
    if (state.closed) return this.#retire()
    if (wanted > state.deposit) this.#fund(state, wanted)
    const payable = wanted < state.deposit ? wanted : state.deposit
    if (payable > (claim?.amount ?? 0n)) this.#sign(channelId, payable)
    else this.#send()
  }

  /** Decides on a channel and writes that down first, so that a crash opens the same one and no second. */
  #intend(peer: Hello): void {
    const terms: ChannelTerms = {
      source: this.#options.ledgerAccount,
      destination: peer.account,
      claimKey: this.#options.scheme.claimKey,
      asset: this.#options.asset,
      settleDelayMs: this.#options.settleDelayMs,
      reference: encodeHex(this.#options.rng.bytes(REFERENCE_BYTES)),
    }
    this.#write({ ...this.#record, terms })
  }

  #open(terms: ChannelTerms, wanted: bigint): void {
    if (this.#isActing || this.#actAt !== undefined) return
    const deposit = wanted > this.#options.deposit ? wanted : this.#options.deposit
    this.#isActing = true
    this.#effects.trace('channel.opening', { deposit, destination: terms.destination })
    this.#effects.perform({ kind: 'open', terms, deposit }, (end) => {
      this.#isActing = false
      if (end.kind === 'failed') return this.#ledgerRefused('open', end.message)
      const { channelId, transaction = '', fee } = end
      this.#effects.trace('channel.opened', { channelId, deposit, transaction, fee })
      this.#write({ ...this.#record, channelId })
      this.#watch(channelId)
    })
  }

  #watch(channelId: string): void {
    this.#effects.perform({ kind: 'watch', channelId }, (end) => {
      if (end.kind === 'failed') this.#ledgerRefused('watch', end.message)
    })
  }

  /** Escrows what is ordered and not covered, and as much as a new channel would on top. */
  #fund(state: ChannelState, wanted: bigint): void {
    if (this.#isActing || this.#actAt !== undefined) return
    const deposit = wanted + this.#options.deposit
    this.#isActing = true
    this.#effects.perform({ kind: 'fund', channelId: state.id, deposit }, (end) => {
      this.#isActing = false
      if (end.kind === 'failed') return this.#ledgerRefused('fund', end.message)
      const { channelId, transaction = '', fee } = end
      this.#effects.trace('channel.funded', { channelId, deposit, transaction, fee })
      this.advance()
    })
  }

  #ledgerRefused(action: string, message: string): void {
    this.#effects.trace('channel.refused', { by: 'ledger', action, message })
    this.#actAt = this.#effects.now + LEDGER_RETRY_MS
  }

  #sign(channelId: string, amount: bigint): void {
    const signature = this.#options.scheme.sign(channelId, amount)
    this.#write({ ...this.#record, claim: { channelId, amount, signature } })
  }

  /** Sends the newest durable claim until the peer holds it. */
  #send(): void {
    const { claim } = this.#record
    if (claim === undefined || claim.amount <= this.#accepted) return
    if (!this.#isUp || this.#isSending || this.#resendAt !== undefined) return
    this.#isSending = true
    const { channelId, amount } = claim
    this.#effects.trace('channel.claim-sent', { channelId, amount })
    this.#effects.ask(encodeClaim(claim), (body) => {
      this.#isSending = false
      this.#handleAnswer(claim, body)
      this.advance()
    })
  }

  #handleAnswer(claim: Claim, body: Uint8Array | undefined): void {
    const retry = (reason: string): void => {
      this.#resendAt = this.#effects.now + RESEND_MS
      this.#effects.trace('channel.claim-unanswered', { channelId: claim.channelId, reason })
    }
    if (body === undefined) return retry('no answer')
    let answer
    try {
      answer = decodeAnswer(body)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return retry('no answer that can be read')
    }
    if (answer.refusal !== undefined) {
      this.#effects.trace('channel.refused', { by: 'peer', action: 'claim', message: answer.refusal })
      this.#resendAt = this.#effects.now + RESEND_MS
      return
    }
    // What the peer says that it holds counts up to what we signed: it cannot hold more.
    if (claim.channelId !== this.#record.channelId || claim.amount <= this.#accepted) return
    this.#accepted = claim.amount
    const total = this.#scales.toAccount(this.#record.base + claim.amount)
    this.#effects.emit({ kind: 'sent', total, reference: `${claim.channelId}:${claim.amount}` })
  }

  /** The channel is closed: what was signed counts as paid, and the next order opens another. */
  #retire(): void {
    const { claim, base, channelId = '' } = this.#record
    this.#effects.trace('channel.closed', { channelId, amount: claim?.amount ?? 0n })
    this.#state = undefined
    this.#accepted = 0n
    const paid = base + (claim?.amount ?? 0n)
    this.#write({ base: paid, terms: undefined, channelId: undefined, claim: undefined })
  }

  /** Our store is lost, but the peer holds a claim that we signed: go on with that channel, above that amount. */
  #adopt(claim: Claim): void {
    const { scheme, ledgerAccount } = this.#options
    if (!scheme.verify(claim.channelId, scheme.claimKey, claim.amount, claim.signature)) return
    this.#isKnown = true
    this.#isActing = true
    const { channelId } = claim
    this.#effects.perform({ kind: 'watch', channelId }, (end) => {
      this.#isActing = false
      if (end.kind === 'failed') return
      const state = this.#seen
      if (state?.id !== channelId || state.terms.source !== ledgerAccount || state.closed) return
      this.#state = state
      this.#effects.trace('channel.adopted', { channelId, amount: claim.amount })
      this.#write({ base: -claim.amount, terms: state.terms, channelId, claim })
    })
  }

  /** The newest state of a channel that is not known to be ours yet. */
  #seen: ChannelState | undefined
  noteStranger(state: ChannelState): void {
    this.#seen = state
  }

  #write(record: OutgoingRecord): void {
    this.#isCommitting = true
    this.#isKnown = true
    this.#effects.commit([encodeOutgoing(this.#options.account, record)], () => {
      this.#isCommitting = false
      this.#record = record
      this.advance()
    })
  }
}
