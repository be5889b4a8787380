/**
 * Link protocol `explain`: a peer asks why packets of its own were rejected here. Layer 3, connector.
 * The request is a condition of 32 octets, or empty for the newest rejections; the reply UTF-8 JSON, newest first.
 * A peer hears of its own packets alone, and of no other account's numbers.
 */
import { encodeHex, encodeUtf8 } from '@hourglass/oer'
import { type Rejection, type Rejections, sentenceOf } from './rejections.ts'

export const EXPLAIN_PROTOCOL = 'explain'

/** The most rejections in one reply. */
const EXPLAINED_MAX = 16

/** One packet that the node rejected, as the peer that sent it may know it. Amounts are decimal strings. */
export interface ExplainReply {
  readonly id: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly code: string
  readonly rule: string
  readonly sentence: string
  readonly numbers: Readonly<Record<string, string>>
  /** Null: the packet could not be read. */
  readonly amount: string | null
  readonly destination: string | null
  readonly executionCondition: string | null
}

/** What `account` is told of the packets with this condition. */
export function explainTo(account: string, condition: Uint8Array, rejections: Rejections): Uint8Array {
  const query = { account, ...(condition.length > 0 && { condition }) }
  const found = rejections.find(query).slice(0, EXPLAINED_MAX)
  return encodeUtf8(JSON.stringify(found.map((rejection) => explain(rejection, 'peer'))))
}

/** The operator is told all, a peer what is not another account's. */
export function explain({ id, at, refusal, packet }: Rejection, to: 'operator' | 'peer'): ExplainReply {
  const isHidden = to === 'peer' && refusal.isPrivate === true
  const { code, rule, message } = refusal
  const numbers = isHidden ? [] : Object.entries(refusal.numbers ?? {})
  return {
    id,
    at,
    code,
    rule,
    sentence: isHidden ? `${message}.` : sentenceOf(refusal),
    numbers: Object.fromEntries(numbers.map(([name, value]) => [name, String(value)])),
    amount: packet === undefined ? null : String(packet.amount),
    destination: packet?.destination ?? null,
    executionCondition: packet === undefined ? null : encodeHex(packet.executionCondition),
  }
}
