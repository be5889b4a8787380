/**
 * Packets to `peer.`: this node answers them itself. Layer 3, connector.
 * Spec: IL-RFC 31 (IL-DCP); IL-RFC 34 "Special Addresses"; `peer.heartbeat` is of rafiki.
 */
import type { Asset } from '@hourglass/books'
import {
  type Address,
  ErrorCode,
  FULFILLMENT_BYTES,
  type Fulfill,
  ILDCP_CONDITION,
  ILDCP_DESTINATION,
  ILDCP_FULFILLMENT,
  type Prepare,
  encodeIldcpResponse,
} from '@hourglass/ilp'
import { type Instant, equalBytes } from '@hourglass/sansio'
import { NO_ADDRESS } from './refusals.ts'
import type { Refusal } from './rules/rule.ts'

export interface LocalContext {
  readonly isChild: boolean
  /** Address that the child has below ours; undefined: we have none to give. */
  readonly child: Address | undefined
  readonly asset: Asset
  readonly now: Instant
}

/** ADDR-14, CONN-10, CONN-36: nothing to `peer.` ever leaves this node. */
export function answerPeer(prepare: Prepare, context: LocalContext): Fulfill | Refusal {
  if (prepare.destination === ILDCP_DESTINATION) return answerIldcp(prepare, context)
  if (prepare.destination === HEARTBEAT_DESTINATION) return answerHeartbeat(prepare, context)
  return { rule: 'peer', code: ErrorCode.F01_INVALID_PACKET, message: 'unknown peer protocol' }
}

function answerIldcp(prepare: Prepare, { isChild, child, asset, now }: LocalContext): Fulfill | Refusal {
  // DCP-16: only children are given addresses.
  if (!isChild) {
    return { rule: 'ildcp', code: ErrorCode.F00_BAD_REQUEST, message: 'addresses are given to children only' }
  }
  if (prepare.expiresAt <= now) return EXPIRED // DCP-12
  // DCP-11, X-DCP
  if (!equalBytes(prepare.executionCondition, ILDCP_CONDITION)) {
    return { rule: 'ildcp', code: ErrorCode.F01_INVALID_PACKET, message: 'wrong condition' }
  }
  if (child === undefined) return NO_ADDRESS
  return {
    fulfillment: ILDCP_FULFILLMENT,
    data: encodeIldcpResponse({ address: child, assetCode: asset.code, assetScale: asset.scale }),
  }
}

/** CONN-35: shows the peer that we are alive, by the octets that it sent. */
function answerHeartbeat({ data, expiresAt }: Prepare, { now }: LocalContext): Fulfill | Refusal {
  if (expiresAt <= now) return EXPIRED
  if (data.length < FULFILLMENT_BYTES) {
    const message = 'a heartbeat begins with its fulfillment'
    return { rule: 'heartbeat', code: ErrorCode.F01_INVALID_PACKET, message }
  }
  return { fulfillment: data.subarray(0, FULFILLMENT_BYTES), data }
}

const HEARTBEAT_DESTINATION = 'peer.heartbeat'
const EXPIRED: Refusal = { rule: 'expiry', code: ErrorCode.R02_INSUFFICIENT_TIMEOUT, message: 'expired' }
