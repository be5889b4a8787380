/**
 * Payments through LND, each once by its hash. Layer 2, io.
 *
 *   asked for ── tracked: LND knows it ──▶ its end, now or later
 *        └────── not found ──▶ sent ──▶ its end; where the answer is lost, unknown: to be asked for again
 */
import { createHash } from 'node:crypto'
import { decodeHex, encodeBase64, encodeHex } from '@hourglass/oer'
import type { Keysend, PaymentEnd } from '../../node.ts'
import type { Fields } from '../daemon/json.ts'
import { RETRY_S, UnderWay, feeMsatMax } from '../daemon/payments.ts'
import { LightningError } from '../lightning-error.ts'
import { type LndClient, LndRefusal, NOT_FOUND, inPath } from './client.ts'

/** The record that holds the preimage. */
export const KEYSEND_RECORD = 5_482_373_484n

export class LndPayments {
  readonly #client: LndClient
  readonly #underWay = new UnderWay()

  constructor(client: LndClient) {
    this.#client = client
  }

  keysend({ nodeId, amountMsat, preimage, records }: Keysend): Promise<PaymentEnd> {
    const hash = createHash('sha256').update(preimage).digest()
    const custom: Record<string, string> = { [String(KEYSEND_RECORD)]: encodeBase64(preimage) }
    for (const { type, value } of records) custom[String(type)] = encodeBase64(value)
    return this.#pay(hash, {
      dest: encodeBase64(decodeHex(nodeId)!),
      amt_msat: String(amountMsat),
      payment_hash: encodeBase64(hash),
      fee_limit_msat: String(feeMsatMax(amountMsat)),
      dest_custom_records: custom,
      // A peer without public channels has told LND's graph nothing.
      dest_features: ['TLV_ONION_OPT'],
      max_parts: 1,
    })
  }

  /** @throws LightningError `refused` where the invoice cannot be read */
  async payInvoice(invoice: string): Promise<PaymentEnd> {
    const read = await this.#client.get(`/v1/payreq/${encodeURIComponent(invoice)}`)
    const amountMsat = read.amount('num_msat')
    if (amountMsat === 0n) throw new LightningError('refused', 'the invoice names no amount')
    return this.#pay(read.hex('payment_hash'), {
      payment_request: invoice,
      fee_limit_msat: String(feeMsatMax(amountMsat)),
    })
  }

  forget(hash: Uint8Array): Promise<void> {
    const path = `/v1/payment?payment_hash=${encodeURIComponent(encodeBase64(hash))}`
    return this.#underWay.forget(encodeHex(hash), () => this.#client.ask({ method: 'DELETE', path }))
  }

  #pay(hash: Uint8Array, payment: object): Promise<PaymentEnd> {
    const pay = async (): Promise<PaymentEnd> => (await this.#track(hash)) ?? this.#send(hash, payment)
    return this.#underWay.join(encodeHex(hash), pay)
  }

  /** Undefined: LND has never heard of it. */
  async #track(hash: Uint8Array): Promise<PaymentEnd | undefined> {
    const path = `/v2/router/track/${inPath(hash)}?no_inflight_updates=true`
    try {
      return await this.#endOf(this.#client.stream({ method: 'GET', path }))
    } catch (error) {
      if (error instanceof LndRefusal && error.grpcCode === NOT_FOUND) return undefined
      throw error
    }
  }

  async #send(hash: Uint8Array, payment: object): Promise<PaymentEnd> {
    const body = { ...payment, timeout_seconds: RETRY_S, no_inflight_updates: true }
    try {
      return await this.#endOf(this.#client.stream({ method: 'POST', path: '/v2/router/send', body }))
    } catch (error) {
      if (!(error instanceof LndRefusal)) throw error
      // Refused before it began; or it has begun by another order.
      return (await this.#track(hash)) ?? { kind: 'failed', reason: error.message }
    }
  }

  async #endOf(updates: AsyncIterable<Fields>): Promise<PaymentEnd> {
    for await (const update of updates) {
      const status = update.text('status')
      if (status === 'SUCCEEDED') {
        return { kind: 'sent', preimage: update.hex('payment_preimage'), feeMsat: update.amount('fee_msat') }
      }
      if (status === 'FAILED') {
        return { kind: 'failed', reason: update.text('failure_reason').replace(/^FAILURE_REASON_/, '') }
      }
    }
    throw this.#client.unavailable('has not told the end of a payment')
  }
}
