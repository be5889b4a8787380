import { type Prepare, decodePrepare, toAddress } from '@hourglass/ilp'
import { anyOctets } from '@hourglass/ilp/testing'
import { decodeHex, encodeHex } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import { loadVectors } from '@hourglass/vectors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyControl, anyUpdate } from '../testing/arbitraries.ts'
import { ACCEPTED, decodeRouteMessage, encodeRouteMessage, isAccepted } from './message.ts'
import { decodeRouteControl, encodeRouteControl } from './route-control.ts'
import { type RouteUpdate, decodeRouteUpdate, encodeRouteUpdate, routeUpdateBytes } from './route-update.ts'
import { NO_TABLE } from './table-id.ts'

interface CcpCase {
  readonly name: string
  readonly hex?: string
  readonly payloadHex?: string
  readonly decoded?: Record<string, unknown>
}

const { cases } = loadVectors('derived/ccp.json') as { cases: CcpCase[] }
const octetsOf = (name: string): Uint8Array => {
  const row = cases.find((entry) => entry.name === name)!
  return decodeHex((row.hex ?? row.payloadHex)!)!
}
/** As the vectors name its fields. */
const described = (update: RouteUpdate): object => ({
  routingTableId: update.table.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5'),
  currentEpochIndex: update.currentEpoch,
  fromEpochIndex: update.fromEpoch,
  toEpochIndex: update.toEpoch,
  holdDownTime: update.holdDownMs,
  speaker: update.speaker,
  newRoutes: update.newRoutes.map(({ prefix, path, auth, properties }) => ({
    prefix,
    path,
    auth: { hex: encodeHex(auth) },
    props: properties.map((property) => ({ ...property, value: { hex: encodeHex(property.value) } })),
  })),
  withdrawnRoutes: update.withdrawn,
})

const EXPIRES_AT = Date.parse('2015-06-16T00:01:00.000Z')

describe('route messages', () => {
  it.each([
    ['control/sync/packet', 'control', 'peer.route.control'],
    ['update-simple/packet', 'update', 'peer.route.update'],
    ['update-complex/packet', 'update', 'peer.route.update'],
  ])(
    '%s is a Prepare without money under the condition of all peer messages: CCP-01, CCP-02, CCP-05, CCP-06',
    (name, kind, destination) => {
      const packet = octetsOf(name)
      const prepare = decodePrepare(packet)
      const message = decodeRouteMessage(prepare)
      expect(message.kind).toBe(kind)
      expect(prepare).toMatchObject({ amount: 0n, destination })
      expect(encodeHex(encodeRouteMessage(message, prepare.expiresAt))).toBe(encodeHex(packet))
    },
  )

  it('are answered by a Fulfill of zeros: CCP-02', () => {
    expect(encodeHex(ACCEPTED)).toBe(encodeHex(octetsOf('response/packet')))
  })

  it.each(cases.filter(({ name, decoded }) => name.startsWith('update') && decoded !== undefined))(
    '$name decodes and encodes to the same octets: CCP-06, CCP-08',
    ({ hex, payloadHex, decoded }) => {
      const data = hex === undefined ? decodeHex(payloadHex!)! : decodePrepare(decodeHex(hex)!).data
      const update = decodeRouteUpdate(data)
      expect(described(update)).toEqual(decoded)
      expect(encodeHex(encodeRouteUpdate(update))).toBe(encodeHex(data))
    },
  )

  it('asks for a table with what is known of it: CCP-05, CCP-18', () => {
    const data = octetsOf('control/sync-initial')
    const control = decodeRouteControl(data)
    expect(control).toEqual({
      kind: 'control',
      mode: 'sync',
      lastKnownTable: NO_TABLE,
      lastKnownEpoch: 0,
      features: [],
    })
    expect(encodeRouteControl(control)).toEqual(data)
  })

  it('of another amount, condition, destination or mode are refused: CCP-01, CCP-04, CCP-07, CCP-59', () => {
    const packet = encodeRouteMessage(decodeRouteControl(octetsOf('control/sync-initial')), EXPIRES_AT)
    const prepare = decodePrepare(packet)
    const refused = (change: Partial<Prepare>, code: string): void => {
      expect(() => decodeRouteMessage({ ...prepare, ...change })).toThrow(new DecodeError(code, 0))
    }
    refused({ executionCondition: prepare.executionCondition.with(31, 0) }, 'bad-condition')
    refused({ destination: toAddress('peer.route.foo') }, 'bad-destination')
    refused({ amount: 1n }, 'bad-amount')
    refused({ data: prepare.data.with(0, 2) }, 'bad-mode')
  })

  it.each([
    ['update/route-count-huge', 'CCP-12, SEC-14'],
    ['update/withdrawn-missing', 'CCP-12'],
  ])('%s is refused before anything is reserved for it: %s', (name) => {
    expect(() => decodeRouteUpdate(octetsOf(name))).toThrow(DecodeError)
  })

  it('may be longer than their fields: CCP-13, CCP-61', () => {
    expect(decodeRouteUpdate(octetsOf('update/trailing')).newRoutes).toEqual([])
    fc.assert(
      fc.property(anyControl, fc.uint8Array({ maxLength: 5 }), (control, trail) => {
        expect(decodeRouteControl(Uint8Array.of(...encodeRouteControl(control), ...trail))).toEqual(control)
      }),
    )
  })

  it('leave out a route whose prefix or path is no address, and keep the others: CCP-11', () => {
    const own = octetsOf('update/own-prefix')
    const spoilt = (text: string, as: string): Uint8Array =>
      decodeHex(encodeHex(own).replaceAll(encodeHex(Buffer.from(text)), encodeHex(Buffer.from(as))))!
    const update = decodeRouteUpdate(spoilt('g.me', 'g me'))
    expect(update).toMatchObject({ newRoutes: [], withdrawn: [], speaker: '', toEpoch: 1 })
  })

  it('come back as they were, and are as long as they are said to be: CCP-08, CCP-09', () => {
    fc.assert(
      fc.property(anyUpdate, (update) => {
        const data = encodeRouteUpdate(update)
        expect(decodeRouteUpdate(data)).toEqual(update)
        expect(routeUpdateBytes(update)).toBe(data.length)
      }),
      { numRuns: 2000 },
    )
  })

  it('say of properties what fits together, whoever set the flags: CCP-09', () => {
    const update = decodeRouteUpdate(octetsOf('update/own-prefix'))
    const property = { id: 7, isPartial: true, isUtf8: false, value: Uint8Array.of(1) }
    const written = (isOptional: boolean, isTransitive: boolean): object => {
      const properties = [{ ...property, isOptional, isTransitive }]
      const newRoutes = [{ ...update.newRoutes[0]!, properties }]
      const { newRoutes: read } = decodeRouteUpdate(encodeRouteUpdate({ ...update, newRoutes }))
      return read[0]!.properties[0]!
    }
    expect(written(false, false)).toMatchObject({ isOptional: false, isTransitive: true, isPartial: false })
    expect(written(true, false)).toMatchObject({ isOptional: true, isTransitive: false, isPartial: false })
    expect(written(true, true)).toMatchObject({ isOptional: true, isTransitive: true, isPartial: true })
  })

  it('of any octets are a value or a DecodeError with code and offset', () => {
    const codes = ['short', 'bad-length', 'bad-varuint', 'bad-mode']
    const mutated = fc.tuple(anyUpdate, fc.nat(), fc.nat(255)).map(([update, at, octet]) => {
      const data = encodeRouteUpdate(update)
      return data.with(at % data.length, octet)
    })
    fc.assert(
      fc.property(fc.oneof(anyOctets, mutated), (data) => {
        for (const decode of [decodeRouteControl, decodeRouteUpdate]) {
          try {
            decode(data)
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError)
            const { code, at } = error as DecodeError
            expect(codes).toContain(code)
            expect(at).toBeLessThanOrEqual(data.length)
          }
        }
      }),
      { numRuns: 10_000 },
    )
  })

  it('are accepted by the one Fulfill that everyone can give, and by no Reject: CCP-02, SEC-15', () => {
    expect(isAccepted(ACCEPTED)).toBe(true)
    expect(isAccepted(ACCEPTED.with(5, 1))).toBe(false)
    expect(isAccepted(Uint8Array.of(14, 0))).toBe(false)
    expect(isAccepted(Uint8Array.of(13, 1))).toBe(false)
    expect(isAccepted(new Uint8Array(0))).toBe(false)
  })
})
