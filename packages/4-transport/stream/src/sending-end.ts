/**
 * The sending end of a connection: packets out, authentic answers in. Layer 4. Spec: IL-RFC 29 §5, §6.
 * It knows no plan and no price: what is sent is decided by `StreamSender` and `Outgoing`.
 */
import { type Address, CONDITION_BYTES, PacketType, type Prepare, type Reply } from '@hourglass/ilp'
import { type Instant, type Rng, assert, equalBytes } from '@hourglass/sansio'
import type { ConnectionKeys } from './keys.ts'
import type { Part } from './plan.ts'
import { type Frame, type StreamPacket, encodeStreamPacket } from './wire/packet.ts'

/** One packet that nobody has answered yet. */
export interface Outstanding extends Part {
  readonly id: number
  readonly isFulfillable: boolean
  readonly sequence: bigint
  /** What fulfills it; undefined where nobody can. */
  readonly fulfillment: Uint8Array | undefined
}

/** What an answer is worth. */
export interface Answer {
  readonly isFulfilled: boolean
  /** What the receiver says, where it was the receiver who spoke (STR-38). */
  readonly packet: StreamPacket | undefined
}

export interface PacketPlan extends Part {
  readonly isFulfillable: boolean
  readonly frames: readonly Frame[]
  readonly expiresAt: Instant
}

/** STR-12: GCM under random IVs is safe for so many packets: a connection ends before it has sent as many. */
const PACKETS_MAX: bigint = 2n ** 31n
const SPARE_PACKETS = 1000n

export class SendingEnd {
  readonly #rng: Rng
  readonly #keys: ConnectionKeys
  /** Where packets go; it may change in mid-connection (STR-48). */
  destination: Address
  #sequence: bigint

  /** `sequence`: that of the last packet sent. */
  constructor(rng: Rng, keys: ConnectionKeys, { destination, sequence = 0n }: Start) {
    this.#rng = rng
    this.#keys = keys
    this.destination = destination
    this.#sequence = sequence
  }

  /** STR-12: whether its keys are nearly worn out; what is left is for what is under way, and a goodbye. */
  get isWorn(): boolean {
    return this.#sequence >= PACKETS_MAX - SPARE_PACKETS
  }

  /** The next packet, with the next sequence number (STR-13). */
  build(id: number, plan: PacketPlan): { readonly prepare: Prepare; readonly outstanding: Outstanding } {
    const { amount, destinationMin, isFulfillable, frames, expiresAt } = plan
    const { destination } = this
    const sequence = ++this.#sequence
    assert(sequence < PACKETS_MAX, 'a connection ends before its keys are worn out')
    const packet: StreamPacket = {
      type: PacketType.Prepare,
      sequence,
      prepareAmount: destinationMin, // STR-18, STR-84
      frames,
    }
    const data = this.#keys.seal(encodeStreamPacket(packet), this.#rng)
    const fulfillment = isFulfillable ? this.#keys.fulfillment(data) : undefined
    // STR-33: of chance alone nobody knows what fulfills it.
    const executionCondition = fulfillment
      ? this.#keys.condition(fulfillment)
      : this.#rng.bytes(CONDITION_BYTES)
    const outstanding = { id, amount, destinationMin, isFulfillable, sequence, fulfillment }
    return { prepare: { amount, expiresAt, executionCondition, destination, data }, outstanding }
  }

  /** A Fulfill that does not fit its condition is none, whoever sent it: one fulfillment fits, and we know it. */
  check({ fulfillment, sequence }: Outstanding, reply: Reply): Answer {
    const isFulfilled =
      fulfillment !== undefined &&
      reply.type === PacketType.Fulfill &&
      equalBytes(reply.fulfillment, fulfillment)
    const packet = this.#keys.openPacket(reply.data)
    // STR-15, STR-16: only the receiver's own words for this very packet count.
    const isAuthentic = packet?.type === reply.type && packet.sequence === sequence
    return { isFulfilled, packet: isAuthentic ? packet : undefined }
  }
}

interface Start {
  readonly destination: Address
  readonly sequence?: bigint
}
