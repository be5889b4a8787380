/** Sends payments through LDK, each once by its hash, and tells whoever waits how it ended. Layer 2, io. */
import {
  Bolt11Invoice,
  Option_ThirtyTwoBytesZ as MaybePreimage,
  PaymentParameters,
  RecentPaymentDetails_Abandoned as Abandoned,
  RecentPaymentDetails_Fulfilled as Fulfilled,
  RecentPaymentDetails_Pending as Pending,
  RecipientOnionFields,
  Result_C3Tuple_ThirtyTwoBytesRecipientOnionFieldsRouteParametersZNoneZ_OK as InvoiceParameters,
  Result_Bolt11InvoiceParseOrSemanticErrorZ_OK as InvoiceRead,
  Result_RecipientOnionFieldsNoneZ_OK as WithRecords,
  Result_NoneRetryableSendFailureZ_Err as NotSent,
  Result_ThirtyTwoBytesRetryableSendFailureZ_Err as KeysendNotSent,
  Retry,
  RetryableSendFailure,
  RouteParameters,
  TwoTuple_u64CVec_u8ZZ as RecordTuple,
  UtilMethods,
} from 'lightningdevkit'
import { createHash } from 'node:crypto'
import { decodeHex, encodeHex } from '@hourglass/oer'
import type { CustomRecord, Keysend, PaymentEnd } from '../../node.ts'
import { LightningError } from '../lightning-error.ts'
import type { Engine } from './engine.ts'
import type { PaymentBook } from './payment-book.ts'

/** Ways that are tried. */
const ATTEMPTS = 3
/** Blocks that the receiver keeps for itself to claim. */
const FINAL_CLTV_BLOCKS = 40

/** LDK remembers it, we do not: how it ended is not known here. */
const DUPLICATE = 'LDKRetryableSendFailure_DuplicatePayment'

type Told = (end: PaymentEnd) => void

export class Payer {
  readonly #engine: Engine
  readonly #book: PaymentBook
  /** Payments under way, and who waits for them. */
  readonly #underWay = new Map<string, Told[]>()

  constructor(engine: Engine, book: PaymentBook) {
    this.#engine = engine
    this.#book = book
    for (const payment of engine.manager.list_recent_payments()) {
      // One that is given up may still arrive, and the end of one that arrived may not be told yet.
      const isKnown =
        payment instanceof Pending || payment instanceof Abandoned || payment instanceof Fulfilled
      if (isKnown) this.#underWay.set(encodeHex(payment.payment_id), [])
    }
  }

  /** Whether its end is not noted yet; LDK may tell it again after that. */
  isUnderWay(hash: string): boolean {
    return this.#underWay.has(hash)
  }

  /** To be called once the end is noted; returns who is to be told when it is durable. */
  ended(hash: string): readonly Told[] {
    const told = this.#underWay.get(hash)
    if (told === undefined) return []
    this.#underWay.delete(hash)
    return told
  }

  keysend({ nodeId, amountMsat, preimage, records }: Keysend, told: Told): void {
    const hash = createHash('sha256').update(preimage).digest()
    this.#begin(hash.toString('hex'), told, () => {
      const onion = withRecords(RecipientOnionFields.constructor_spontaneous_empty(), records)
      const payee = PaymentParameters.constructor_for_keysend(decodeHex(nodeId)!, FINAL_CLTV_BLOCKS, false)
      const route = RouteParameters.constructor_from_payment_params_and_value(payee, amountMsat)
      const result = this.#engine.manager.send_spontaneous_payment(
        MaybePreimage.constructor_some(preimage),
        onion,
        hash,
        route,
        Retry.constructor_attempts(ATTEMPTS),
      )
      return result instanceof KeysendNotSent ? RetryableSendFailure[result.err] : undefined
    })
  }

  /** @throws LightningError `refused` where the invoice cannot be read */
  payInvoice(text: string, told: Told): void {
    const read = Bolt11Invoice.constructor_from_str(text)
    if (!(read instanceof InvoiceRead)) throw new LightningError('refused', 'this is no invoice')
    const parameters = UtilMethods.constructor_payment_parameters_from_invoice(read.res)
    if (!(parameters instanceof InvoiceParameters)) {
      throw new LightningError('refused', 'the invoice names no amount')
    }
    const hash = parameters.res.get_a()
    this.#begin(encodeHex(hash), told, () => {
      const retry = Retry.constructor_attempts(ATTEMPTS)
      const { manager } = this.#engine
      const { res } = parameters
      const result = manager.send_payment(hash, res.get_b(), hash, res.get_c(), retry)
      return result instanceof NotSent ? RetryableSendFailure[result.err] : undefined
    })
  }

  /** Sends unless it has ended or is under way; `send` returns why it could not begin. */
  #begin(hash: string, told: Told, send: () => string | undefined): void {
    const end = this.#book.end(hash)
    if (end !== undefined) return told(end)
    const others = this.#underWay.get(hash)
    if (others !== undefined) {
      others.push(told)
      return
    }
    const failure = send()
    if (failure === DUPLICATE)
      throw new LightningError('unavailable', 'a payment by this hash has just ended')
    if (failure === undefined) this.#underWay.set(hash, [told])
    else told({ kind: 'failed', reason: failure.split('_')[1] ?? failure })
  }
}

function withRecords(onion: RecipientOnionFields, records: readonly CustomRecord[]): RecipientOnionFields {
  const tuples = records.map(({ type, value }) => RecordTuple.constructor_new(type, value))
  const result = onion.with_custom_tlvs(tuples)
  if (!(result instanceof WithRecords)) throw new LightningError('refused', 'bad types of records')
  return result.res
}
