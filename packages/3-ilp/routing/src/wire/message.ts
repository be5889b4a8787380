/**
 * CCP messages as ILP packets: a Prepare without money to `peer.route.…`, answered by a Fulfill that everyone can
 * give. Layer 3, wire. As in ilp-protocol-ccp.
 */
import {
  type Address,
  DATA_BYTES_MAX,
  ILDCP_CONDITION,
  ILDCP_FULFILLMENT,
  PacketType,
  type Prepare,
  decodeFulfill,
  encodeFulfill,
  encodePrepare,
  toAddress,
} from '@hourglass/ilp'
import { DecodeError, type Instant, equalBytes } from '@hourglass/sansio'
import type { RoutingFault } from './fault.ts'
import { type RouteControl, decodeRouteControl, encodeRouteControl } from './route-control.ts'
import { type RouteUpdate, decodeRouteUpdate, encodeRouteUpdate } from './route-update.ts'

export type RouteMessage = RouteControl | RouteUpdate

/** CCP-01 */
export const CONTROL_DESTINATION: Address = toAddress('peer.route.control')
export const UPDATE_DESTINATION: Address = toAddress('peer.route.update')

/** What all destinations of this protocol begin with (CCP-59). */
export const ROUTE_DESTINATIONS = 'peer.route.'

/** CCP-37: a longer update does not fit into a packet. */
export const UPDATE_BYTES_MAX: number = DATA_BYTES_MAX

/** CCP-03 */
export const MESSAGE_TIME_MS = 60_000

/** The condition and the fulfillment are those of all messages between peers, IL-DCP's among them. */
export function encodeRouteMessage(message: RouteMessage, expiresAt: Instant): Uint8Array {
  const isControl = message.kind === 'control'
  return encodePrepare({
    amount: 0n,
    expiresAt,
    executionCondition: ILDCP_CONDITION,
    destination: isControl ? CONTROL_DESTINATION : UPDATE_DESTINATION,
    data: isControl ? encodeRouteControl(message) : encodeRouteUpdate(message),
  })
}

/**
 * @throws DecodeError `bad-destination` | `bad-condition` | `bad-amount`, and as `decodeRouteControl` and
 * `decodeRouteUpdate`
 */
export function decodeRouteMessage(prepare: Prepare): RouteMessage {
  const { destination, executionCondition, amount, data } = prepare
  if (destination !== CONTROL_DESTINATION && destination !== UPDATE_DESTINATION) {
    throw new DecodeError<RoutingFault>('bad-destination', 0)
  }
  // CCP-04
  if (!equalBytes(executionCondition, ILDCP_CONDITION)) {
    throw new DecodeError<RoutingFault>('bad-condition', 0)
  }
  // CCP-01: whoever has it fulfilled takes it for paid.
  if (amount !== 0n) throw new DecodeError<RoutingFault>('bad-amount', 0)
  return destination === CONTROL_DESTINATION ? decodeRouteControl(data) : decodeRouteUpdate(data)
}

/** CCP-02: the answer to a message that was accepted. */
export const ACCEPTED: Uint8Array = encodeFulfill({
  fulfillment: ILDCP_FULFILLMENT,
  data: new Uint8Array(0),
})

/** Whether a reply accepts the message. A Reject does not (SEC-15), nor does any other Fulfill. */
export function isAccepted(reply: Uint8Array): boolean {
  if (reply[0] !== PacketType.Fulfill) return false
  try {
    return equalBytes(decodeFulfill(reply).fulfillment, ILDCP_FULFILLMENT)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return false
  }
}
