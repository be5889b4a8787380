/**
 * Refuses a Prepare whose condition is that of another one of the same peer that is still unanswered: F00. No honest
 * sender needs two, and a packet that runs in a circle comes back with the condition that it had. Without this rule
 * each is held and paid for itself; none ever shares the result of another (SEC-08).
 */
import { ErrorCode } from '@hourglass/ilp'
import { readUint32 } from '@hourglass/oer'
import { equalBytes } from '@hourglass/sansio'
import type { Rule } from './rule.ts'

export const duplicates: Rule = ({ executionCondition }, { openConditions }) =>
  openConditions?.has(executionCondition) === true
    ? {
        rule: 'duplicates',
        code: ErrorCode.F00_BAD_REQUEST,
        message: 'duplicate packet',
        why: 'A packet of the account with the same condition is unanswered.',
      }
    : undefined

/** Conditions of unanswered packets: there are no more than packets in flight. */
export class Conditions {
  /** By their first four octets. */
  readonly #found = new Map<number, Uint8Array[]>()

  has(condition: Uint8Array): boolean {
    return this.#found.get(readUint32(condition, 0))?.some((each) => equalBytes(each, condition)) === true
  }

  add(condition: Uint8Array): void {
    const key = readUint32(condition, 0)
    this.#found.set(key, [...(this.#found.get(key) ?? []), condition])
  }

  /** Takes one of them away, if there is one. */
  delete(condition: Uint8Array): void {
    const key = readUint32(condition, 0)
    const found = this.#found.get(key) ?? []
    const at = found.findIndex((each) => equalBytes(each, condition))
    if (at === -1) return
    if (found.length === 1) this.#found.delete(key)
    else this.#found.set(key, found.toSpliced(at, 1))
  }
}
