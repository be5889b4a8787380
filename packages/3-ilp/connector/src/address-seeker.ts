/**
 * Learns this node's address from its parent. Layer 3, connector.
 * Spec: IL-RFC 31 (IL-DCP), the child's side.
 *
 *   link up ──request──▶ an address: ours from now on
 *                        refused, unusable, lost: again, later each time
 */
import {
  type Address,
  PacketType,
  decodeFulfill,
  decodeIldcpResponse,
  encodeIldcpRequest,
} from '@hourglass/ilp'
import type { LinkFailure } from '@hourglass/link'
import { DecodeError, type Instant } from '@hourglass/sansio'
import type { Account } from './account.ts'
import { schemeOf } from './rules/scheme.ts'

/** A request is good for so long (DCP-05). */
const REQUEST_TIME_MS = 60_000
/** An answer is waited for so long. */
const ANSWER_TIMEOUT_MS = 10_000
const PAUSE_MS = 1000
const PAUSE_MS_MAX = 60_000

export interface SeekerEffects {
  /** Sends a packet to the parent; returns the request's id. */
  ask(body: Uint8Array, deadline: Instant): number
  /** The parent says that this is our address; it may be what we have already. */
  learn(address: Address, now: Instant): void
  /** For people. */
  complain(reason: string): void
}

export class AddressSeeker {
  readonly parent: Account
  readonly #effects: SeekerEffects
  #asking: number | undefined
  #askAt: Instant | undefined
  #pauseMs = PAUSE_MS
  /** Of the address that we had first: live and test networks never mix in one node. */
  #scheme: string | undefined

  constructor(parent: Account, effects: SeekerEffects) {
    this.parent = parent
    this.#effects = effects
  }

  /** DCP-19, DCP-20: each time that the link comes up. */
  up(now: Instant): void {
    this.#pauseMs = PAUSE_MS
    this.#ask(now)
  }

  down(): void {
    this.#asking = undefined
    this.#askAt = undefined
  }

  /** Whether the reply was to a request of ours. */
  answered(id: number, body: Uint8Array, now: Instant): boolean {
    if (id !== this.#asking) return false
    const answer = this.#read(body)
    this.#asking = undefined
    if (typeof answer === 'string') this.#effects.learn(answer, now)
    else this.#again(answer.reason, now)
    return true
  }

  failed(id: number, failure: LinkFailure, now: Instant): boolean {
    if (id !== this.#asking) return false
    this.#asking = undefined
    this.#again(`no answer: ${failure}`, now)
    return true
  }

  timeout(now: Instant): void {
    if (this.#askAt !== undefined && now >= this.#askAt) this.#ask(now)
  }

  nextTimeout(): Instant | undefined {
    return this.#askAt
  }

  #ask(now: Instant): void {
    this.#askAt = undefined
    this.#asking = this.#effects.ask(encodeIldcpRequest(now + REQUEST_TIME_MS), now + ANSWER_TIMEOUT_MS)
  }

  #again(reason: string, now: Instant): void {
    this.#effects.complain(reason)
    this.#askAt = now + this.#pauseMs
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS_MAX)
  }

  /** The address, or why there is none. */
  #read(body: Uint8Array): Address | { readonly reason: string } {
    if (body[0] !== PacketType.Fulfill) return { reason: 'refused' }
    try {
      const { address, assetCode, assetScale } = decodeIldcpResponse(decodeFulfill(body))
      const { code, scale } = this.parent.asset
      // Else amounts would mean one thing to the parent and another to us.
      if (assetCode !== code || assetScale !== scale) {
        return { reason: `its account with us is in ${assetCode}/${assetScale}` }
      }
      return this.#accept(address)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return { reason: `unreadable: ${error.message}` }
    }
  }

  /** SEC-10, SEC-11, CONN-11: no address that never travels, and no other network than before. */
  #accept(address: Address): Address | { readonly reason: string } {
    const network = schemeOf(address).replace(/^test\d$/, 'test')
    if (!NETWORKS.has(network)) return { reason: `${address} is no address of a network` }
    this.#scheme ??= network
    return network === this.#scheme ? address : { reason: `${address} is in another network` }
  }
}

const NETWORKS: ReadonlySet<string> = new Set(['g', 'private', 'test'])
