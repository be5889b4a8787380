/**
 * A peer that cheats: a real node whose links say something else than it does. Testing.
 * Of the cheat itself nothing is promised; whoever deals with it must lose nothing but what it chose to risk.
 */
import { CHANNEL_PROTOCOL } from '@hourglass/channel'
import {
  MessageType,
  decodeClaim,
  decodeHello,
  encodeClaim,
  encodeHello,
  messageType,
} from '@hourglass/channel/testing'
import { ILP_PROTOCOL } from '@hourglass/connector'
import { PacketType, type Prepare, decodePrepare, encodeFulfill, encodeReject } from '@hourglass/ilp'
import type { ClaimScheme } from '@hourglass/ledger'
import type { Link, LinkInput, LinkOutput } from '@hourglass/link'
import { DecodeError, type Instant } from '@hourglass/sansio'
import type { Chance } from './chance.ts'

export const CHEAT_KINDS = [
  'wrong-fulfillment',
  'late-fulfillment',
  'last-moment-fulfillment',
  'withheld-fulfillment',
  'garbage',
  'replay',
  'flipped-bits',
  'forged-claim',
  'lying-hello',
] as const
export type CheatKind = (typeof CHEAT_KINDS)[number]

/** What one cheat does, and how often. */
export interface CheatPlan {
  readonly node: string
  readonly kinds: readonly CheatKind[]
  /** Of its messages. */
  readonly probability: number
}

export function drawCheat(nodes: readonly string[], chance: Chance): CheatPlan {
  const kinds = CHEAT_KINDS.filter(() => chance.happens(0.5))
  const probability = chance.magnitude(0.005, 0.5)
  return { node: chance.pick(nodes), kinds: kinds.length === 0 ? CHEAT_KINDS : kinds, probability }
}

type Request = Extract<LinkInput<never>, { kind: 'request' }>
type Reply = Extract<LinkInput<never>, { kind: 'reply' }>

/** Ids of requests that the node itself knows nothing of begin here. */
const OWN_IDS = 2 ** 40
const REMEMBERED_MAX = 50
/** Longer than any packet lives. */
const LATE_MS_MAX = 40_000
/** So close to the expiry that a little luck decides what is in time. */
const LAST_MOMENT_MS = 20
const DEADLINE_MS = 10_000
const GARBAGE_BYTES_MAX = 200
const NOTHING = new Uint8Array(0)

export class CheatingLink<WireIn, WireOut> implements Link<WireIn, WireOut> {
  readonly #link: Link<WireIn, WireOut>
  readonly #plan: CheatPlan
  readonly #chance: Chance
  readonly #scheme: ClaimScheme | undefined
  /** The peer's requests, and when its packets expire. */
  readonly #asked = new Map<number, { readonly protocol: string; readonly expiresAt: Instant }>()
  /** What the node has asked before. */
  readonly #remembered: Request[] = []
  readonly #late: { readonly at: Instant; readonly reply: Reply }[] = []
  #lastId = OWN_IDS

  /** `scheme`: the cheat's own, where the account is settled. */
  constructor(
    link: Link<WireIn, WireOut>,
    { plan, chance, scheme }: { plan: CheatPlan; chance: Chance; scheme: ClaimScheme | undefined },
  ) {
    this.#link = link
    this.#plan = plan
    this.#chance = chance
    this.#scheme = scheme
  }

  handle(input: LinkInput<WireIn>, now: Instant): void {
    switch (input.kind) {
      case 'request':
        this.#request(input, now)
        break
      case 'reply':
        this.#reply(input, now)
        break
      case 'timeout':
        this.#release(now)
        this.#link.handle(input, now)
        break
      default:
        this.#link.handle(input, now)
    }
  }

  poll(): LinkOutput<WireOut> | undefined {
    for (let output = this.#link.poll(); output !== undefined; output = this.#link.poll()) {
      if (output.kind === 'request') this.#remember(output)
      const isOwn = (output.kind === 'reply' || output.kind === 'failed') && output.id > OWN_IDS
      if (!isOwn) return output
    }
    return undefined
  }

  nextTimeout(): Instant | undefined {
    const next = Math.min(this.#link.nextTimeout() ?? Infinity, ...this.#late.map(({ at }) => at))
    return next === Infinity ? undefined : next
  }

  #remember({ id, protocol, body }: Extract<LinkOutput<WireOut>, { kind: 'request' }>): void {
    const prepare = protocol === ILP_PROTOCOL ? readPrepare(body) : undefined
    this.#asked.set(id, { protocol, expiresAt: prepare?.expiresAt ?? 0 })
  }

  /** Whether it cheats in that way now. */
  #cheats(kind: CheatKind): boolean {
    return this.#plan.kinds.includes(kind) && this.#chance.happens(this.#plan.probability)
  }

  #request(request: Request, now: Instant): void {
    this.#remembered.push({ ...request, body: request.body.slice() })
    if (this.#remembered.length > REMEMBERED_MAX) this.#remembered.shift()
    this.#link.handle({ ...request, body: this.#tamper(request.protocol, request.body) }, now)
    if (this.#cheats('replay')) {
      const { protocol, body } = this.#chance.pick(this.#remembered)
      this.#ask(protocol, body.slice(), now)
    }
    if (this.#cheats('garbage')) {
      const protocol = this.#chance.pick([ILP_PROTOCOL, CHANNEL_PROTOCOL, 'reconcile', 'balance', 'nothing'])
      this.#ask(protocol, this.#garbage(), now)
    }
  }

  #ask(protocol: string, body: Uint8Array, now: Instant): void {
    const id = ++this.#lastId
    this.#link.handle({ kind: 'request', id, protocol, body, deadline: now + DEADLINE_MS }, now)
  }

  #reply(reply: Reply, now: Instant): void {
    const { protocol, expiresAt } = this.#asked.get(reply.id) ?? { protocol: '', expiresAt: 0 }
    this.#asked.delete(reply.id)
    const body = this.#tamper(protocol, reply.body)
    if (body[0] === PacketType.Fulfill && protocol === ILP_PROTOCOL) {
      this.#fulfill({ ...reply, body }, expiresAt, now)
    } else this.#link.handle({ ...reply, body }, now)
  }

  #fulfill(reply: Reply, expiresAt: Instant, now: Instant): void {
    if (this.#cheats('last-moment-fulfillment')) {
      this.#late.push({ at: expiresAt - this.#chance.integer(0, LAST_MOMENT_MS), reply })
    } else if (this.#cheats('late-fulfillment')) {
      this.#late.push({ at: now + this.#chance.integer(0, LATE_MS_MAX), reply })
    } else if (this.#cheats('withheld-fulfillment')) {
      const body = encodeReject({ code: 'T00', triggeredBy: '', message: 'no', data: NOTHING })
      this.#link.handle({ ...reply, body }, now)
    } else if (this.#cheats('wrong-fulfillment')) {
      const body = encodeFulfill({ fulfillment: this.#chance.bytes(32), data: NOTHING })
      this.#link.handle({ ...reply, body }, now)
    } else this.#link.handle(reply, now)
  }

  #release(now: Instant): void {
    for (const late of [...this.#late]) {
      if (late.at > now) continue
      this.#late.splice(this.#late.indexOf(late), 1)
      this.#link.handle(late.reply, now)
    }
  }

  #tamper(protocol: string, body: Uint8Array): Uint8Array {
    if (this.#cheats('garbage')) return this.#garbage()
    if (this.#cheats('flipped-bits')) return this.#flip(body)
    if (protocol !== CHANNEL_PROTOCOL) return body
    const type = messageType(body)
    if (type === MessageType.Claim && this.#cheats('forged-claim')) return this.#forge(body)
    if (type === MessageType.Hello && this.#cheats('lying-hello')) return this.#lie(body)
    return body
  }

  #garbage(): Uint8Array {
    return this.#chance.bytes(this.#chance.integer(0, GARBAGE_BYTES_MAX))
  }

  #flip(body: Uint8Array): Uint8Array {
    const flipped = body.slice()
    const at = this.#chance.integer(0, Math.max(0, body.length - 1))
    if (flipped.length > 0) flipped[at] = flipped[at]! ^ (1 << this.#chance.integer(0, 7))
    return flipped
  }

  /** More than it has, or less than it gave; well signed or not. */
  #forge(body: Uint8Array): Uint8Array {
    const claim = decodeClaim(body)
    const factor = BigInt(this.#chance.pick([0, 1, 3, 3, 3, 1000, 1_000_000]))
    const amount = (claim.amount * factor) / 2n
    const isSigned = this.#scheme !== undefined && this.#chance.happens(0.5)
    const signature = isSigned ? this.#scheme.sign(claim.channelId, amount) : this.#garbage()
    return encodeClaim({ ...claim, amount, signature })
  }

  /** Holds more or less than it says, is paid elsewhere, has another ledger. */
  #lie(body: Uint8Array): Uint8Array {
    const hello = decodeHello(body)
    const held = hello.held.map((claim) => ({ ...claim, amount: (claim.amount * 3n) / 2n }))
    const lies = [
      { ...hello, held },
      { ...hello, held: [] },
      { ...hello, account: 'somebody else' },
      { ...hello, ledger: 'no ledger' },
      { ...hello, referencePrefix: '00'.repeat(16) },
    ]
    return encodeHello(this.#chance.pick(lies))
  }
}

function readPrepare(body: Uint8Array): Prepare | undefined {
  try {
    return decodePrepare(body.slice())
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
