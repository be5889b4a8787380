/**
 * Why packets were rejected here, kept for those who ask later. Layer 3, connector.
 * Each account has room for its newest, so that a flood of one peer's forgets nobody else's. What is kept is what
 * the refusal says already: sentences are made when somebody asks.
 */
import { type Instant, equalBytes } from '@hourglass/sansio'
import type { Refusal } from './rules/rule.ts'

/** Rejections that are kept for each account. */
export const REJECTIONS_KEPT = 256

/** The packet as it came in. */
export interface Rejected {
  readonly amount: bigint
  readonly executionCondition: Uint8Array
  readonly destination?: string
}

/** One packet that this node rejected. */
export interface Rejection {
  /** Rises from 1 while the node runs. */
  readonly id: number
  readonly at: Instant
  /** On which the packet came in. */
  readonly account: string
  readonly refusal: Refusal
  /** Undefined: it could not be read. */
  readonly packet: Rejected | undefined
}

/** What is asked for; nothing given: all. */
export interface RejectionQuery {
  readonly id?: number | undefined
  readonly account?: string | undefined
  readonly condition?: Uint8Array | undefined
}

export class Rejections {
  readonly #kept = new Map<string, Ring>()
  #lastId = 0

  /** Returns the rejection's id. */
  note(account: string, refusal: Refusal, packet: Rejected | undefined, at: Instant): number {
    let ring = this.#kept.get(account)
    if (ring === undefined) this.#kept.set(account, (ring = new Ring()))
    const id = ++this.#lastId
    ring.push({ id, at, account, refusal, packet: packet && copyOf(packet) })
    return id
  }

  /** Newest first. */
  find({ id, account, condition }: RejectionQuery): Rejection[] {
    const rings = account === undefined ? [...this.#kept.values()] : [this.#kept.get(account) ?? new Ring()]
    return rings
      .flatMap((ring) => ring.items)
      .filter((rejection) => {
        if (id !== undefined && rejection.id !== id) return false
        return condition === undefined || concerns(rejection, condition)
      })
      .sort((a, b) => b.id - a.id)
  }

  /** The account is gone, and nobody asks any more. */
  forget(account: string): void {
    this.#kept.delete(account)
  }
}

/** Why, in one sentence, with all its numbers: for the operator. */
export function sentenceOf({ message, why = `${message}.`, numbers = {} }: Refusal): string {
  return why.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(numbers[name]))
}

function concerns({ packet }: Rejection, condition: Uint8Array): boolean {
  return packet !== undefined && equalBytes(packet.executionCondition, condition)
}

/** Without the frame that the condition is a view of. */
function copyOf({ amount, executionCondition, destination }: Rejected): Rejected {
  return {
    amount,
    executionCondition: executionCondition.slice(),
    ...(destination !== undefined && { destination }),
  }
}

class Ring {
  readonly items: Rejection[] = []
  #next = 0

  push(rejection: Rejection): void {
    this.items[this.#next] = rejection
    this.#next = (this.#next + 1) % REJECTIONS_KEPT
  }
}
