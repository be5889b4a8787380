/**
 * What we pay the peer: each payment is durable before it begins, and counts once its end is. Layer 2.
 *
 *   owed ──▶ durable ──▶ under way ── paid ───▶ counted, durable ──▶ told
 *    ▲                        │
 *    └── pause ◀── unpaid ────┘    after a crash: under way again, by the same preimage
 */
import { Pause, earliest } from '@hourglass/link'
import { encodeHex } from '@hourglass/oer'
import type { Instant } from '@hourglass/sansio'
import type { Effects } from './effects.ts'
import { ChannelKeeper } from './channel-keeper.ts'
import { type LightningOptions, fromMsat, toMsat } from './options.ts'
import { type Paid, type PaymentRecord, encodePaid, encodePayment, paymentKey } from './records.ts'
import type { Liquidity } from './session.ts'
import type { Hello } from './wire/hello.ts'
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
    const { amountMsat, nodeId } = payment
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

  observe(liquidity: Liquidity): void {
    if (liquidity.peerId !== this.#peer?.address.nodeId) return
    this.#channels.observe(liquidity)
    this.#advance()
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
    while (owedMsat > 0n && this.#underWay.size < UNDER_WAY_MAX) {
      const amountMsat = this.#channels.take(owedMsat)
      if (amountMsat <= 0n) return
      this.#begin(peer, amountMsat)
      owedMsat -= amountMsat
    }
  }

  #begin(peer: Hello, amountMsat: bigint): void {
    const { account, rng, crypto } = this.#options
    const preimage = rng.bytes(PREIMAGE_BYTES)
    const hash = crypto.sha256(preimage)
    const reference = encodeReference(peer.destination, { hash, amountMsat }, crypto)
    const payment = { hash, preimage, nodeId: peer.address.nodeId, amountMsat, reference }
    this.#underWay.set(encodeHex(hash), payment)
    this.#effects.commit([encodePayment(account, payment)], () => this.#pay(payment))
  }

  #pay({ preimage, nodeId, amountMsat, reference }: PaymentRecord): void {
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
    let owedMsat = this.#targetMsat - this.#paid.paidMsat
    for (const { amountMsat } of this.#underWay.values()) owedMsat -= amountMsat
    return owedMsat
  }

  #tell({ paidMsat }: Paid, reference: string): void {
    const total = fromMsat(paidMsat, this.#options.accountScale)
    this.#effects.emit({ kind: 'sent', total, reference })
  }
}
