/** Refuses what would go back to the account that it came from: F02 (SEC-38, CONN-31). */
import { ErrorCode } from '@hourglass/ilp'
import type { Refusal } from './rule.ts'

export const LOOP_BACK: Refusal = {
  rule: 'loop-back',
  code: ErrorCode.F02_UNREACHABLE,
  message: 'no route',
  why: 'The route leads back to the account that the packet came from.',
}
