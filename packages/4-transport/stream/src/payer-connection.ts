/**
 * The paying end of one connection: packets out, authentic answers in. Layer 4. Spec: IL-RFC 29 §5, §6.
 * It knows no plan and no price: what a payment makes of it is decided in `sender.ts`.
 */
import { type Address, CONDITION_BYTES, PacketType, type Prepare, type Reply } from '@hourglass/ilp'
import { type Crypto, DecodeError, type Instant, type Rng, assert, equalBytes } from '@hourglass/sansio'
import type { AssetDetails, Credentials } from './credentials.ts'
import { ConnectionKeys } from './keys.ts'
import type { Part } from './plan.ts'
import { type Frame, type StreamPacket, decodeStreamPacket, encodeStreamPacket } from './wire/packet.ts'

/** One packet that nobody has answered yet. */
export interface Outstanding extends Part {
  readonly isFulfillable: boolean
  readonly sequence: bigint
  readonly condition: Uint8Array
}

/** What an answer is worth. */
export interface Answer {
  readonly isFulfilled: boolean
  /** What the receiver says, where it was the receiver who spoke (STR-38). */
  readonly packet: StreamPacket | undefined
  /** STR-50: the receiver has named another asset before. */
  readonly isContradiction: boolean
}

export interface PacketPlan extends Part {
  readonly isFulfillable: boolean
  readonly frames: readonly Frame[]
  readonly expiresAt: Instant
}

/** STR-12: GCM under random IVs is safe for so many packets, and no payment needs as many. */
const PACKETS_MAX = 2n ** 31n

export class PayerConnection {
  readonly #crypto: Crypto
  readonly #rng: Rng
  readonly #keys: ConnectionKeys
  readonly #destination: Address
  #sequence = 0n
  #asset: AssetDetails | undefined

  constructor(crypto: Crypto, rng: Rng, { destination, sharedSecret }: Credentials) {
    this.#crypto = crypto
    this.#rng = rng
    this.#keys = new ConnectionKeys(crypto, sharedSecret)
    this.#destination = destination
  }

  /** What the receiver says it holds; undefined where it has not said yet. */
  get asset(): AssetDetails | undefined {
    return this.#asset
  }

  /** The next packet, with the next sequence number (STR-13). */
  build(plan: PacketPlan): { readonly prepare: Prepare; readonly outstanding: Outstanding } {
    const { amount, destinationMin, isFulfillable, frames, expiresAt } = plan
    const sequence = ++this.#sequence
    assert(sequence < PACKETS_MAX, 'a payment ends before its keys are worn out')
    const packet: StreamPacket = {
      type: PacketType.Prepare,
      sequence,
      prepareAmount: destinationMin, // STR-18, STR-84
      frames,
    }
    const data = this.#keys.seal(encodeStreamPacket(packet), this.#rng)
    const condition = isFulfillable
      ? this.#keys.condition(this.#keys.fulfillment(data))
      : this.#rng.bytes(CONDITION_BYTES) // STR-33: nobody knows what fulfills it.
    const outstanding = { amount, destinationMin, isFulfillable, sequence, condition }
    const prepare = {
      amount,
      expiresAt,
      executionCondition: condition,
      destination: this.#destination,
      data,
    }
    return { prepare, outstanding }
  }

  /** A Fulfill that does not fit its condition is none, whoever sent it. */
  check(outstanding: Outstanding, reply: Reply): Answer {
    const isFulfilled =
      reply.type === PacketType.Fulfill &&
      equalBytes(this.#crypto.sha256(reply.fulfillment), outstanding.condition)
    const packet = this.#open(outstanding, reply)
    return { isFulfilled, packet, isContradiction: packet !== undefined && !this.#learnAsset(packet) }
  }

  /** False where the receiver contradicts itself (STR-49). */
  #learnAsset({ frames }: StreamPacket): boolean {
    for (const frame of frames) {
      if (frame.type !== 0x07) continue
      const { assetCode, assetScale } = frame
      this.#asset ??= { assetCode, assetScale }
      if (this.#asset.assetCode !== assetCode || this.#asset.assetScale !== assetScale) return false
    }
    return true
  }

  /** STR-15, STR-16: only the receiver's own words for this very packet count. */
  #open({ sequence }: Outstanding, { type, data }: Reply): StreamPacket | undefined {
    const plaintext = this.#keys.open(data)
    if (plaintext === undefined) return undefined
    try {
      const packet = decodeStreamPacket(plaintext)
      return packet.type === type && packet.sequence === sequence ? packet : undefined
    } catch (error) {
      if (error instanceof DecodeError) return undefined
      throw error
    }
  }
}
