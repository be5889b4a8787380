/** Invoices through Core Lightning: made, and paid once. Layer 2, io. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeHex } from '@hourglass/oer'
import type { InvoiceOptions, PaymentEnd } from '../../node.ts'
import type { Fields } from '../daemon/json.ts'
import { RETRY_S, UnderWay, feeMsatMax } from '../daemon/payments.ts'
import { LightningError } from '../lightning-error.ts'
import { type ClnClient, ClnRefusal } from './client.ts'

const POLL_MS = 500
/** `xpay` looks for ways, and then may wait for what is on one. */
const PAY_TIMEOUT_MS = 600_000

export class ClnInvoices {
  readonly #client: ClnClient
  readonly #underWay = new UnderWay()
  /** Hashes for which an `xpay` may still look for ways, though we have not heard of it. */
  readonly #unheard = new Set<string>()

  constructor(client: ClnClient) {
    this.#client = client
  }

  /** @throws LightningError `unsupported` where the hash is somebody else's */
  async create({ amountMsat, description, expiryS, hash }: InvoiceOptions): Promise<string> {
    if (hash !== undefined) throw holdsNothing()
    const made = await this.#client.call('invoice', {
      amount_msat: `${amountMsat}msat`,
      label: `hourglass-${randomBytes(16).toString('hex')}`,
      description,
      expiry: expiryS,
      exposeprivatechannels: true,
    })
    return made.text('bolt11')
  }

  /** @throws LightningError `refused` where the invoice cannot be read */
  async pay(invoice: string): Promise<PaymentEnd> {
    const read = await this.#client.call('decode', { string: invoice })
    if (!read.flag('valid') || read.text('type') !== 'bolt11 invoice') {
      throw new LightningError('refused', 'this is no invoice')
    }
    if (!read.has('amount_msat')) throw new LightningError('refused', 'the invoice names no amount')
    const hash = read.text('payment_hash')
    const order = {
      invstring: invoice,
      maxfee: `${feeMsatMax(read.amount('amount_msat'))}msat`,
      retry_for: RETRY_S,
    }
    return this.#underWay.join(hash, async () => (await this.#end(hash)) ?? this.#begin(hash, order))
  }

  forget(hash: Uint8Array): Promise<void> {
    const name = encodeHex(hash)
    const order = { payment_hash: name, status: 'failed' }
    return this.#underWay.forget(name, () => this.#client.call('delpay', order))
  }

  async #begin(hash: string, order: object): Promise<PaymentEnd> {
    try {
      return sent(await this.#client.call('xpay', order, { timeoutMs: PAY_TIMEOUT_MS }), 'payment_preimage')
    } catch (error) {
      if (!(error instanceof ClnRefusal)) {
        this.#unheard.add(hash)
        throw error
      }
      // It has given up, and what it has sent may still be on its way.
      const isOver = !this.#unheard.delete(hash)
      return (await this.#end(hash, isOver)) ?? { kind: 'failed', reason: error.message }
    }
  }

  /** Undefined: it was never tried. Between two tries it looks as failed: not final before it has had its time. */
  async #end(hash: string, isOver = false): Promise<PaymentEnd | undefined> {
    for (;;) {
      const [payment] = (await this.#client.call('listpays', { payment_hash: hash })).list('pays')
      if (payment === undefined) return undefined
      const status = payment.text('status')
      if (status === 'complete') return sent(payment, 'preimage')
      if (status === 'failed' && (isOver || isOld(payment))) return { kind: 'failed', reason: 'failed' }
      await sleep(POLL_MS)
    }
  }
}

export function holdsNothing(): LightningError {
  return new LightningError('unsupported', 'Core Lightning holds no payments without a plugin for it')
}

function isOld(payment: Fields): boolean {
  return Date.now() / 1000 > payment.count('created_at') + 2 * RETRY_S
}

function sent(payment: Fields, preimage: string): PaymentEnd {
  const feeMsat = payment.amount('amount_sent_msat') - payment.amount('amount_msat')
  return { kind: 'sent', preimage: payment.hex(preimage), feeMsat }
}
