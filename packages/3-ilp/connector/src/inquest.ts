/**
 * Answers the questions of link protocol `reconcile`. Layer 3, connector.
 */
import { type Answer, type Books, type Question, answerEach } from '@hourglass/books'
import type { Instant } from '@hourglass/sansio'
import type { Account } from './account.ts'

/** What to tell `asker` of the packets that it sent; takes the losses that are ours. */
export function answerQuestions(
  questions: readonly Question[],
  asker: Account,
  books: Books<Account>,
  now: Instant,
): Answer[] {
  const outcomes = books.outcomes(asker, questions, now)
  return answerEach(questions, (question, i) => {
    const outcome = outcomes[i]!
    if (outcome.kind !== 'fulfilled' || !question.isGivenUp) return outcome
    if (asker.writtenOff + question.amount > asker.writeOffMax) return outcome
    books.writeOff(asker, question, outcome.fulfillment)
    return { kind: 'void' }
  })
}
