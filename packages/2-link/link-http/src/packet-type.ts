/** ILP packets by their first octet (IL-RFC 27): one URL serves both directions, so a body says what it is. Layer 2. */

/** A Fulfill or a Reject, by its looks. */
export function isReply(body: Uint8Array): boolean {
  return body[0] === FULFILL || body[0] === REJECT
}

export function isPrepare(body: Uint8Array): boolean {
  return body[0] === PREPARE
}

const PREPARE = 12
const FULFILL = 13
const REJECT = 14
