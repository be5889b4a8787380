/** Which coins a payment spends, and what it offers. Layer 1. */
import { addressOf, dustLimit } from './address.ts'
import type { Outpoint, TransactionOutput } from './block.ts'
import type { CoinBook } from './coin-book.ts'
import { type Coin, sumOf } from './coin.ts'
import { type DraftOptions, type SignedTransaction, draftTransaction } from './draft.ts'
import { type Market, marketRate, raisedRate, rateOf, replacementFeeMin } from './fees.ts'
import type { Keys } from './keys.ts'
import type { PaymentBook } from './payment-book.ts'
import { type Entry, isWaiting, newest } from './payment.ts'
import { encodeHex } from '@hourglass/oer'

export interface PaymentRequest {
  readonly reference: string
  readonly outputs: readonly TransactionOutput[]
  /** Default: the market's. */
  readonly satsPerVbyte: bigint | undefined
  /** Its transaction keeps its id, whatever it costs: no other takes its place. */
  readonly isFixed: boolean
  /** Signed and written down, but not sent. */
  readonly isKept: boolean
}

export type Refusal =
  /** The coins that can be spent now do not suffice. */
  | 'insufficient-funds'
  /** An output is so small that nodes do not relay it. */
  | 'dust'
  /** The reference names another payment. */
  | 'reference-used'
  | 'no-payment'
  /** The payment is not in a state for what is asked, or it would cost more than it may. */
  | 'not-possible'

export interface Refused {
  readonly refusal: Refusal
  /** For people. */
  readonly message: string
}

export interface PlannerOptions {
  readonly keys: Keys
  readonly coins: CoinBook
  readonly payments: PaymentBook
  readonly rateMax: bigint
}

export class Planner {
  readonly #options: PlannerOptions
  market: Market = { estimate: undefined, minimum: 1n }
  /** Of the newest block. */
  height = 0
  /** Coins that others spend with our signature, and the height at which they would have done so. */
  readonly #lent = new Map<Outpoint, number>()

  constructor(options: PlannerOptions) {
    this.#options = options
  }

  /** What a new payment offers. */
  get rate(): bigint {
    return marketRate(this.market, this.#options.rateMax)
  }

  /** Coins in blocks, old enough, and spent by no payment. */
  minedCoins(): Coin[] {
    const { coins, payments } = this.#options
    return [...coins.unspent()].filter(
      ({ outpoint, isReward, height }) =>
        !payments.isReserved(outpoint) && (!isReward || this.height + 1 - height >= REWARD_MATURITY),
    )
  }

  /** Payments leave that coin alone for a while: a transaction that is not ours spends it. */
  lend(outpoint: Outpoint): void {
    for (const [known, until] of this.#lent) if (until <= this.height) this.#lent.delete(known)
    this.#lent.set(outpoint, this.height + LENT_BLOCKS)
  }

  /** Coins that a payment may spend. */
  #freeCoins(): Coin[] {
    return this.minedCoins().filter(({ outpoint }) => (this.#lent.get(outpoint) ?? 0) <= this.height)
  }

  /** A payment, and whether it was made now: one that has its reference already is left as it is. */
  plan(request: PaymentRequest): { readonly entry: Entry; readonly isNew: boolean } | Refused {
    const { payments } = this.#options
    const { reference, outputs, satsPerVbyte, isFixed, isKept } = request
    const known = payments.get(reference)
    if (known !== undefined && !known.isVoid) {
      if (isSame(known.outputs, outputs)) return { entry: known, isNew: false }
      return { refusal: 'reference-used', message: `${reference} names a payment of something else` }
    }
    const { rateMax } = this.#options
    if (satsPerVbyte !== undefined && satsPerVbyte > rateMax) {
      return { refusal: 'not-possible', message: `no payment may cost more than ${rateMax} sat/vB` }
    }
    const dust = outputs.find(({ sats, script }) => sats < dustLimit(script))
    if (dust !== undefined) return this.#dust(dust)
    const version = this.#draftPayment(request)
    if (version === undefined) return this.#insufficient(outputs)
    const entry: Entry = {
      sequence: payments.nextSequence(),
      reference,
      outputs,
      isFixed,
      isKept,
      isVoid: false,
      versions: [version],
      offeredAt: this.height,
      mined: undefined,
      conflictAt: undefined,
      objection: undefined,
      isUnderpriced: false,
    }
    payments.add(entry)
    return { entry, isNew: true }
  }

  /** Adds a version that offers more. Undefined: done. */
  raise(entry: Entry, satsPerVbyte: bigint | undefined): Refused | undefined {
    const { payments, rateMax } = this.#options
    const { reference, isFixed, isKept } = entry
    const impossible = (why: string): Refused => ({
      refusal: 'not-possible',
      message: `payment ${reference} ${why}`,
    })
    if (!isWaiting(entry) || isKept) return impossible('does not wait for a block')
    if (isFixed) return impossible('has to keep the id of its transaction')
    if (payments.hasDependents(entry)) return impossible('has change that another payment spends')
    const old = newest(entry)
    const offered = rateOf(old.fee, old.vbytes)
    const rate = satsPerVbyte ?? raisedRate(offered, this.rate, rateMax)
    if (rate === undefined || rate > rateMax) return impossible(`may not cost more than ${rateMax} sat/vB`)
    const version = this.#draftReplacement(entry, old, rate)
    if (version === undefined) return this.#insufficient(entry.outputs)
    payments.addVersion(entry, version)
    entry.offeredAt = this.height
    entry.isUnderpriced = false
    entry.objection = undefined
    return undefined
  }

  #draftPayment({ outputs, satsPerVbyte, isFixed }: PaymentRequest): SignedTransaction | undefined {
    const rate = satsPerVbyte ?? this.rate
    const mined = this.#freeCoins()
    const draft = (optional: readonly Coin[]): SignedTransaction | undefined =>
      this.#draftPackage({ outputs, required: [], optional, satsPerVbyte: rate, isReplaceable: !isFixed })
    return draft(mined) ?? draft([...mined, ...this.#usableChange()])
  }

  /** BIP 125: no coin is new that waits for a block itself. */
  #draftReplacement(entry: Entry, old: SignedTransaction, rate: bigint): SignedTransaction | undefined {
    const draft = (satsPerVbyte: bigint): SignedTransaction | undefined =>
      this.#draftPackage({
        outputs: entry.outputs,
        required: old.inputs,
        optional: this.#freeCoins(),
        satsPerVbyte,
        isReplaceable: true,
      })
    const version = draft(rate)
    if (version === undefined) return undefined
    const feeMin = replacementFeeMin(old.fee, version.vbytes)
    return version.fee >= feeMin ? version : draft(rateOf(feeMin, version.vbytes))
  }

  /** Pays for those as well whose change it spends, where they offer less. */
  #draftPackage(options: DraftOptions): SignedTransaction | undefined {
    const { keys, payments, rateMax } = this.#options
    const { satsPerVbyte } = options
    const version = draftTransaction(options, keys)
    if (version === undefined) return undefined
    const ancestors = [...payments.ancestorsOf(version.inputs)].map(newest)
    if (ancestors.length > ANCESTORS_MAX) return undefined
    let missing = 0n
    for (const { fee, vbytes } of ancestors) missing += satsPerVbyte * BigInt(vbytes) - fee
    if (missing <= 0n) return version
    const rate = rateOf(satsPerVbyte * BigInt(version.vbytes) + missing, version.vbytes)
    return draftTransaction({ ...options, satsPerVbyte: rate < rateMax ? rate : rateMax }, keys)
  }

  /** Of payments that were sent in one version only: another one would make the change another coin. */
  #usableChange(): Coin[] {
    const { payments } = this.#options
    return Array.from(payments.waitingChange())
      .filter(({ entry }) => !entry.isKept && entry.versions.length === 1 && entry.conflictAt === undefined)
      .map(({ coin }) => coin)
  }

  #dust({ sats, script }: TransactionOutput): Refused {
    const to = addressOf(script, this.#options.keys.network) ?? encodeHex(script)
    return {
      refusal: 'dust',
      message: `${sats} sat to ${to} are less than ${dustLimit(script)}, which nodes do not relay`,
    }
  }

  #insufficient(outputs: readonly TransactionOutput[]): Refused {
    const available = sumOf(this.#freeCoins())
    const waiting = sumOf(Array.from(this.#options.payments.waitingChange(), ({ coin }) => coin))
    return {
      refusal: 'insufficient-funds',
      message: `${sumOf(outputs)} sat and the fee are more than there is: ${available} sat, and ${waiting} that wait`,
    }
  }
}

const REWARD_MATURITY = 100
/** A day: whoever has not spent a lent coin by then is taken to have found another. */
const LENT_BLOCKS = 144
/** Nodes take chains of 25 transactions that wait. */
const ANCESTORS_MAX = 20

function isSame(a: readonly TransactionOutput[], b: readonly TransactionOutput[]): boolean {
  const text = (outputs: readonly TransactionOutput[]): string =>
    outputs.map(({ sats, script }) => `${sats} ${encodeHex(script)}`).join()
  return text(a) === text(b)
}
