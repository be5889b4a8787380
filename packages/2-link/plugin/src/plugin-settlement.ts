/**
 * Settlement by whatever a ledger plugin does when it is told to send money. Layer 2.
 * Spec: IL-RFC 24 §sendMoney, §registerMoneyHandler.
 *
 * `sendMoney` takes an amount and has no name for a payment: calling it twice pays twice, and a call that fails, or
 * that a crash cuts off, may have paid. So each payment is on record before it is ordered, there is one at a time, and
 * one whose end is unknown is never tried again: nothing more is paid until the operator has said what became of it.
 *
 *          an order            durable            done
 *   none ───────────▶ recorded ───────▶ under way ────▶ none
 *     ▲                                   │    │
 *     │◀────────────── never called ──────┘    │ failed, or the process ended
 *     │                                        ▼
 *     └◀────────── the operator decides ── unknown
 */
import type { StoredRecord } from '@hourglass/journal'
import {
  type Settlement,
  SettlementEffects,
  type SettlementInput,
  type SettlementOutput,
  type SettlementReport,
} from '@hourglass/link'
import type { Instant } from '@hourglass/sansio'
import { decodeRecords, encodeRecord } from './records.ts'
import type { PluginAction, PluginEvent } from './session.ts'

interface Payment {
  readonly id: number
  readonly amount: bigint
  state: 'recorded' | 'under-way' | 'unknown' | 'ending'
}

export class PluginSettlement implements Settlement<PluginEvent, PluginAction> {
  /** Nobody speaks it: a plugin has its own ways to its peer. */
  readonly protocol: string = 'plugin'
  readonly #account: string
  readonly #effects = new SettlementEffects<PluginAction>()
  #ordered = 0n
  #paid = 0n
  #received = 0n
  #payment: Payment | undefined
  #isUp = false
  #isEnded = false

  constructor(account: string) {
    this.#account = account
  }

  /** Takes this account's records out of the journal's, before the first input. @throws DecodeError */
  restore(records: Iterable<StoredRecord>): void {
    const { paid = 0n, received = 0n, payment, ended } = decodeRecords(this.#account, records)
    this.#paid = paid
    this.#received = received
    this.#isEnded = ended !== undefined
    if (paid > 0n) this.#tellSent()
    if (received > 0n) this.#tellReceived(received)
    if (payment === undefined) return
    this.#payment = { id: this.#effects.nextId(), amount: payment, state: 'under-way' }
    this.#lose(this.#payment, 'the process ended before its outcome was on record')
  }

  handle(input: SettlementInput<PluginEvent>, now: Instant): void {
    this.#effects.now = now
    switch (input.kind) {
      case 'settle':
        if (input.total > this.#ordered) this.#ordered = input.total
        return this.#advance()
      case 'request':
        return this.#effects.emit({ kind: 'refuse', id: input.id, message: 'a plugin settles by itself' })
      case 'up':
      case 'down':
        this.#isUp = input.kind === 'up'
        return this.#advance()
      case 'ledger':
        return this.#handlePlugin(input.event)
      case 'end':
        return this.#end()
      case 'committed':
        return this.#effects.committed(input.id)
      // It asks the peer nothing, waits for no time, and a plugin collects when it likes.
      case 'reply':
      case 'failed':
      case 'collect':
      case 'timeout':
    }
  }

  poll(): SettlementOutput<PluginAction> | undefined {
    return this.#effects.poll()
  }

  nextTimeout(): Instant | undefined {
    return undefined
  }

  /** `unknownAmount`: what the operator is to decide before anything more is paid. */
  report(): SettlementReport {
    const { amount = 0n, state } = this.#payment ?? {}
    const isUnknown = state === 'unknown'
    return {
      isEnded: this.#isEnded,
      underWayAmount: isUnknown ? 0n : amount,
      unknownAmount: isUnknown ? amount : 0n,
    }
  }

  #handlePlugin(event: PluginEvent): void {
    if (event.kind === 'received') return this.#credit(event.id, event.amount)
    const payment = this.#payment
    if (event.kind === 'decided') {
      if (payment?.state === 'unknown') this.#conclude(payment, event.isPaid)
    } else if (payment?.id === event.id && payment.state === 'under-way') {
      if (event.kind === 'unknown') this.#lose(payment, event.reason)
      else this.#conclude(payment, event.kind === 'paid')
    }
  }

  /** Orders what is owed, where nothing else is under way. */
  #advance(): void {
    const amount = this.#ordered - this.#paid
    if (this.#payment !== undefined || amount <= 0n || !this.#isUp || this.#isEnded) return
    const payment: Payment = { id: this.#effects.nextId(), amount, state: 'recorded' }
    this.#payment = payment
    this.#effects.commit([encodeRecord(this.#account, 'payment', amount)], () => {
      payment.state = 'under-way'
      this.#effects.emit({ kind: 'ledger', action: { kind: 'pay', id: payment.id, amount } })
    })
  }

  #lose(payment: Payment, reason: string): void {
    payment.state = 'unknown'
    this.#effects.trace('plugin.payment-unknown', { amount: payment.amount, reason })
  }

  #conclude(payment: Payment, isPaid: boolean): void {
    payment.state = 'ending'
    const records = [encodeRecord(this.#account, 'payment', undefined)]
    if (isPaid) records.push(encodeRecord(this.#account, 'paid', this.#paid + payment.amount))
    this.#effects.commit(records, () => {
      this.#payment = undefined
      if (isPaid) {
        this.#paid += payment.amount
        this.#tellSent()
      }
      this.#advance()
    })
  }

  #credit(id: number, amount: bigint): void {
    this.#received += amount
    const total = this.#received
    this.#effects.commit([encodeRecord(this.#account, 'received', total)], () => {
      this.#tellReceived(total)
      this.#effects.emit({ kind: 'ledger', action: { kind: 'credited', id } })
    })
  }

  /** What came in still counts. */
  #end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#effects.commit([encodeRecord(this.#account, 'ended', 1n)], () => undefined)
  }

  #tellSent(): void {
    this.#effects.emit({ kind: 'sent', total: this.#paid, reference: 'sendMoney' })
  }

  #tellReceived(total: bigint): void {
    this.#effects.emit({ kind: 'received', total, reference: 'money handler' })
  }
}
