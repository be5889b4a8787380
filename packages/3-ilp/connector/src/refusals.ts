/** Refusals that are no rule's: what the node itself, its links and its peers may lack. Layer 3, connector. */
import { ErrorCode } from '@hourglass/ilp'
import type { LinkFailure } from '@hourglass/link'
import type { Account } from './account.ts'
import type { Refusal } from './rules/rule.ts'

export function invalidPacket(cause: string): Refusal {
  return {
    rule: 'packet',
    code: ErrorCode.F01_INVALID_PACKET,
    message: 'invalid packet',
    why: 'The packet cannot be read: {cause}.',
    numbers: { cause },
  }
}

export const STORE_FAILING: Refusal = {
  rule: 'store',
  code: ErrorCode.T00_INTERNAL_ERROR,
  message: 'records cannot be kept',
}

/** RISK-14: the operator has said so, or the node is about to stop. */
export const NOT_FORWARDING: Refusal = {
  rule: 'forwarding',
  code: ErrorCode.T03_CONNECTOR_BUSY,
  message: 'not forwarding',
  why: 'The operator has this node forward nothing at present.',
}

/** RISK-03 */
export const BUSY: Refusal = {
  rule: 'forwarding',
  code: ErrorCode.T03_CONNECTOR_BUSY,
  message: 'connector busy',
  why: 'Too many packets of all accounts together are unanswered.',
}

export const LEAVING: Refusal = {
  rule: 'forwarding',
  code: ErrorCode.T01_PEER_UNREACHABLE,
  message: 'account is being closed',
  why: 'The account is being removed: what it has in flight ends, and nothing new is taken.',
}

/** DCP-21 */
export const NO_ADDRESS: Refusal = {
  rule: 'own-address',
  code: ErrorCode.T00_INTERNAL_ERROR,
  message: 'no address yet',
  why: 'This node has not learned its own address from its parent yet.',
}

export const NO_ROUTE: Refusal = {
  rule: 'route',
  code: ErrorCode.F02_UNREACHABLE,
  message: 'no route',
  why: 'No route covers the destination.',
}

export function noRate(source: Account, destination: Account): Refusal {
  return {
    rule: 'rate',
    code: ErrorCode.T00_INTERNAL_ERROR,
    message: 'no exchange rate',
    why: 'There is no rate from {from} to {to}.',
    numbers: { from: source.asset.code, to: destination.asset.code },
    isPrivate: true,
  }
}

/** CONN-30, SEC-40: rather none than an old one, for a while. */
export function staleRate(source: Account, destination: Account, sinceMs: number): Refusal {
  const { numbers } = noRate(source, destination)
  return {
    ...noRate(source, destination),
    message: 'exchange rate is out of date',
    why: 'The rate from {from} to {to} has been out of date for {sinceMs} ms.',
    numbers: { ...numbers, sinceMs },
  }
}

/** ILP-23, X-ILP3 */
export function vanishing(amount: bigint): Refusal {
  return {
    rule: 'rate',
    code: ErrorCode.R01_INSUFFICIENT_SOURCE_AMOUNT,
    message: 'amount rounds to nothing',
    why: 'At the rate of the moment {amount} buy less than one unit of what would be delivered.',
    numbers: { amount },
  }
}

const LINK = { rule: 'link', isPrivate: true } as const

/** X-ILP7: a peer not reached, or cut off meanwhile, is T01 (BTP-51). */
export function unreachable({ id }: Account): Refusal {
  return {
    ...LINK,
    code: ErrorCode.T01_PEER_UNREACHABLE,
    message: 'peer unreachable',
    why: 'The link to {id} is down, or was cut before the packet had reached it.',
    numbers: { id },
  }
}

/** The circuit of its link is open. */
export function silent({ id }: Account): Refusal {
  return {
    ...LINK,
    code: ErrorCode.T01_PEER_UNREACHABLE,
    message: 'peer unreachable',
    why: '{id} has not answered packets lately: now and then one may try.',
    numbers: { id },
  }
}

/** What the payer is told of a packet that the next link brought no answer to. */
export function noAnswer(failure: LinkFailure, peer: Account): Refusal {
  const numbers = { id: peer.id }
  switch (failure) {
    case 'down':
    case 'lost':
      return unreachable(peer)
    case 'full':
      return {
        ...LINK,
        code: ErrorCode.T02_PEER_BUSY,
        message: 'peer busy',
        why: 'Too many packets are under way on the link to {id}.',
        numbers,
      }
    case 'refused':
      return {
        ...LINK,
        code: ErrorCode.F00_BAD_REQUEST,
        message: 'peer refuses packets',
        why: '{id} answered that it does not take packets over this link.',
        numbers,
      }
    case 'broken':
      return {
        ...LINK,
        code: ErrorCode.T00_INTERNAL_ERROR,
        message: 'peer failed',
        why: '{id} answered that it failed, or in a way that answers nothing.',
        numbers,
      }
  }
}

export function invalidReply({ id }: Account, cause: string): Refusal {
  return {
    ...LINK,
    rule: 'reply',
    code: ErrorCode.T00_INTERNAL_ERROR,
    message: 'invalid reply',
    why: 'What {id} answered is no packet: {cause}.',
    numbers: { id, cause },
  }
}

export function wrongFulfillment({ id }: Account): Refusal {
  return {
    ...LINK,
    rule: 'fulfillment',
    code: ErrorCode.F05_WRONG_CONDITION,
    message: 'wrong fulfillment',
    why: 'The digest of what {id} answered is not the condition: nothing is paid.',
    numbers: { id },
  }
}

export function timedOut({ id }: Account): Refusal {
  return {
    ...LINK,
    rule: 'expiry',
    code: ErrorCode.R00_TRANSFER_TIMED_OUT,
    message: 'transfer timed out',
    why: '{id} did not answer in time.',
    numbers: { id },
  }
}
