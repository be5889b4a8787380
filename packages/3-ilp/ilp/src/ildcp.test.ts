import { createHash } from 'node:crypto'
import { decodeHex, encodeHex, encodeUtf8 } from '@hourglass/oer'
import { DecodeError, UsageError } from '@hourglass/sansio'
import { loadVectors } from '@hourglass/vectors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toAddress } from './address.ts'
import { type Fulfill, decodeFulfill, encodeFulfill } from './fulfill.ts'
import {
  ILDCP_CONDITION,
  ILDCP_DESTINATION,
  ILDCP_FULFILLMENT,
  decodeIldcpResponse,
  encodeIldcpRequest,
  encodeIldcpResponse,
} from './ildcp.ts'
import { decodePrepare } from './prepare.ts'
import { anyAddress, anyOctets } from './testing/index.ts'

interface IldcpCase {
  readonly name: string
  readonly hex: string
  readonly fields?: {
    readonly clientAddress: string
    readonly assetScale: number
    readonly assetCode: string
  }
}

const { cases } = loadVectors('derived/ildcp.json') as { cases: IldcpCase[] }
const octetsOf = (name: string): Uint8Array => decodeHex(cases.find((row) => row.name === name)!.hex)!
const answer = (data: Uint8Array): Fulfill => ({ fulfillment: ILDCP_FULFILLMENT, data })

describe('an IL-DCP request', () => {
  it('is an empty Prepare of amount 0 to peer.config with the known condition (DCP-01 … DCP-05)', () => {
    const expiresAt = Date.parse('2015-06-16T00:01:00.000Z')
    const packet = encodeIldcpRequest(expiresAt)
    expect(decodePrepare(packet)).toEqual({
      amount: 0n,
      expiresAt,
      executionCondition: ILDCP_CONDITION,
      destination: 'peer.config',
      data: new Uint8Array(0),
    })
    // The vectors have it with one letter and with one octet wrong.
    const wrongDestination = encodeHex(octetsOf('request/wrong-destination'))
    expect(encodeHex(packet)).toBe(wrongDestination.replace('626f6e666967', '636f6e666967'))
    expect(encodeHex(ILDCP_CONDITION)).toBe(
      '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925',
    )
  })

  it('has the digest of its fulfillment as condition (DCP-03, DCP-06, ILP-09)', () => {
    expect(encodeHex(ILDCP_CONDITION)).toBe(createHash('sha256').update(ILDCP_FULFILLMENT).digest('hex'))
    expect(ILDCP_FULFILLMENT).toEqual(new Uint8Array(32))
  })

  it.each([
    ['request/wrong-destination', 'peer.bonfig', true],
    ['request/wrong-condition', 'peer.config', false],
  ])('%s can be told from a right one (DCP-01, DCP-11, X-DCP)', (name, destination, sameCondition) => {
    const prepare = decodePrepare(octetsOf(name))
    expect(prepare.destination).toBe(destination)
    expect(prepare.destination === ILDCP_DESTINATION).toBe(!sameCondition)
    expect(encodeHex(prepare.executionCondition) === encodeHex(ILDCP_CONDITION)).toBe(sameCondition)
  })
})

describe('an IL-DCP response', () => {
  const valid = cases.filter(({ fields }) => fields !== undefined)

  it.each(valid)(
    '$name decodes and encodes to the same octets (DCP-06, DCP-07, DCP-15)',
    ({ hex, fields }) => {
      const { clientAddress, assetScale, assetCode } = fields!
      const response = decodeIldcpResponse(decodeFulfill(decodeHex(hex)!))
      expect(response).toEqual({ address: clientAddress, assetScale, assetCode })
      expect(encodeHex(encodeFulfill(answer(encodeIldcpResponse(response))))).toBe(hex)
    },
  )

  it('with another fulfillment is refused (DCP-08)', () => {
    const fulfill = decodeFulfill(octetsOf('response/wrong-fulfillment'))
    expect(() => decodeIldcpResponse(fulfill)).toThrow(new DecodeError('bad-fulfillment', 0))
  })

  it.each(['foo', 'g', 'g.a b', ''])('with the address %j is refused (DCP-09)', (address) => {
    const octets = encodeUtf8(address)
    const data = Uint8Array.of(octets.length, ...octets, 9, 3, 0x58, 0x52, 0x50)
    expect(() => decodeIldcpResponse(answer(data))).toThrow(new DecodeError('bad-address', 1))
  })

  it('has a scale of one octet (DCP-15)', () => {
    const response = { address: toAddress('g.a'), assetCode: 'XRP', assetScale: 256 }
    expect(() => encodeIldcpResponse(response)).toThrow(UsageError)
  })

  it('comes back as it was, whatever trails it', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 })
    fc.assert(
      fc.property(
        anyAddress,
        text,
        fc.nat(255),
        fc.uint8Array({ maxLength: 4 }),
        (address, assetCode, assetScale, trail) => {
          const response = { address, assetCode, assetScale }
          const data = Uint8Array.of(...encodeIldcpResponse(response), ...trail)
          expect(decodeIldcpResponse(answer(data))).toEqual(response)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('of any octets is a value or a DecodeError with code and offset', () => {
    const mutated = fc.tuple(anyAddress, fc.nat(60), fc.nat(255)).map(([address, at, octet]) => {
      const data = encodeIldcpResponse({ address, assetCode: 'XRP', assetScale: 9 })
      return Uint8Array.from(data).with(at % data.length, octet)
    })
    fc.assert(
      fc.property(fc.oneof(anyOctets, mutated), (data) => {
        try {
          decodeIldcpResponse(answer(data))
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
          const { code, at } = error as DecodeError
          expect(['short', 'bad-length', 'bad-address', 'bad-utf8']).toContain(code)
          expect(at).toBeLessThanOrEqual(data.length)
        }
      }),
      { numRuns: 10_000 },
    )
  })
})
