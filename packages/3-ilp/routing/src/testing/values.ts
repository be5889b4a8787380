/** Peers, routes and updates as tests write them. */
import { type Address, toAddress } from '@hourglass/ilp'
import type { Relation, RoutePeer } from '../route-entry.ts'
import type { Route, RouteUpdate } from '../wire/route-update.ts'

export const NOW: number = Date.UTC(2026, 0, 1)
export const TABLE: string = '1'.repeat(32)

export function peerOf(id: string, relation: Relation = 'peer'): RoutePeer {
  return { id, relation }
}

/** A route to the last of the nodes, over the others. */
export function routeOf(
  prefix: string,
  path: readonly string[] = [prefix],
  options: Partial<Route> = {},
): Route {
  return {
    prefix: toAddress(prefix),
    path: path.map(toAddress),
    auth: new Uint8Array(32),
    properties: [],
    ...options,
  }
}

/** From epoch 0 to as many as there are changes. */
export function updateOf(
  newRoutes: readonly Route[],
  withdrawn: readonly string[] = [],
  options: Partial<RouteUpdate> = {},
): RouteUpdate {
  const toEpoch = (options.fromEpoch ?? 0) + newRoutes.length + withdrawn.length
  return {
    kind: 'update',
    table: TABLE,
    currentEpoch: options.toEpoch ?? toEpoch,
    fromEpoch: 0,
    toEpoch,
    holdDownMs: 45_000,
    speaker: 'test.peer' as Address,
    newRoutes,
    withdrawn: withdrawn.map(toAddress),
    ...options,
  }
}
