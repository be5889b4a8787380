/**
 * Payments by keysend through Core Lightning, each once by its hash. Layer 2, io.
 *
 * Its own `keysend` draws the preimage itself, so that nobody could ask for a payment whose answer was lost. Here the
 * onion is made with our preimage, and sent as the one attempt of group 1: lightningd has one row for hash, part and
 * group, answers a second order by what became of the first, and never makes a second attempt of it.
 *
 *   waitsendpay ── known ──▶ its end, now or later
 *        └──── 208: never made ──▶ getroutes ──▶ createonion ──▶ sendonion ──▶ waitsendpay
 */
import { createHash } from 'node:crypto'
import { encodeHex } from '@hourglass/oer'
import type { Keysend, PaymentEnd } from '../../node.ts'
import type { Fields } from '../daemon/json.ts'
import { UnderWay, feeMsatMax } from '../daemon/payments.ts'
import { LightningError } from '../lightning-error.ts'
import { type ClnClient, ClnRefusal, NO_SUCH_PAYMENT, PAYMENT_NOT_ENDED } from './client.ts'
import { hopPayload, keysendPayload } from './onion.ts'

/** Blocks that the receiver keeps for itself to claim: what others ask for at most. */
const FINAL_CLTV_BLOCKS = 42
const GROUP = 1
/** One call waits as long, and is then made again. */
const WAIT_S = 50
const WAIT_TIMEOUT_MS = 80_000

export class ClnKeysend {
  readonly #client: ClnClient
  readonly #underWay = new UnderWay()

  constructor(client: ClnClient) {
    this.#client = client
  }

  send(payment: Keysend): Promise<PaymentEnd> {
    const hash = createHash('sha256').update(payment.preimage).digest('hex')
    return this.#underWay.join(hash, async () => (await this.#end(hash)) ?? this.#begin(hash, payment))
  }

  /** Undefined: it was never made. */
  async #end(hash: string): Promise<PaymentEnd | undefined> {
    const params = { payment_hash: hash, groupid: GROUP, timeout: WAIT_S }
    for (;;) {
      try {
        return sent(await this.#client.call('waitsendpay', params, { timeoutMs: WAIT_TIMEOUT_MS }))
      } catch (error) {
        if (!(error instanceof ClnRefusal)) throw error
        if (error.rpcCode === NO_SUCH_PAYMENT) return undefined
        if (error.rpcCode !== PAYMENT_NOT_ENDED) return this.#failure(hash, error)
      }
    }
  }

  /** What is refused is not what has failed: the row says which it is. */
  async #failure(hash: string, refusal: ClnRefusal): Promise<PaymentEnd> {
    const attempts = (await this.#client.call('listsendpays', { payment_hash: hash })).list('payments')
    const attempt = attempts.find((each) => each.count('groupid') === GROUP)
    if (attempt?.text('status') !== 'failed') throw this.#client.unavailable(refusal.message)
    return failed(refusal)
  }

  async #begin(hash: string, payment: Keysend): Promise<PaymentEnd> {
    try {
      const order = await this.#order(hash, payment)
      await this.#client.call('sendonion', order)
    } catch (error) {
      if (!(error instanceof ClnRefusal)) throw error
      // Refused before it began; or it has begun by another order.
      return (await this.#end(hash)) ?? failed(error)
    }
    const end = await this.#end(hash)
    if (end === undefined) throw this.#client.unavailable('does not know the payment that it has just begun')
    return end
  }

  /** One way for all of it. */
  async #order(hash: string, { nodeId, amountMsat, preimage, records }: Keysend): Promise<object> {
    const info = await this.#client.call('getinfo')
    const found = await this.#client.call('getroutes', {
      source: info.text('id'),
      destination: nodeId,
      amount_msat: msat(amountMsat),
      layers: ['auto.localchans', 'auto.sourcefree'],
      maxfee_msat: msat(feeMsatMax(amountMsat)),
      final_cltv: FINAL_CLTV_BLOCKS,
      maxparts: 1,
    })
    const hops = found.list('routes')[0]?.list('path').map(readHop) ?? []
    const [first] = hops
    if (first === undefined) throw new LightningError('unavailable', 'Core Lightning answers with no route')
    const height = info.count('blockheight')
    const payloads = hops.map((hop, i) => {
      const next = hops[i + 1]
      const cltv = height + (next?.delay ?? FINAL_CLTV_BLOCKS)
      const octets =
        next === undefined
          ? keysendPayload({ amountMsat, cltv, preimage, records })
          : hopPayload({ amountMsat: next.amountMsat, cltv, channel: next.channel })
      return { pubkey: hop.nodeId, payload: encodeHex(octets) }
    })
    const made = await this.#client.call('createonion', { hops: payloads, assocdata: hash })
    const { nodeId: id, channel, delay } = first
    return {
      onion: made.text('onion'),
      first_hop: { id, channel, amount_msat: msat(first.amountMsat), delay },
      payment_hash: hash,
      groupid: GROUP,
      shared_secrets: made.texts('shared_secrets'),
      destination: nodeId,
      amount_msat: msat(amountMsat),
    }
  }
}

interface Hop {
  readonly nodeId: string
  readonly channel: string
  /** What goes into it, and the blocks that this may take. */
  readonly amountMsat: bigint
  readonly delay: number
}

/** Its fields have other names since v26.06. */
function readHop(hop: Fields): Hop {
  const [channel = ''] = hop.text('short_channel_id_dir').split('/')
  const isNew = hop.has('node_id_out')
  return {
    nodeId: hop.text(isNew ? 'node_id_out' : 'next_node_id'),
    channel,
    amountMsat: hop.amount(isNew ? 'amount_in_msat' : 'amount_msat'),
    delay: hop.count(isNew ? 'cltv_in' : 'delay'),
  }
}

function sent(payment: Fields): PaymentEnd {
  const feeMsat = payment.amount('amount_sent_msat') - payment.amount('amount_msat')
  return { kind: 'sent', preimage: payment.hex('payment_preimage'), feeMsat }
}

function failed({ message }: ClnRefusal): PaymentEnd {
  return { kind: 'failed', reason: message }
}

function msat(amount: bigint): string {
  return `${amount}msat`
}
