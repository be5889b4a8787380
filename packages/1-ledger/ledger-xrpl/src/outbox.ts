/**
 * One transaction of our account, from its signature to its end. Layer 1. Spec: XRP Ledger, reliable submission.
 *
 *     idle --submit--> sent --validated, with our hash--------------------------------> final
 *                      |  ^ \--validated, with another hash at our sequence number,
 *     each ledger: the |  |     or its last ledger has passed without it --------------> void
 *     same again, or   +--+
 *     for a higher fee
 *
 * A transaction carries the sequence number that the account had in the ledger on which it was planned. So of all that
 * was ever planned on that ledger, by this process, one before it or one beside it, at most one happens: whoever comes
 * later has planned on a state that is no more, and its number is taken. That alone makes a crash between sending and
 * hearing harmless, without a note of what was sent.
 *
 * A server's answer to a submission decides nothing: what validated ledgers hold does.
 */
import { type Machine, Queue, assert } from '@hourglass/sansio'

/** A transaction's own fields, in the ledger's words. */
export interface Fields {
  readonly TransactionType: string
  readonly [name: string]: unknown
}

/** What every transaction has beside its own fields. */
export interface Envelope {
  readonly sequence: number
  /** No later ledger may hold it. */
  readonly lastLedger: number
  readonly feeDrops: bigint
}

export interface SignedTransaction {
  /** 64 upper-case hex digits. */
  readonly hash: string
  readonly blob: string
}

/** A transaction of our account in a validated ledger. */
export interface OwnTransaction {
  readonly hash: string
  /** Zero: it went by a ticket. */
  readonly sequence: number
}

export type OutboxInput =
  | {
      readonly kind: 'submit'
      readonly id: number
      readonly fields: Fields
      /** The account's, in that ledger. */
      readonly sequence: number
      /** On which it was planned. */
      readonly ledgerIndex: number
      readonly feeDrops: bigint
    }
  /** Each of ours, in the order of the ledgers. */
  | { readonly kind: 'validated'; readonly transaction: OwnTransaction }
  /** All of ours up to that ledger were handed in. */
  | { readonly kind: 'ledger'; readonly ledgerIndex: number; readonly feeDrops: bigint }
  /** Ledgers were passed over unseen; the account has that sequence number after them. */
  | { readonly kind: 'gap'; readonly sequence: number }
  /** A server's first word on what was sent. */
  | { readonly kind: 'answered'; readonly id: number; readonly result: string }

export type OutboxOutput =
  | { readonly kind: 'send'; readonly id: number; readonly transaction: SignedTransaction }
  | { readonly kind: 'final'; readonly id: number; readonly hash: string }
  /** It has no effect, or none that we were shown, and will have none. `answer` is the last word of a server on it. */
  | { readonly kind: 'void'; readonly id: number; readonly answer: string | undefined }

export interface OutboxOptions {
  /** Signs for our account. */
  readonly sign: (fields: Fields, envelope: Envelope) => SignedTransaction
  /** No transaction offers more. */
  readonly feeDropsMax: bigint
}

interface Entry {
  readonly id: number
  readonly fields: Fields
  readonly sequence: number
  readonly lastLedger: number
  /** Of each fee that was tried. */
  readonly hashes: Set<string>
  feeDrops: bigint
  /** What goes out, at that fee. */
  transaction: SignedTransaction
  /** Newest ledger when that fee was first offered. */
  offeredAt: number
  answer: string | undefined
}

export class Outbox implements Machine<OutboxInput, OutboxOutput> {
  readonly #options: OutboxOptions
  readonly #outputs = new Queue<OutboxOutput>()
  #entry: Entry | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.#entry === undefined
  }

  handle(input: OutboxInput): void {
    switch (input.kind) {
      case 'submit':
        return this.#submit(input)
      case 'validated':
        return this.#handleValidated(input.transaction)
      case 'ledger':
        return this.#handleLedger(input.ledgerIndex, input.feeDrops)
      case 'gap':
        return this.#handleGap(input.sequence)
      case 'answered':
        if (this.#entry?.id === input.id) this.#entry.answer = input.result
        return
    }
  }

  poll(): OutboxOutput | undefined {
    return this.#outputs.shift()
  }

  /** Ledgers are its clock. */
  nextTimeout(): undefined {
    return undefined
  }

  #submit({ id, fields, sequence, ledgerIndex, feeDrops }: Extract<OutboxInput, { kind: 'submit' }>): void {
    assert(this.#entry === undefined, 'one transaction at a time')
    const lastLedger = ledgerIndex + LEDGERS_MAX
    const fee = this.#cap(feeDrops)
    const transaction = this.#options.sign(fields, { sequence, lastLedger, feeDrops: fee })
    this.#entry = {
      id,
      fields,
      sequence,
      lastLedger,
      hashes: new Set([transaction.hash]),
      feeDrops: fee,
      transaction,
      offeredAt: ledgerIndex,
      answer: undefined,
    }
    this.#outputs.push({ kind: 'send', id, transaction })
  }

  #handleValidated({ hash, sequence }: OwnTransaction): void {
    const entry = this.#entry
    if (entry?.sequence !== sequence) return
    if (!entry.hashes.has(hash)) return this.#end(entry)
    this.#entry = undefined
    this.#outputs.push({ kind: 'final', id: entry.id, hash })
  }

  /** Where the number is taken, whoever took it was passed over: the state that it led to decides. */
  #handleGap(sequence: number): void {
    const entry = this.#entry
    if (entry === undefined) return
    if (sequence > entry.sequence) this.#end(entry)
  }

  #handleLedger(ledgerIndex: number, marketDrops: bigint): void {
    const entry = this.#entry
    if (entry === undefined) return
    if (ledgerIndex >= entry.lastLedger) return this.#end(entry)
    if (entry.answer === FEE_TOO_LOW || ledgerIndex - entry.offeredAt >= PATIENCE_LEDGERS) {
      this.#raise(entry, ledgerIndex, marketDrops)
    }
    this.#outputs.push({ kind: 'send', id: entry.id, transaction: entry.transaction })
  }

  /** Offers more for the same: the sequence number lets only one of the two happen. */
  #raise(entry: Entry, ledgerIndex: number, marketDrops: bigint): void {
    const raised = entry.feeDrops + entry.feeDrops / 2n + 1n
    entry.offeredAt = ledgerIndex
    entry.answer = undefined
    entry.feeDrops = this.#cap(marketDrops > raised ? marketDrops : raised)
    entry.transaction = this.#options.sign(entry.fields, entry)
    entry.hashes.add(entry.transaction.hash)
  }

  #end({ id, answer }: Entry): void {
    this.#entry = undefined
    this.#outputs.push({ kind: 'void', id, answer })
  }

  #cap(feeDrops: bigint): bigint {
    return feeDrops < this.#options.feeDropsMax ? feeDrops : this.#options.feeDropsMax
  }
}

/** Ledgers that have the chance to hold a transaction: some 40 seconds. */
export const LEDGERS_MAX = 10
/** After so many without it, a higher fee is offered. */
const PATIENCE_LEDGERS = 3
const FEE_TOO_LOW = 'telINSUF_FEE_P'
