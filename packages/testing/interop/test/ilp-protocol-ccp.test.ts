/** `@hourglass/routing` and the field's own codec of route messages, ilp-protocol-ccp, in both directions. */
import { decodePrepare } from '@hourglass/ilp'
import {
  type Route,
  type RouteControl,
  type RouteMessage,
  type RouteUpdate,
  ACCEPTED,
  decodeRouteMessage,
  encodeRouteMessage,
} from '@hourglass/routing'
import { anyControl, anyUpdate } from '@hourglass/routing/testing'
import { now } from '@hourglass/sansio/io'
import fc from 'fast-check'
import { deserializeIlpPrepare } from 'ilp-packet'
import * as ccp from 'ilp-protocol-ccp'
import { describe, expect, it } from 'vitest'

const RUNS = { numRuns: 2000 }

const uuid = (table: string): string => table.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')

function controlToPeer(control: RouteControl): ccp.CcpRouteControlRequest {
  return {
    mode: control.mode === 'sync' ? ccp.Mode.MODE_SYNC : ccp.Mode.MODE_IDLE,
    lastKnownRoutingTableId: uuid(control.lastKnownTable),
    lastKnownEpoch: control.lastKnownEpoch,
    features: [...control.features],
  }
}

function routeToPeer({ prefix, path, auth, properties }: Route): ccp.CcpRoute {
  const props = properties.map(({ isUtf8, value, ...flags }) => ({
    ...flags,
    isUtf8,
    value: isUtf8 ? Buffer.from(value).toString('utf8') : Buffer.from(value),
  }))
  return { prefix, path: [...path], auth: Buffer.from(auth), props: props as ccp.CcpRouteProp[] }
}

function updateToPeer(update: RouteUpdate): ccp.CcpRouteUpdateRequest {
  return {
    routingTableId: uuid(update.table),
    currentEpochIndex: update.currentEpoch,
    fromEpochIndex: update.fromEpoch,
    toEpochIndex: update.toEpoch,
    holdDownTime: update.holdDownMs,
    speaker: update.speaker,
    newRoutes: update.newRoutes.map(routeToPeer),
    withdrawnRoutes: [...update.withdrawn],
  }
}

/** Both write the same data, and each reads what the other wrote. */
function expectAgreement(message: RouteMessage, theirs: Buffer): void {
  const ours = encodeRouteMessage(message, now() + 60_000)
  expect(Buffer.from(decodePrepare(ours).data)).toEqual(deserializeIlpPrepare(theirs).data)
  expect(decodeRouteMessage(decodePrepare(theirs))).toEqual(message)
}

describe('interop: ilp-protocol-ccp as reader and writer of our route messages', () => {
  it('agrees on any route control (CCP-01, CCP-02, CCP-05)', () => {
    fc.assert(
      fc.property(anyControl, (control) => {
        expectAgreement(control, ccp.serializeCcpRouteControlRequest(controlToPeer(control)))
        const ours = Buffer.from(encodeRouteMessage(control, now() + 60_000))
        expect(ccp.deserializeCcpRouteControlRequest(ours)).toEqual(controlToPeer(control))
      }),
      RUNS,
    )
  })

  it('agrees on any route update (CCP-01, CCP-02, CCP-06, CCP-08, CCP-09)', () => {
    fc.assert(
      fc.property(anyUpdate, (update) => {
        expectAgreement(update, ccp.serializeCcpRouteUpdateRequest(updateToPeer(update)))
        const ours = Buffer.from(encodeRouteMessage(update, now() + 60_000))
        expect(ccp.deserializeCcpRouteUpdateRequest(ours)).toEqual(updateToPeer(update))
      }),
      RUNS,
    )
  })

  it('answers with the same octets (CCP-02)', () => {
    expect(Buffer.from(ACCEPTED)).toEqual(ccp.serializeCcpResponse())
    expect(() => ccp.deserializeCcpResponse(Buffer.from(ACCEPTED))).not.toThrow()
  })
})
