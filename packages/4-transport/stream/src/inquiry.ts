/**
 * Asks a receiver what a connection has brought it: one packet without money. Layer 4. Spec: IL-RFC 29 §5.3.9.
 * For a payer who lost answers, or whose process ended while packets were on their way.
 */
import type { Prepare, Reply } from '@hourglass/ilp'
import { type Crypto, type Instant, type Rng, assert } from '@hourglass/sansio'
import type { Credentials } from './credentials.ts'
import { ConnectionKeys } from './keys.ts'
import { Hearing, PAYMENT_STREAM_ID, type ReceiverWord } from './receiver-word.ts'
import { type Outstanding, SendingEnd } from './sending-end.ts'
import type { Frame } from './wire/packet.ts'

/** Whoever takes nothing of nothing tells the totals of the stream. */
const NO_MONEY: readonly Frame[] = [{ type: 0x11, streamId: PAYMENT_STREAM_ID, shares: 1n }]

export interface InquiryOptions {
  readonly crypto: Crypto
  readonly rng: Rng
  readonly credentials: Credentials
  /** That of the last packet that this end has sent on the connection (STR-13). */
  readonly lastSequence: bigint
}

export class Inquiry {
  readonly #end: SendingEnd
  #outstanding: Outstanding | undefined

  constructor({ crypto, rng, credentials, lastSequence }: InquiryOptions) {
    const start = { destination: credentials.destination, sequence: lastSequence }
    this.#end = new SendingEnd(rng, new ConnectionKeys(crypto, credentials.sharedSecret), start)
  }

  /** The question. */
  ask(id: number, expiresAt: Instant): Prepare {
    const packet = { amount: 0n, destinationMin: 0n, isFulfillable: true, frames: NO_MONEY, expiresAt }
    const { prepare, outstanding } = this.#end.build(id, packet)
    this.#outstanding = outstanding
    return prepare
  }

  /** What the receiver says; undefined where it was not the receiver who answered. */
  answered(reply: Reply): ReceiverWord | undefined {
    assert(this.#outstanding !== undefined, 'an answer follows a question')
    const { packet } = this.#end.check(this.#outstanding, reply)
    if (packet === undefined) return undefined
    const hearing = new Hearing()
    hearing.learn(packet.frames)
    return hearing.word
  }
}
