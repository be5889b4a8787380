/** Any route message: for property tests. */
import { anyAddress } from '@hourglass/ilp/testing'
import { encodeHex, encodeUtf8 } from '@hourglass/oer'
import fc from 'fast-check'
import type { RouteControl } from '../wire/route-control.ts'
import type { RouteProperty } from '../wire/route-property.ts'
import { AUTH_BYTES, type Route, type RouteUpdate } from '../wire/route-update.ts'
import { TABLE_ID_BYTES } from '../wire/table-id.ts'

const anyUint32 = fc.nat(0xffff_ffff)
const anyText = fc.string({ unit: 'grapheme', maxLength: 20 })
const anyTable = fc.uint8Array({ minLength: TABLE_ID_BYTES, maxLength: TABLE_ID_BYTES }).map(encodeHex)

export const anyControl: fc.Arbitrary<RouteControl> = fc.record({
  kind: fc.constant('control'),
  mode: fc.constantFrom('idle', 'sync'),
  lastKnownTable: anyTable,
  lastKnownEpoch: anyUint32,
  features: fc.array(anyText, { maxLength: 3 }),
})

/** As writers write them: flags that depend on others are set only with those. */
const anyProperty: fc.Arbitrary<RouteProperty> = fc
  .record({
    id: fc.nat(0xffff),
    isOptional: fc.boolean(),
    isTransitive: fc.boolean(),
    isPartial: fc.boolean(),
    value: fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map((octets) => ({ isUtf8: false, octets })),
      anyText.map((text) => ({ isUtf8: true, octets: encodeUtf8(text) })),
    ),
  })
  .map(({ id, isOptional, isTransitive, isPartial, value }) => ({
    id,
    isOptional,
    isTransitive: !isOptional || isTransitive,
    isPartial: isOptional && isTransitive && isPartial,
    isUtf8: value.isUtf8,
    value: value.octets,
  }))

const anyRoute: fc.Arbitrary<Route> = fc.record({
  prefix: anyAddress,
  path: fc.array(anyAddress, { maxLength: 4 }),
  auth: fc.uint8Array({ minLength: AUTH_BYTES, maxLength: AUTH_BYTES }),
  properties: fc.array(anyProperty, { maxLength: 2 }),
})

export const anyUpdate: fc.Arbitrary<RouteUpdate> = fc.record({
  kind: fc.constant('update'),
  table: anyTable,
  currentEpoch: anyUint32,
  fromEpoch: anyUint32,
  toEpoch: anyUint32,
  holdDownMs: anyUint32,
  speaker: anyAddress,
  newRoutes: fc.array(anyRoute, { maxLength: 4 }),
  withdrawn: fc.array(anyAddress, { maxLength: 3 }),
})
