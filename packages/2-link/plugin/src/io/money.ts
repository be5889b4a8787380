/**
 * `sendMoney` and the money handler, by a settlement of ours. Layer 2, io. Spec: IL-RFC 24 §sendMoney.
 *
 *   plugin-money/ACCOUNT/ordered   what `sendMoney` was told to send, in all
 *   plugin-money/ACCOUNT/told      what the money handler was told to have come in, in all
 *
 * An order is on record before it is carried out, and is carried out once, over restarts too. What came in is on record
 * as told before the handler hears of it, so that nothing is credited twice.
 */
import type { Journal, StoredRecord } from '@hourglass/journal'
import type { Settlement, SettlementInput, SettlementOutput } from '@hourglass/link'
import { Reader, Writer } from '@hourglass/oer'
import { type Driver, drive } from '@hourglass/sansio/io'
import { HandlerSlot } from './handler-slot.ts'
import type { MoneyHandler } from './lpi2.ts'

/** A settlement, restored, with its line to its ledger. */
export interface MoneyParts {
  /** Names its records in the journal. */
  readonly account: string
  readonly settlement: Settlement<never, unknown>
  readonly perform: (action: unknown) => void
  /** Told once who gets the ledger's events. */
  readonly listen: (hear: (event: unknown) => void) => void
  readonly journal: Journal
  /** The journal's. */
  readonly records: Iterable<StoredRecord>
}

type Message = Extract<SettlementOutput<unknown>, { kind: 'request' | 'reply' | 'refuse' }>

export class Money {
  readonly protocol: string
  readonly slot: HandlerSlot<MoneyHandler>
  readonly #parts: MoneyParts
  readonly #fail: (error: Error) => void
  readonly #driver: Driver<SettlementInput<unknown>>
  readonly #waiting: { readonly total: bigint; readonly done: () => void }[] = []
  #ordered = 0n
  #received = 0n
  #told = 0n

  /** `say` gets what is for the peer, `fail` what the handler throws. */
  constructor(parts: MoneyParts, say: (message: Message) => void, fail: (error: Error) => void) {
    this.#parts = parts
    this.#fail = fail
    this.protocol = parts.settlement.protocol
    this.slot = new HandlerSlot('MoneyHandlerAlreadyRegisteredError')
    for (const { key, value } of parts.records) {
      if (key === this.#key('ordered')) this.#ordered = decodeTotal(value)
      else if (key === this.#key('told')) this.#told = decodeTotal(value)
    }
    this.#driver = drive<SettlementInput<unknown>, SettlementOutput<unknown>>(parts.settlement, (output) =>
      this.#perform(output, say),
    )
    parts.listen((event) => this.#driver.push({ kind: 'ledger', event }))
    this.#driver.push({ kind: 'settle', total: this.#ordered })
  }

  push(input: SettlementInput<unknown>): void {
    this.#driver.push(input)
  }

  /** Resolves when the peer has had it. */
  send(amount: bigint): Promise<void> {
    const total = (this.#ordered += amount)
    return new Promise((resolve) => {
      this.#waiting.push({ total, done: resolve })
      this.#record('ordered', total, () => this.#driver.push({ kind: 'settle', total }))
    })
  }

  /** A handler may have come for what came in without one. */
  credit(): void {
    const amount = this.#received - this.#told
    if (amount <= 0n || this.slot.handler === undefined) return
    this.#told = this.#received
    this.#record('told', this.#told, () => void this.#tell(amount))
  }

  #perform(output: SettlementOutput<unknown>, say: (message: Message) => void): void {
    switch (output.kind) {
      case 'request':
      case 'reply':
      case 'refuse':
        return say(output)
      case 'ledger':
        return this.#parts.perform(output.action)
      case 'commit':
        return this.#parts.journal.commit(output.records, () =>
          this.#driver.push({ kind: 'committed', id: output.id }),
        )
      case 'sent':
        while ((this.#waiting[0]?.total ?? Infinity) <= output.total) this.#waiting.shift()!.done()
        return
      case 'received':
        this.#received = output.total
        return this.credit()
      case 'trace':
    }
  }

  async #tell(amount: bigint): Promise<void> {
    try {
      await this.slot.handler?.(String(amount))
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #record(name: 'ordered' | 'told', total: bigint, done: () => void): void {
    const value = new Writer().uint8(VERSION).bigUint(total).finish()
    this.#parts.journal.commit([{ key: this.#key(name), value }], done)
  }

  #key(name: 'ordered' | 'told'): string {
    return `plugin-money/${this.#parts.account}/${name}`
  }
}

const VERSION = 1

function decodeTotal(record: Uint8Array): bigint {
  const reader = new Reader(record)
  reader.uint8()
  return reader.bigUint()
}
