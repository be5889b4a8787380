export { CircuitBreaker } from './circuit-breaker.ts'
export type { StaticRoute } from './fixed-routes.ts'
export type { NextHop, Offer, Relation, RouteEntry, RoutePeer } from './route-entry.ts'
export { RouteTable } from './route-table.ts'
export {
  type ExchangeOptions,
  type PeerRouting,
  type RouteRefusal,
  Routing,
  type RoutingInput,
  type RoutingOptions,
  type RoutingOutput,
} from './routing.ts'
export {
  ACCEPTED,
  CONTROL_DESTINATION,
  MESSAGE_TIME_MS,
  ROUTE_DESTINATIONS,
  type RouteMessage,
  UPDATE_BYTES_MAX,
  UPDATE_DESTINATION,
  decodeRouteMessage,
  encodeRouteMessage,
  isAccepted,
} from './wire/message.ts'
export type { RouteControl } from './wire/route-control.ts'
export type { RouteProperty } from './wire/route-property.ts'
export { type Route, type RouteUpdate, routeUpdateBytes } from './wire/route-update.ts'
