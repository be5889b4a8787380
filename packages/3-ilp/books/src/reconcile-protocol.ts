/**
 * Link protocol `reconcile`: what became of packets whose answer never came. Layer 3, books. Ours.
 *
 *   question   version u8, count, then for each packet: amount, condition 32, expiry, given up u8, fulfilled twins u8
 *   answer     version u8, count, then for each packet, in order: outcome u8, and the fulfillment where it has one
 *
 * A packet is named by what went over the link: amount, condition and expiry. Whoever replays a packet makes twins of
 * one name, and peers agree on how many of them are paid, not on which. An empty question asks whether the peer speaks
 * this protocol. It is no ILP packet and reaches no further than the peer (PCS-18).
 */
import { Reader, Writer } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import { type PacketName, packetKey } from './hold.ts'

export const RECONCILE_PROTOCOL = 'reconcile'

/** Packets in one question. */
export const QUESTIONS_MAX = 256

export interface Question extends PacketName {
  /** We told our payer that nothing was paid: whoever fulfilled it was too late. */
  readonly isGivenUp: boolean
  /** Twins that the peer has fulfilled, as we know; `UNCOUNTED` where nobody can say. */
  readonly fulfilledTwins: number
}

/** What is said to have become of it. */
export type Answer =
  /** Nobody can say: it is under way, or has not come. */
  { readonly kind: 'pending' } | Verdict

/** An answer that ends the matter. */
export type Verdict =
  | { readonly kind: 'void' }
  | { readonly kind: 'fulfilled'; readonly fulfillment: Uint8Array }

/** So many twins that one octet does not hold them; or one is under way, and its Fulfill may be too. */
export const UNCOUNTED = 255

const VERSION = 1
const CONDITION_BYTES = 32
const FULFILLMENT_BYTES = 32
const KINDS = ['pending', 'void', 'fulfilled'] as const satisfies readonly Answer['kind'][]

export function encodeQuestions(questions: readonly Question[]): Uint8Array {
  const writer = new Writer().uint8(VERSION).varUint(BigInt(questions.length))
  for (const { amount, executionCondition, expiresAt, isGivenUp, fulfilledTwins } of questions) {
    writer
      .varUint(amount)
      .bytes(executionCondition)
      .timestamp(expiresAt)
      .uint8(isGivenUp ? 1 : 0)
      .uint8(fulfilledTwins)
  }
  return writer.finish()
}

/** @throws DecodeError */
export function decodeQuestions(body: Uint8Array): Question[] {
  const reader = open(body)
  return readList(reader, () => ({
    amount: reader.varUint(),
    executionCondition: reader.take(CONDITION_BYTES),
    expiresAt: reader.timestamp(),
    isGivenUp: reader.uint8() === 1,
    fulfilledTwins: reader.uint8(),
  }))
}

/** Answers twins one at a time: what the first is told changes what the asker knows of the next. */
export function answerEach(
  questions: readonly Question[],
  answer: (question: Question, index: number) => Answer,
): Answer[] {
  const answered = new Set<string>()
  return questions.map((question, index) => {
    const key = packetKey(question)
    if (question.fulfilledTwins === UNCOUNTED || answered.has(key)) return { kind: 'pending' }
    answered.add(key)
    return answer(question, index)
  })
}

export function encodeAnswers(answers: readonly Answer[]): Uint8Array {
  const writer = new Writer().uint8(VERSION).varUint(BigInt(answers.length))
  for (const answer of answers) {
    writer.uint8(KINDS.indexOf(answer.kind))
    if (answer.kind === 'fulfilled') writer.bytes(answer.fulfillment)
  }
  return writer.finish()
}

/** @throws DecodeError */
export function decodeAnswers(body: Uint8Array): Answer[] {
  const reader = open(body)
  return readList(reader, () => {
    const at = reader.at
    const kind = KINDS[reader.uint8()]
    if (kind === undefined) throw new DecodeError('bad-outcome', at)
    return kind === 'fulfilled' ? { kind, fulfillment: reader.take(FULFILLMENT_BYTES) } : { kind }
  })
}

function open(body: Uint8Array): Reader {
  const reader = new Reader(body)
  if (reader.uint8() !== VERSION) throw new DecodeError('bad-version', 0)
  return reader
}

function readList<T>(reader: Reader, readOne: () => T): T[] {
  const at = reader.at
  const count = reader.count()
  if (count > QUESTIONS_MAX) throw new DecodeError('too-many', at)
  return Array.from({ length: count }, readOne)
}
