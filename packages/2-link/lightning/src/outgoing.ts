/**
 * What we pay the peer: each payment is durable before it begins, and counts once its end is. Layer 2.
 *
 *   owed ──▶ (invoice asked for) ──▶ durable ──▶ under way ── paid ───▶ counted, durable ──▶ told
 *    ▲                        │
 *    └── pause ◀── unpaid ────┘    after a crash: under way again, by the same preimage
 */
import { Pause, type SettlementReport, earliest } from '@hourglass/link'
import { encodeHex } from '@hourglass/oer'
import { DecodeError, type Instant } from '@hourglass/sansio'
import type { Effects } from './effects.ts'
import { ChannelKeeper } from './channel-keeper.ts'
import { type LightningOptions, fromMsat, toMsat } from './options.ts'
import { type Paid, type PaymentRecord, encodePaid, encodePayment, paymentKey } from './records.ts'
import type { Liquidity } from './session.ts'
import { type Invoice, decodeInvoice } from './wire/bolt11.ts'
import type { Hello } from './wire/hello.ts'
import { decodeInvoiceAnswer, encodeInvoiceRequest } from './wire/invoice-request.ts'
import { REFERENCE_RECORD, encodeReference } from './wire/reference.ts'

/** Payments under way at once; orders that come meanwhile are paid together. A channel carries at most 483. */
const UNDER_WAY_MAX = 64
const RETRY_MS = 100
const RETRY_MS_MAX = 60_000
const PREIMAGE_BYTES = 32

export class Outgoing {
  readonly #options: LightningOptions
  readonly #effects: Effects
  readonly #channels: ChannelKeeper
  #targetMsat = 0n
  #paid: Paid = { paidMsat: 0n, feesMsat: 0n }
  readonly #underWay = new Map<string, PaymentRecord>()
  /** Invoices that the peer was asked for, and what they are to be over in all. */
  readonly #asked = { count: 0, sumMsat: 0n }
  /** Hash of the newest invoice whose payment failed: the peer may forget it. */
  #givenUp: Uint8Array | undefined
  /** Set while the link is up and the peer has said hello on it. */
  #peer: Hello | undefined
  #isEnded = false
  readonly #pause = new Pause(RETRY_MS, RETRY_MS_MAX)

  constructor(options: LightningOptions, effects: Effects) {
    this.#options = options
    this.#effects = effects
    this.#channels = new ChannelKeeper(options, effects)
  }

  restore(paid: Paid, payments: readonly PaymentRecord[]): void {
    this.#paid = paid
    if (paid.paidMsat > 0n) this.#tell(paid, '')
    for (const payment of payments) {
      this.#underWay.set(encodeHex(payment.hash), payment)
      this.#pay(payment)
    }
  }

  /** The peer shall have had `total` in all, in base units of the account. */
  settle(total: bigint): void {
    const targetMsat = toMsat(total, this.#options.accountScale)
    if (targetMsat <= this.#targetMsat) return
    this.#targetMsat = targetMsat
    this.#advance()
  }

  greeted(peer: Hello): void {
    this.#peer = peer
    this.#pause.reset()
    this.#channels.reset()
    this.#advance()
  }

  linkChanged(): void {
    this.#peer = undefined
  }

  /** Nothing more is paid; what is under way still ends. */
  end(): void {
    this.#isEnded = true
  }

  paid(hash: Uint8Array, feeMsat: bigint): void {
    const payment = this.#end(hash)
    if (payment === undefined) return
    const { paidMsat, feesMsat } = this.#paid
    this.#paid = { paidMsat: paidMsat + payment.amountMsat, feesMsat: feesMsat + feeMsat }
    this.#pause.reset()
    const { account } = this.#options
    const counted = this.#paid
    const { feesMsat: feesTotalMsat } = counted
    const fields = { hash: encodeHex(hash), amountMsat: payment.amountMsat, feeMsat, feesTotalMsat }
    const records = [encodePaid(account, counted), { key: paymentKey(account, hash), value: undefined }]
    this.#effects.commit(records, () => {
      this.#effects.trace('lightning.paid', fields)
      this.#tell(counted, encodeHex(hash))
      this.#effects.perform({ kind: 'forget-payment', hash })
    })
    this.#advance()
  }

  unpaid(hash: Uint8Array, reason: string): void {
    const payment = this.#end(hash)
    if (payment === undefined) return
    const { amountMsat, nodeId, by } = payment
    if ('invoice' in by) this.#givenUp = hash
    this.#effects.trace('lightning.unpaid', { hash: encodeHex(hash), amountMsat, reason })
    const record = { key: paymentKey(this.#options.account, hash), value: undefined }
    this.#effects.commit([record], () => this.#effects.perform({ kind: 'forget-payment', hash }))
    // It is tried anew, with another preimage, when there is a way for as much as then is owed.
    this.#channels.failed(nodeId)
    this.#pause.begin(this.#effects.now)
  }

  /** The peer has paid us: there may be more to pay with. */
  replenished(): void {
    this.#channels.replenished()
  }

  /** The peer asks for a channel; says whether it may get one. */
  serve(): boolean {
    return this.#options.servesInbound === true && !this.#isEnded && this.#channels.serve()
  }

  observe(liquidity: Liquidity): void {
    if (liquidity.peerId !== this.#peer?.address.nodeId) return
    this.#channels.observe(liquidity)
    this.#advance()
  }

  report(): SettlementReport {
    return { ...this.#paid, paymentsUnderWay: this.#underWay.size, ...this.#channels.report() }
  }

  nextTimeout(): Instant | undefined {
    return earliest([this.#pause.until, this.#channels.nextTimeout()])
  }

  timeout(): void {
    this.#pause.pass(this.#effects.now)
    this.#channels.timeout()
    this.#advance()
  }

  /** Begins payments of what is owed and not under way, as far as channels carry it: each by one channel. */
  #advance(): void {
    const peer = this.#peer
    if (peer === undefined || this.#isEnded || this.#pause.until !== undefined) return
    let owedMsat = this.#owedMsat()
    while (owedMsat > 0n && this.#underWay.size + this.#asked.count < UNDER_WAY_MAX) {
      const amountMsat = this.#channels.take(owedMsat)
      if (amountMsat <= 0n) return
      if (this.#options.by === 'invoice') this.#askInvoice(peer, amountMsat)
      else this.#keysend(peer, amountMsat)
      owedMsat -= amountMsat
    }
  }

  #keysend(peer: Hello, amountMsat: bigint): void {
    const { rng, crypto } = this.#options
    const preimage = rng.bytes(PREIMAGE_BYTES)
    const hash = crypto.sha256(preimage)
    const reference = encodeReference(peer.destination, { hash, amountMsat }, crypto)
    this.#begin({ hash, nodeId: peer.address.nodeId, amountMsat, by: { preimage, reference } })
  }

  #askInvoice({ address: { nodeId } }: Hello, amountMsat: bigint): void {
    const asked = this.#asked
    asked.count++
    asked.sumMsat += amountMsat
    const givenUp = this.#givenUp
    this.#givenUp = undefined
    this.#effects.ask(encodeInvoiceRequest({ amountMsat, givenUp }), (answer) => {
      asked.count--
      asked.sumMsat -= amountMsat
      const by = answer === undefined ? undefined : readInvoice(answer)
      if (by !== undefined && this.#isPayable(by, amountMsat)) {
        return this.#begin({ hash: by.hash, nodeId, amountMsat, by: { invoice: by.text } })
      }
      this.#effects.trace('lightning.no-invoice', { amountMsat })
      this.#channels.failed(nodeId)
      this.#pause.begin(this.#effects.now)
    })
  }

  /** The invoice is over what was asked, and no payment is under way by its hash: that one would count twice. */
  #isPayable({ hash, network, amountMsat }: Invoice, askedMsat: bigint): boolean {
    const isNew = !this.#underWay.has(encodeHex(hash))
    return isNew && !this.#isEnded && network === this.#options.network && amountMsat === askedMsat
  }

  #begin(payment: PaymentRecord): void {
    this.#underWay.set(encodeHex(payment.hash), payment)
    this.#effects.commit([encodePayment(this.#options.account, payment)], () => this.#pay(payment))
  }

  #pay({ hash, nodeId, amountMsat, by }: PaymentRecord): void {
    if ('invoice' in by) {
      return this.#effects.perform({ kind: 'pay-invoice', hash, invoice: by.invoice })
    }
    const { preimage, reference } = by
    const records = [{ type: REFERENCE_RECORD, value: reference }]
    this.#effects.perform({ kind: 'pay', payment: { nodeId, amountMsat, preimage, records } })
  }

  #end(hash: Uint8Array): PaymentRecord | undefined {
    const name = encodeHex(hash)
    const payment = this.#underWay.get(name)
    this.#underWay.delete(name)
    return payment
  }

  #owedMsat(): bigint {
    let owedMsat = this.#targetMsat - this.#paid.paidMsat - this.#asked.sumMsat
    for (const { amountMsat } of this.#underWay.values()) owedMsat -= amountMsat
    return owedMsat
  }

  #tell({ paidMsat }: Paid, reference: string): void {
    const total = fromMsat(paidMsat, this.#options.accountScale)
    this.#effects.emit({ kind: 'sent', total, reference })
  }
}

/** The peer's answer; undefined where it is no invoice. */
function readInvoice(answer: Uint8Array): (Invoice & { readonly text: string }) | undefined {
  try {
    const text = decodeInvoiceAnswer(answer)
    return { ...decodeInvoice(text), text }
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
