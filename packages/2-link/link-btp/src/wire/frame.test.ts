import { decodeHex, decodeUtf8Lossy, encodeHex, encodeUtf8 } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import { loadVectors } from '@hourglass/vectors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ERROR_NAMES, makeErrorContents } from './error-contents.ts'
import { type Frame, FrameType, decodeFrame, encodeFrame } from './frame.ts'
import { ContentType, type ProtocolData } from './protocol-data.ts'
import { encodeSinglePart } from './single-part.ts'

/** What btp-packet 2.2.1 makes of a frame. */
interface JsPart {
  readonly protocolName: string
  readonly contentType: number
  readonly data: { readonly hex: string }
}
interface Vector {
  readonly name: string
  readonly hex: string
  readonly verdict: 'accept' | 'reject' | 'lenient'
  readonly js: {
    readonly type: number
    readonly requestId: number
    readonly data: {
      readonly amount?: string
      readonly code?: string
      readonly name?: string
      readonly triggeredAt?: string
      readonly data?: string
      readonly protocolData: readonly JsPart[]
    }
  }
}
const vectors = (loadVectors('derived/btp.json') as { readonly cases: readonly Vector[] }).cases

/** The frame in the vectors' notation. */
function toJs(frame: Frame): Vector['js'] {
  const protocolData = frame.protocolData.map(({ data, ...part }) => ({
    ...part,
    data: { hex: encodeHex(data) },
  }))
  const { type, requestId } = frame
  if (type === FrameType.Transfer)
    return { type, requestId, data: { amount: String(frame.amount), protocolData } }
  if (type !== FrameType.Error) return { type, requestId, data: { protocolData } }
  const { code, name, triggeredAt, data } = frame.error
  const error = {
    code,
    name,
    triggeredAt: new Date(triggeredAt ?? NaN).toISOString(),
    data: decodeUtf8Lossy(data),
  }
  return { type, requestId, data: { ...error, protocolData } }
}

function decodes(bytes: Uint8Array): Frame | undefined {
  try {
    return decodeFrame(bytes)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

describe('vectors of frames (BTP-02)', () => {
  it.each(vectors.filter(({ verdict }) => verdict === 'accept'))(
    '$name is read and written',
    ({ hex, js }) => {
      const frame = decodeFrame(decodeHex(hex)!)
      expect(toJs(frame)).toEqual(js)
      expect(encodeHex(encodeFrame(frame))).toBe(hex)
    },
  )
  it.each(vectors.filter(({ verdict }) => verdict === 'reject'))('$name is refused', ({ hex }) => {
    expect(() => decodeFrame(decodeHex(hex)!)).toThrow(DecodeError)
  })
  it.each(vectors.filter(({ verdict }) => verdict === 'lenient'))(
    '$name: what is odd is not passed on',
    ({ hex, js }) => {
      const frame = decodeFrame(decodeHex(hex)!)
      expect(toJs(frame)).toEqual(js)
      expect(toJs(decodeFrame(encodeFrame(frame)))).toEqual(js)
    },
  )
})

const part: fc.Arbitrary<ProtocolData> = fc.record({
  protocolName: fc.oneof(fc.constant('ilp'), fc.string({ unit: 'binary', maxLength: 200 })),
  contentType: fc.nat({ max: 255 }),
  data: fc.uint8Array({ maxLength: 300 }),
})
const head = {
  requestId: fc.nat({ max: 0xffff_ffff }),
  protocolData: fc.array(part, { maxLength: 4 }),
}
const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ type: fc.constantFrom(FrameType.Response, FrameType.Message), ...head }),
  fc.record({
    type: fc.constant(FrameType.Transfer),
    amount: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    ...head,
  }),
  fc.record({
    type: fc.constant(FrameType.Error),
    error: fc.record({
      code: fc.constantFrom('F00', 'T00', 'X99'),
      name: fc.string({ unit: 'binary', maxLength: 40 }),
      triggeredAt: fc.option(fc.nat({ max: 2 ** 41 }), { nil: undefined }),
      data: fc.uint8Array({ maxLength: 300 }),
    }),
    ...head,
  }),
)

describe('frames', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
      }),
    )
  })

  it('make a value or a DecodeError of any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void decodes(bytes)),
      { numRuns: 10_000 },
    )
  })

  it('make a value or a DecodeError of any frame with octets changed, cut or added', () => {
    const change = fc.record({
      at: fc.nat(),
      octet: fc.nat({ max: 255 }),
      end: fc.nat(),
      added: fc.uint8Array(),
    })
    fc.assert(
      fc.property(anyFrame, change, (frame, { at, octet, end, added }) => {
        const bytes = encodeFrame(frame)
        bytes[at % bytes.length] = octet
        decodes(bytes)
        const cut = bytes.subarray(0, end % bytes.length)
        decodes(cut)
        decodes(Uint8Array.of(...cut, ...added))
      }),
      { numRuns: 10_000 },
    )
  })

  it('cut short are refused, however short (BTP-56)', () => {
    fc.assert(
      fc.property(anyFrame, fc.nat(), (frame, at) => {
        const bytes = encodeFrame(frame)
        expect(decodes(bytes.subarray(0, at % bytes.length))).toBeUndefined()
      }),
    )
  })

  it('end where they say: a second one in the same message is ignored (BTP-01)', () => {
    const frame: Frame = { type: FrameType.Message, requestId: 1, protocolData: [] }
    const bytes = encodeFrame(frame)
    expect(decodeFrame(Uint8Array.of(...bytes, ...bytes))).toEqual(frame)
  })

  it('have whole OER lengths: a packet of 33 kB fits (BTP-03)', () => {
    const data = new Uint8Array(33_000).fill(7)
    const protocolData = [{ protocolName: 'ilp', contentType: 0, data }]
    const frame: Frame = { type: FrameType.Message, requestId: 1, protocolData }
    expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
  })

  it('have parts of octets, text and JSON, and carry through what else there is (BTP-08)', () => {
    const contentTypes = (name: string): number[] => {
      const { hex } = vectors.find((vector) => vector.name === name)!
      return decodeFrame(decodeHex(hex)!).protocolData.map(({ contentType }) => contentType)
    }
    const { OctetStream, Text, Json } = ContentType
    expect(contentTypes('response')).toEqual([OctetStream, OctetStream, Text, Json])
    expect(contentTypes('rs/fuzz-11')).toEqual([253])
  })

  it('of the type Transfer have any u64 as amount (BTP-42)', () => {
    for (const amount of [0n, 1n, 2n ** 64n - 1n]) {
      const frame: Frame = { type: FrameType.Transfer, requestId: 1, amount, protocolData: [] }
      expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
    }
    const tooMuch: Frame = { type: FrameType.Transfer, requestId: 1, amount: 2n ** 64n, protocolData: [] }
    expect(() => encodeFrame(tooMuch)).toThrow('2^64-1')
  })

  it('have one of four types (BTP-04)', () => {
    const bytes = encodeFrame({ type: FrameType.Message, requestId: 1, protocolData: [] })
    for (const type of [0, 3, 4, 5, 8, 255]) {
      bytes[0] = type
      expect(() => decodeFrame(bytes)).toThrow('bad-type')
    }
  })

  it('have request ids up to the highest u32, and no more (BTP-05)', () => {
    const frame: Frame = { type: FrameType.Message, requestId: 0xffff_ffff, protocolData: [] }
    expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
    expect(() => encodeFrame({ ...frame, requestId: 2 ** 32 })).toThrow('integer')
  })
})

describe('an Error', () => {
  const error = makeErrorContents('F00', 'no', Date.UTC(2030, 0, 2, 3, 4, 5))
  const frame: Frame = { type: FrameType.Error, requestId: 1, error, protocolData: [] }

  it('says when with three decimals and Z (BTP-40)', () => {
    expect(decodeUtf8Lossy(encodeFrame(frame))).toContain('20300102030405.000Z')
  })

  it('counts whatever its time (BTP-41)', () => {
    for (const time of ['20171224161432Z', 'yesterday, in the even', '']) {
      const bytes = encodeFrame({ ...frame, error: { ...error, triggeredAt: undefined } })
      // Where there is no time, the length of the time is the octet behind the name.
      const at = decodeUtf8Lossy(bytes).indexOf('Error') + 'Error'.length
      const withTime = Uint8Array.of(
        ...bytes.subarray(0, at),
        time.length,
        ...encodeUtf8(time),
        ...bytes.subarray(at + 1),
      )
      withTime[5] = bytes[5]! + time.length
      expect(decodeFrame(withTime)).toMatchObject({ error: { code: 'F00', data: error.data } })
    }
  })

  it('has a name for each code of the RFC, which has no F02 (BTP-36)', () => {
    expect(Object.keys(ERROR_NAMES).toSorted()).toEqual([
      'F00',
      'F01',
      'F03',
      'F04',
      'F05',
      'F06',
      'F07',
      'F08',
      'T00',
    ])
    expect(error.name).toBe('NotAcceptedError')
  })

  it('says why in JSON, cut to what fits (BTP-39, X-BTP7)', () => {
    expect(decodeUtf8Lossy(error.data)).toBe('{"message":"no"}')
    const longest = makeErrorContents('F00', '\u0001'.repeat(100_000), 0)
    expect(decodes(encodeFrame({ ...frame, error: longest }))).toBeDefined()
    const tooLong = { ...error, data: new Uint8Array(8193) }
    expect(() => encodeFrame({ ...frame, error: tooLong })).toThrow('at most 8192')
  })

  it('is not written with a code of another length', () => {
    expect(() => encodeFrame({ ...frame, error: { ...error, code: 'F0' } })).toThrow('three characters')
  })
})

describe('encodeSinglePart', () => {
  it('writes the octets that encodeFrame writes, each frame apart from the others', () => {
    const message = fc.record({
      type: fc.constantFrom(FrameType.Response, FrameType.Message),
      requestId: fc.nat({ max: 0xffff_ffff }),
      protocolName: fc.oneof(fc.constant('ilp'), fc.string({ unit: 'binary', maxLength: 200 })),
      data: fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ minLength: 4000, maxLength: 9000, size: 'max' }),
      ),
    })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
        const frames = messages.map((m) => encodeSinglePart(m.type, m.requestId, m.protocolName, m.data))
        const expected = messages.map(({ type, requestId, protocolName, data }) =>
          encodeFrame({ type, requestId, protocolData: [{ protocolName, contentType: 0, data }] }),
        )
        expect(frames.map(encodeHex)).toEqual(expected.map(encodeHex))
      }),
    )
  })
})
