/**
 * Refuses addresses that must not travel here: F02. Spec: IL-RFC 15 "Allocation Schemes", IL-RFC 34 "Special
 * Addresses". `self.` and `local.` never come from a peer (ADDR-15, ADDR-16), `example.` is for documents
 * (ADDR-18), and the live network and the test networks never mix (ADDR-19, CONN-11).
 */
import { ErrorCode } from '@hourglass/ilp'
import type { Rule } from './rule.ts'

/** The rule for a node whose own address begins with `ownScheme`. */
export function schemeRule(ownScheme: string): Rule {
  const isLive = ownScheme === 'g'
  return ({ destination }) => {
    const scheme = destination.slice(0, destination.indexOf('.'))
    const fits =
      scheme === ownScheme ||
      scheme === 'private' ||
      (scheme.startsWith('test') && !isLive && ownScheme.startsWith('test'))
    return fits ? undefined : { code: ErrorCode.F02_UNREACHABLE, message: 'scheme not routed here' }
  }
}
