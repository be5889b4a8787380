/**
 * The transactions of one key: their nonces, fees, repetitions and ends. Layer 1.
 *
 *     waiting --send--> sent --nonce taken, receipt--> included --deep enough--> final
 *                       | ^                            |
 *            too long:  | | reorganised away           | nonce taken, but by no transaction of ours
 *            send again +-+----------------------------+-------------------------------------------> displaced
 *
 * One transaction at a time waits for a block, so no nonce is ever left out; the rest wait in line. What the
 * chain says (a nonce count, a receipt) decides, never an answer to a broadcast: that may have got lost, or be
 * a refusal of what an earlier, lost one has done already.
 */
import { type Instant, type Machine, Queue } from '@hourglass/sansio'

/** What a transaction does. */
export interface Call {
  readonly to: string
  /** Hex, as all bytes that travel in JSON. */
  readonly data: string
  readonly value: bigint
  readonly gas: bigint
}

/** EIP-1559, in wei. */
export interface Fees {
  /** Base fee and tip together may not be more. */
  readonly perGasMax: bigint
  readonly tipPerGas: bigint
}

export interface UnsignedTransaction extends Call, Fees {
  readonly nonce: number
}

export interface SignedTransaction {
  readonly hash: string
  readonly raw: string
}

/** Where the chain stands, as one node sees it. */
export interface Head {
  /** Newest block. */
  readonly number: number
  /** Newest block that counts as final. */
  readonly finalNumber: number
  /** Transactions of our key up to `number`, and up to `finalNumber`: the next free nonce there. */
  readonly nonce: number
  readonly finalNonce: number
  /** What gets a transaction into one of the next blocks. */
  readonly fees: Fees
}

export interface Receipt {
  readonly hash: string
  readonly blockNumber: number
  /** False: it was included, but reverted. */
  readonly success: boolean
  /** In wei, whatever the chain charged. */
  readonly fee: bigint
}

export type OutboxInput =
  | { readonly kind: 'submit'; readonly id: number; readonly call: Call }
  | { readonly kind: 'head'; readonly head: Head }
  /** Answers `look`: the receipt of any of the hashes. */
  | { readonly kind: 'looked'; readonly id: number; readonly receipt: Receipt | undefined }
  /** The node refused a broadcast for its fee. Any other refusal is not handed in: what comes of it shows. */
  | { readonly kind: 'underpriced'; readonly id: number }

export type OutboxOutput =
  | { readonly kind: 'send'; readonly id: number; readonly transaction: SignedTransaction }
  | { readonly kind: 'look'; readonly id: number; readonly hashes: readonly string[] }
  | { readonly kind: 'included'; readonly id: number; readonly receipt: Receipt }
  | { readonly kind: 'final'; readonly id: number; readonly receipt: Receipt }
  /** Somebody else used the nonce with our key: this transaction has no effect and will have none. */
  | { readonly kind: 'displaced'; readonly id: number }

export interface OutboxOptions {
  /** Signs for our key on our chain. */
  readonly sign: (transaction: UnsignedTransaction) => SignedTransaction
  /** After that long without a block, a transaction is sent again, for more. */
  readonly resendAfterMs: number
  /** No transaction offers more for a unit of gas. */
  readonly feePerGasMax: bigint
}

interface Entry {
  readonly id: number
  readonly call: Call
  readonly nonce: number
  readonly hashes: string[]
  fees: Fees
  sentAt: Instant
  /** The node told us that the fee is too low. */
  underpriced: boolean
  included: boolean
  /** How often nothing of ours was found at a nonce that is taken for good. */
  fruitlessLooks: number
}

export class Outbox implements Machine<OutboxInput, OutboxOutput> {
  readonly #options: OutboxOptions
  readonly #outputs = new Queue<OutboxOutput>()
  readonly #waiting = new Queue<{ readonly id: number; readonly call: Call }>()
  /** By id, in the order of their nonces; all but the last are included, as far as the newest head tells. */
  readonly #sent = new Map<number, Entry>()
  #head: Head | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Whether heads are of use. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#sent.size === 0
  }

  handle(input: OutboxInput, now: Instant): void {
    switch (input.kind) {
      case 'submit':
        this.#waiting.push({ id: input.id, call: input.call })
        return
      case 'head':
        this.#head = input.head
        this.#handleHead(input.head, now)
        return
      case 'looked':
        this.#handleLooked(input.id, input.receipt)
        return
      case 'underpriced': {
        const entry = this.#sent.get(input.id)
        if (entry !== undefined) entry.underpriced = true
        return
      }
    }
  }

  poll(): OutboxOutput | undefined {
    return this.#outputs.shift()
  }

  /** Heads bring the time along. */
  nextTimeout(): undefined {
    return undefined
  }

  #handleHead(head: Head, now: Instant): void {
    let clear = true
    for (const entry of this.#sent.values()) {
      if (entry.nonce < head.nonce) {
        this.#outputs.push({ kind: 'look', id: entry.id, hashes: entry.hashes })
      } else {
        clear = false
        entry.included = false
        if (entry.underpriced || now - entry.sentAt >= this.#options.resendAfterMs) {
          this.#send(entry, this.#raise(entry.fees, head.fees), now)
        }
      }
    }
    const next = clear ? this.#waiting.shift() : undefined
    if (next === undefined) return
    const entry = {
      ...next,
      nonce: head.nonce,
      hashes: [],
      fees: head.fees,
      sentAt: now,
      underpriced: false,
      included: false,
      fruitlessLooks: 0,
    }
    this.#sent.set(entry.id, entry)
    this.#send(entry, this.#cap(head.fees), now)
  }

  #send(entry: Entry, fees: Fees, now: Instant): void {
    entry.fees = fees
    entry.sentAt = now
    entry.underpriced = false
    const transaction = this.#options.sign({ ...entry.call, ...fees, nonce: entry.nonce })
    if (!entry.hashes.includes(transaction.hash)) entry.hashes.push(transaction.hash)
    this.#outputs.push({ kind: 'send', id: entry.id, transaction })
  }

  #handleLooked(id: number, receipt: Receipt | undefined): void {
    const entry = this.#sent.get(id)
    if (entry === undefined || this.#head === undefined) return
    if (receipt === undefined) {
      entry.included = false
      if (this.#head.finalNonce <= entry.nonce || ++entry.fruitlessLooks < FRUITLESS_LOOKS_MAX) return
      this.#sent.delete(id)
      this.#outputs.push({ kind: 'displaced', id })
      return
    }
    if (!entry.included) {
      entry.included = true
      this.#outputs.push({ kind: 'included', id, receipt })
    }
    if (receipt.blockNumber > this.#head.finalNumber) return
    this.#sent.delete(id)
    this.#outputs.push({ kind: 'final', id, receipt })
  }

  /** What replaces a transaction that waits: nodes want at least a tenth more, for fee and tip alike. */
  #raise(last: Fees, market: Fees): Fees {
    return this.#cap({
      perGasMax: larger(market.perGasMax, raised(last.perGasMax)),
      tipPerGas: larger(market.tipPerGas, raised(last.tipPerGas)),
    })
  }

  #cap({ perGasMax, tipPerGas }: Fees): Fees {
    const cap = this.#options.feePerGasMax
    return { perGasMax: smaller(perGasMax, cap), tipPerGas: smaller(tipPerGas, cap) }
  }
}

/** A node behind a balancer may not know a block yet that another one has told us of. */
const FRUITLESS_LOOKS_MAX = 3

/** An eighth more, and something even for next to nothing. */
const raised = (fee: bigint): bigint => fee + fee / 8n + 1n
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)
