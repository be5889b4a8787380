/**
 * Answers the questions of link protocol `reconcile`. Layer 3, connector.
 */
import type { Answer, Books, Question } from '@hourglass/books'
import { encodeHex } from '@hourglass/oer'
import type { Instant } from '@hourglass/sansio'
import type { Account } from './account.ts'

/** What to tell `asker` of the packets that it sent; takes the losses that are ours. */
export function answerQuestions(
  questions: readonly Question[],
  asker: Account,
  books: Books<Account>,
  now: Instant,
): Answer[] {
  const seen = new Set<string>()
  return books.outcomes(asker, questions, now).map((outcome, i) => {
    const question = questions[i]!
    if (outcome.kind !== 'fulfilled') return outcome
    if (outcome.isWrittenOff) return { kind: 'void' }
    const { fulfillment } = outcome
    if (!question.isGivenUp) return { kind: 'fulfilled', fulfillment }
    // The same packet twice in one question must not be lost twice.
    const name = `${question.amount} ${question.expiresAt} ${encodeHex(question.executionCondition)}`
    if (seen.has(name)) return { kind: 'pending' }
    seen.add(name)
    if (asker.writtenOff + question.amount > asker.writeOffMax) return { kind: 'fulfilled', fulfillment }
    books.writeOff(asker, question, fulfillment)
    return { kind: 'void' }
  })
}
