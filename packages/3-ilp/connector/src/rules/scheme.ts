/**
 * Refuses addresses that must not travel here: F02. Spec: IL-RFC 15 "Allocation Schemes", IL-RFC 34 "Special
 * Addresses". `self.` and `local.` never come from a peer (ADDR-15, ADDR-16), `example.` is for documents
 * (ADDR-18), and the live network and the test networks never mix (ADDR-19, CONN-11).
 */
import { type Address, ErrorCode } from '@hourglass/ilp'
import type { Refusal } from './rule.ts'

/** `ownScheme` is that of this node's address. */
export function refuseScheme(destination: Address, ownScheme: string): Refusal | undefined {
  const scheme = schemeOf(destination)
  if (scheme === ownScheme || scheme === 'private') return undefined
  return scheme.startsWith('test') && ownScheme.startsWith('test') ? undefined : FOREIGN_SCHEME
}

export function schemeOf(address: Address): string {
  return address.slice(0, address.indexOf('.'))
}

const FOREIGN_SCHEME: Refusal = {
  rule: 'scheme',
  code: ErrorCode.F02_UNREACHABLE,
  message: 'scheme not routed here',
}
