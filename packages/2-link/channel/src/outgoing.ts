/**
 * What we pay: one channel of ours at a time, and signed claims against it. Layer 2.
 *
 *          order             durable          final
 *   none ─────────→ decided ─────────→ opening ─────→ open ⇄ funding
 *    ↑ └── the peer holds a claim that we forgot ─────→│
 *    └──── closed, and the peer said what it holds ────┘
 *
 * Once the peering has ended, what is open is closed, and nothing is opened, filled up or paid.
 *
 * Paying is one question, asked after every event: how much of what was ordered is not signed yet? Orders, claims
 * and deposits are running totals, so every step may be repeated. A claim is durable before it is sent: after a
 * crash the same claim is sent again, never a smaller one. Claims are sent one at a time, and the next one covers
 * all that was ordered meanwhile.
 *
 * What a closed channel has paid is what its destination holds, or what the ledger has paid if that is more. The
 * rest is owed still: no closed channel can pay it any more, so a peer that says too little gains nothing.
 */
import type { ChannelState, ChannelTerms } from '@hourglass/ledger'
import { Pause, earliest } from '@hourglass/link'
import { encodeHex } from '@hourglass/oer'
import type { Instant } from '@hourglass/sansio'
import { ClaimSender } from './claim-sender.ts'
import type { ActionEnd, Effects, UnnumberedAction } from './effects.ts'
import type { LedgerView } from './ledger-view.ts'
import type { ChannelOptions } from './options.ts'
import { NO_CHANNEL, type OutgoingRecord, encodeOutgoing } from './records.ts'
import { Scales } from './scales.ts'
import type { Claim } from './wire/claim.ts'
import { type Hello, REFERENCE_PREFIX_BYTES } from './wire/hello.ts'

/** An action that the ledger refused (no funds, say) is tried again after that long. */
const LEDGER_RETRY_MS = 15_000
const LEDGER_RETRY_MS_MAX = 600_000
const REFERENCE_BYTES = 32

export class Outgoing {
  readonly #options: ChannelOptions
  readonly #effects: Effects
  readonly #view: LedgerView
  readonly #sender: ClaimSender
  readonly #scales: Scales
  /** Ordered in all, in base units of the ledger. */
  #ordered = 0n
  /** What stands in the journal. */
  #record: OutgoingRecord = { base: 0n, ...NO_CHANNEL }
  /** Highest total that was told as sent. */
  #told = 0n
  #peer: Hello | undefined
  /** Claims of ours that the peer holds on channels that may be unknown here. */
  #forgotten: Claim[] = []
  #isCommitting = false
  #isActing = false
  #isEnded = false
  /** When the source may take back what is left. */
  #closesAt: Instant | undefined
  readonly #ledgerPause = new Pause(LEDGER_RETRY_MS, LEDGER_RETRY_MS_MAX)

  constructor(options: ChannelOptions, effects: Effects, view: LedgerView) {
    this.#options = options
    this.#effects = effects
    this.#view = view
    this.#sender = new ClaimSender(effects)
    this.#scales = new Scales(options.accountScale, options.ledgerScale)
  }

  restore(record: OutgoingRecord): void {
    this.#record = record
    if (record.channelId !== undefined) this.#view.keep(record.channelId)
  }

  /** The account total is ordered; one at or below an earlier one changes nothing. */
  settle(total: bigint): void {
    const ordered = this.#scales.toLedger(total)
    if (ordered > this.#ordered) this.#ordered = ordered
    this.advance()
  }

  /** Lets our channel go: after the settle delay, or when its destination closes it. */
  end(): void {
    this.#isEnded = true
    this.advance()
  }

  /** A connection to the peer begins or has ended. */
  linkChanged(): void {
    this.#sender.linkChanged()
  }

  /** The peer said where it is paid, and what it holds. */
  greeted(hello: Hello): void {
    this.#peer = hello
    this.#forgotten = [...hello.held]
    const { channelId, terms } = this.#record
    this.#sender.greeted(hello.held.find((claim) => claim.channelId === channelId)?.amount ?? 0n)
    this.#tell()
    if (channelId !== undefined && !isPaidBy(terms, hello)) {
      const message = 'the peer is paid elsewhere now: once this channel is closed, another is opened'
      this.#effects.trace('channel.refused', { by: 'us', action: 'pay', channelId, message })
    }
    if (terms === undefined) this.#checkOffer(hello)
    this.advance()
  }

  nextTimeout(): Instant | undefined {
    return earliest([this.#sender.nextTimeout(), this.#ledgerPause.until, this.#closesAt])
  }

  timeout(): void {
    const { now } = this.#effects
    this.#sender.timeout()
    this.#ledgerPause.pass(now)
    if (this.#closesAt !== undefined && this.#closesAt <= now) this.#closesAt = undefined
    this.advance()
  }

  /** Takes the next step that can be taken now. */
  advance(): void {
    if (this.#isCommitting) return
    const { terms, channelId } = this.#record
    if (terms === undefined) return this.#begin()
    if (channelId === undefined) return this.#open(terms)
    const state = this.#view.state(channelId)
    if (state === undefined) return
    const proven = this.#proven(channelId, state)
    if (proven > this.#signed) return this.#recall(channelId, proven)
    if (state.closed) return this.#retire(state)
    if (state.closesAt !== undefined) return this.#close(state.id, state.closesAt)
    if (this.#isEnded) return this.#requestClose(channelId)
    this.#fund(state)
    this.#pay(state)
  }

  /** What has to be on the current channel for all orders to be paid. */
  get #wanted(): bigint {
    return this.#ordered - this.#record.base
  }

  get #signed(): bigint {
    return this.#record.claim?.amount ?? 0n
  }

  /** What the ledger has paid, or what the peer can prove with our own signature: all but never above `#signed`. */
  #proven(channelId: string, { claimed }: ChannelState): bigint {
    const at = this.#forgotten.findIndex((claim) => claim.channelId === channelId)
    const [held] = at < 0 ? [] : this.#forgotten.splice(at, 1)
    return held !== undefined && held.amount > claimed && this.#isOurs(held) ? held.amount : claimed
  }

  #isOurs({ channelId, amount, signature }: Claim): boolean {
    const { scheme } = this.#options
    return amount > this.#signed && scheme.verify(channelId, scheme.claimKey, amount, signature)
  }

  /** There is no channel: goes on with one that the peer knows and we do not, or decides on a new one. */
  #begin(): void {
    if (this.#peer === undefined || !this.#mayAct) return
    for (let claim = this.#forgotten.pop(); claim !== undefined; claim = this.#forgotten.pop()) {
      if (this.#isOurs(claim)) return this.#consider(claim, this.#peer)
    }
    if (this.#isEnded) return
    if (this.#wanted > 0n && this.#accepts(this.#peer)) this.#decide(this.#peer)
  }

  /** Whether claims on a channel of ours would count: else nothing is escrowed that could pay nobody. */
  #accepts({ settleDelayMsMin, settleDelayMsMax }: Hello): boolean {
    const { settleDelayMs } = this.#options
    return settleDelayMs >= settleDelayMsMin && settleDelayMs <= settleDelayMsMax
  }

  #checkOffer(peer: Hello): void {
    if (this.#accepts(peer)) return
    const { settleDelayMsMin: min, settleDelayMsMax: max } = peer
    const { settleDelayMs } = this.#options
    const message = `we offer a settle delay of ${settleDelayMs} ms, the peer accepts from ${min} to ${max} ms`
    this.#effects.trace('channel.refused', { by: 'us', action: 'open', message })
  }

  /** Our store is lost or old: if the ledger still has that channel, we go on with it above that amount. */
  #consider(claim: Claim, peer: Hello): void {
    const { channelId, amount } = claim
    this.#isActing = true
    this.#view.look(channelId, () => {
      this.#isActing = false
      const state = this.#view.state(channelId)
      const { ledgerAccount, asset } = this.#options
      const isUsable = state?.closed === false && state.terms.source === ledgerAccount
      if (!isUsable || state.terms.asset !== asset || !isPaidBy(state.terms, peer)) {
        this.#view.forget(channelId)
        return this.advance()
      }
      this.#effects.trace('channel.adopted', { channelId, amount, deposit: state.deposit })
      this.#sender.channelChanged(amount)
      // What was paid before our memory begins is not what is ordered now.
      this.#write({ base: this.#record.base - amount, terms: state.terms, channelId, claim })
    })
  }

  /** Writes down what is to be opened before it is, so that a crash opens the same channel and no second. */
  #decide(peer: Hello): void {
    const { ledgerAccount, scheme, asset, settleDelayMs, rng } = this.#options
    const chance = encodeHex(rng.bytes(REFERENCE_BYTES - REFERENCE_PREFIX_BYTES))
    const terms: ChannelTerms = {
      source: ledgerAccount,
      destination: peer.account,
      claimKey: scheme.claimKey,
      asset,
      settleDelayMs,
      reference: peer.referencePrefix + chance,
    }
    this.#write({ ...this.#record, terms })
  }

  #open(terms: ChannelTerms): void {
    // A crash may have hidden that it is open. Where it is not, it opens with the least, and closes.
    const deposit = this.#isEnded ? 1n : this.#target(this.#options.deposit)
    if (!this.#mayAct || (this.#wanted <= 0n && !this.#isEnded)) return
    const { destination } = terms
    this.#effects.trace('channel.opening', { destination, deposit })
    this.#act({ kind: 'open', terms, deposit }, (end) => {
      // It is certain now that this channel will not be: the next try may be on other terms.
      if (end.kind === 'failed') return this.#write({ ...this.#record, terms: undefined })
      const { channelId, transaction = '', fee } = end
      this.#effects.trace('channel.opened', { channelId, destination, deposit, transaction, fee })
      this.#view.keep(channelId)
      this.#write({ ...this.#record, channelId })
    })
  }

  /** What should be escrowed in all where `deposit` is: HTLA-12, so that orders seldom wait for the ledger. */
  #target(deposit: bigint): bigint {
    const { deposit: step } = this.#options
    return deposit - this.#wanted < step / 2n ? this.#wanted + step : deposit
  }

  #fund(state: ChannelState): void {
    const deposit = this.#target(state.deposit)
    if (deposit <= state.deposit || !this.#mayAct) return
    const { id: channelId } = state
    this.#act({ kind: 'fund', channelId, deposit }, (end) => {
      if (end.kind === 'failed') return
      const { transaction = '', fee } = end
      this.#effects.trace('channel.funded', { channelId, deposit, transaction, fee })
    })
  }

  #requestClose(channelId: string): void {
    if (this.#mayAct) this.#act({ kind: 'request-close', channelId })
  }

  /** Somebody asked to close the channel with our key: nothing more is paid over it, the rest is taken home. */
  #close(channelId: string, closesAt: Instant): void {
    if (closesAt > this.#effects.now) {
      this.#closesAt = closesAt
      return
    }
    if (this.#mayAct) this.#act({ kind: 'close', channelId })
  }

  get #mayAct(): boolean {
    return !this.#isActing && this.#ledgerPause.until === undefined
  }

  /** One action at a time; where the ledger refuses one, all wait a while. */
  #act(action: UnnumberedAction, then?: (end: ActionEnd) => void): void {
    this.#isActing = true
    this.#effects.perform(action, (end) => {
      this.#isActing = false
      if (end.kind === 'failed') {
        const { refusal, message } = end
        const fields = { by: 'ledger', action: action.kind, refusal, message }
        this.#effects.trace('channel.refused', fields)
        this.#ledgerPause.begin(this.#effects.now)
      } else this.#ledgerPause.reset()
      then?.(end)
      this.advance()
    })
  }

  /** Signs what is ordered and covered, or sends again what the peer does not hold yet. */
  #pay({ id, deposit }: ChannelState): void {
    const { terms, claim } = this.#record
    if (!this.#sender.isReady || !isPaidBy(terms, this.#peer)) return
    const payable = this.#wanted < deposit ? this.#wanted : deposit
    if (payable > this.#signed) this.#sign(id, payable)
    else if (claim !== undefined && claim.amount > this.#sender.held) this.#send(claim)
  }

  #sign(channelId: string, amount: bigint): void {
    const claim: Claim = { channelId, amount, signature: this.#options.scheme.sign(channelId, amount) }
    // Orders that came meanwhile must not keep this claim from being sent: they are on the next one.
    this.#write({ ...this.#record, claim }, () => {
      if (this.#sender.isReady) this.#send(claim)
    })
  }

  /** Our store is an old copy: what was paid since is forgotten, and is not what is ordered now. */
  #recall(channelId: string, amount: bigint): void {
    this.#effects.trace('channel.recalled', { channelId, amount, remembered: this.#signed })
    const base = this.#record.base - (amount - this.#signed)
    const claim: Claim = { channelId, amount, signature: this.#options.scheme.sign(channelId, amount) }
    this.#write({ ...this.#record, base, claim })
  }

  #send(claim: Claim): void {
    this.#sender.send(claim, () => {
      this.#tell()
      this.advance()
    })
  }

  /** What the peer says to hold on the current channel; never more than we signed. */
  get #accepted(): bigint {
    return this.#sender.held < this.#signed ? this.#sender.held : this.#signed
  }

  /** Tells the total that the peer says to have had, or that the ledger has paid it. */
  #tell(reference = `${this.#record.channelId ?? ''}:${this.#accepted}`): void {
    const { base } = this.#record
    const total = this.#scales.toAccount(base + this.#accepted)
    if (total <= this.#told) return
    this.#told = total
    this.#effects.emit({ kind: 'sent', total, reference })
  }

  /** The channel is closed. What the peer does not hold and will not take is owed still: the next one pays it. */
  #retire({ id: channelId, claimed, deposit }: ChannelState): void {
    const { base, claim } = this.#record
    const paid = this.#accepted > claimed ? this.#accepted : claimed
    if (claim !== undefined && paid < claim.amount && !this.#sender.isFinal) {
      if (this.#sender.isReady) this.#send(claim) // Only the peer knows whether the last one arrived.
      return
    }
    const fields = {
      role: 'outgoing',
      channelId,
      amount: paid,
      redeemed: claimed,
      returned: deposit - claimed,
    }
    this.#effects.trace('channel.closed', fields)
    this.#write({ base: base + paid, ...NO_CHANNEL }, () => {
      this.#view.forget(channelId)
      this.#sender.channelChanged(0n)
      this.#tell(`${channelId}:${paid}`)
    })
  }

  #write(record: OutgoingRecord, then?: () => void): void {
    this.#isCommitting = true
    this.#effects.commit([encodeOutgoing(this.#options.account, record)], () => {
      this.#isCommitting = false
      this.#record = record
      then?.()
      this.advance()
    })
  }
}

/** Whether a channel on these terms pays the peer for the account that it has with us. */
function isPaidBy(terms: ChannelTerms | undefined, peer: Hello | undefined): boolean {
  if (terms === undefined || peer === undefined) return false
  return terms.destination === peer.account && terms.reference.startsWith(peer.referencePrefix)
}
