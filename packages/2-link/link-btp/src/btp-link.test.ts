import type { LinkOutput } from '@hourglass/link'
import { decodeHex, encodeUtf8 } from '@hourglass/oer'
import { TIMEOUT } from '@hourglass/sansio'
import { loadVectors } from '@hourglass/vectors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BtpLink, type BtpLinkOptions, type BtpWireIn, type BtpWireOut } from './btp-link.ts'
import { AUTH_TIMEOUT_MS, PEER_REQUESTS_MAX, UNREADABLE_FRAMES_MAX } from './limits.ts'
import { ERROR_NAMES, type ErrorCode, makeErrorContents } from './wire/error-contents.ts'
import { type Frame, FrameType, decodeFrame, encodeFrame } from './wire/frame.ts'

const NOW = 1_900_000_000_000
const CLIENT: BtpLinkOptions = { role: 'client', username: '', token: 'secret' }

/** A link under test: frames go in and come out decoded. */
class Bench {
  now = NOW
  readonly link: BtpLink

  constructor(options: BtpLinkOptions = { role: 'server' }) {
    this.link = new BtpLink(options)
    this.wire({ kind: 'opened' })
  }

  /** A server's link whose socket is open. */
  static up(): Bench {
    const bench = new Bench()
    bench.take()
    return bench
  }

  wire(wire: BtpWireIn): void {
    this.link.handle({ kind: 'wire', wire }, this.now)
  }

  receive(frame: Frame): void {
    this.wire({ kind: 'frame', bytes: encodeFrame(frame) })
  }

  request(id: number, protocol = 'ilp', body = Uint8Array.of(12)): void {
    this.link.handle({ kind: 'request', id, protocol, body, deadline: this.now + 30_000 }, this.now)
  }

  take(): (
    | Exclude<LinkOutput<BtpWireOut>, { kind: 'wire' }>
    | Exclude<BtpWireOut, { kind: 'frame' }>
    | Frame
  )[] {
    const outputs: ReturnType<Bench['take']> = []
    for (let output = this.link.poll(); output !== undefined; output = this.link.poll()) {
      if (output.kind !== 'wire') outputs.push(output)
      else if (output.wire.kind === 'frame') outputs.push(decodeFrame(output.wire.bytes))
      else outputs.push(output.wire)
    }
    return outputs
  }
}

const ilp = (...data: number[]): Frame['protocolData'] => [
  { protocolName: 'ilp', contentType: 0, data: Uint8Array.from(data) },
]
const named = (protocolName: string, ...data: number[]): Frame['protocolData'] => [
  { protocolName, contentType: 0, data: Uint8Array.from(data) },
]

describe('a client', () => {
  it('says its token first, nothing before the answer, and is up by it (BTP-16, BTP-26)', () => {
    const bench = new Bench(CLIENT)
    bench.request(1)
    const [auth, refusal, ...rest] = bench.take()
    expect(auth).toEqual(vectorFrame('auth/no-username'))
    expect(refusal).toEqual({ kind: 'failed', id: 1, failure: 'down' })
    expect(rest).toEqual([])
    bench.receive({ type: FrameType.Response, requestId: 1, protocolData: [] })
    expect(bench.take()).toEqual([{ kind: 'accepted' }, { kind: 'up' }])
  })

  it('says its user name where it has one (BTP-18), and an empty token (BTP-17)', () => {
    const named = new Bench({ role: 'client', username: 'alice', token: 'secret' })
    expect(named.take()).toEqual([vectorFrame('auth/with-username')])
    const empty = new Bench({ role: 'client', username: '', token: '' })
    expect(empty.take()).toEqual([vectorFrame('auth/empty-token')])
  })

  it('closes where the server refuses its token', () => {
    const bench = new Bench(CLIENT)
    bench.take()
    const error = makeErrorContents('F00', 'no', NOW)
    bench.receive({ type: FrameType.Error, requestId: 1, error, protocolData: [] })
    expect(bench.take()).toEqual([{ kind: 'close', reason: 'token-refused' }])
    bench.receive({ type: FrameType.Response, requestId: 1, protocolData: [] })
    expect(bench.take()).toEqual([])
  })

  it('closes where the server does not answer (BTP-25)', () => {
    const bench = new Bench(CLIENT)
    bench.take()
    expect(bench.link.nextTimeout()).toBe(NOW + AUTH_TIMEOUT_MS)
    bench.link.handle(TIMEOUT, NOW + AUTH_TIMEOUT_MS - 1)
    expect(bench.take()).toEqual([])
    bench.link.handle(TIMEOUT, NOW + AUTH_TIMEOUT_MS)
    expect(bench.take()).toEqual([{ kind: 'close', reason: 'no-answer' }])
    expect(bench.link.nextTimeout()).toBeUndefined()
  })

  it('handles nothing else before it is accepted (BTP-23)', () => {
    const bench = new Bench(CLIENT)
    bench.take()
    bench.receive({ type: FrameType.Message, requestId: 1, protocolData: ilp(12) })
    bench.receive({ type: FrameType.Response, requestId: 2, protocolData: [] })
    expect(bench.take()).toEqual([])
  })

  it('authenticates on each new socket (BTP-27)', () => {
    const bench = new Bench(CLIENT)
    bench.receive({ type: FrameType.Response, requestId: 1, protocolData: [] })
    bench.take()
    bench.wire({ kind: 'closed' })
    expect(bench.take()).toEqual([{ kind: 'down' }])
    bench.wire({ kind: 'opened' })
    expect(bench.take()).toMatchObject([
      { type: FrameType.Message, protocolData: [{ protocolName: 'auth' }, {}] },
    ])
  })
})

describe('requests of ours', () => {
  it('travel as a Message with one octet-stream part (BTP-11, BTP-12, BTP-15)', () => {
    const bench = Bench.up()
    bench.request(7)
    expect(bench.take()).toEqual([{ type: FrameType.Message, requestId: 1, protocolData: ilp(12) }])
  })

  it('are answered by the part of their own protocol, wherever it stands (BTP-10)', () => {
    const bench = Bench.up()
    bench.request(7)
    bench.take()
    bench.receive({
      type: FrameType.Response,
      requestId: 1,
      protocolData: [...named('note', 1), ...ilp(13, 2)],
    })
    expect(bench.take()).toEqual([{ kind: 'reply', id: 7, body: Uint8Array.of(13, 2) }])
  })

  it('are refused by an Error, and by a Response that does not speak of them', () => {
    const bench = Bench.up()
    bench.request(7)
    bench.request(8, 'channel')
    bench.take()
    const error = makeErrorContents('F00', 'no', NOW)
    bench.receive({ type: FrameType.Error, requestId: 1, error, protocolData: [] })
    bench.receive({ type: FrameType.Response, requestId: 2, protocolData: [] })
    expect(bench.take()).toEqual([
      { kind: 'failed', id: 7, failure: 'refused' },
      { kind: 'failed', id: 8, failure: 'refused' },
    ])
  })

  it.each([...(Object.keys(ERROR_NAMES) as ErrorCode[]), 'X99'])(
    'end with an Error %s, and are not sent again (BTP-37)',
    (code) => {
      const bench = Bench.up()
      bench.request(7)
      bench.take()
      const error = { ...makeErrorContents('F00', 'no', NOW), code }
      bench.receive({ type: FrameType.Error, requestId: 1, error, protocolData: [] })
      // T: the peer has not looked at it, and may do so another time.
      const failure = code === 'T00' ? 'full' : 'refused'
      expect(bench.take()).toEqual([{ kind: 'failed', id: 7, failure }])
      expect(bench.link.nextTimeout()).toBeUndefined()
      bench.link.handle(TIMEOUT, NOW + 3_600_000)
      expect(bench.take()).toEqual([])
    },
  )

  it('are lost where no answer comes by their deadline (BTP-35)', () => {
    const bench = Bench.up()
    bench.request(7)
    bench.take()
    const deadline = NOW + 30_000
    expect(bench.link.nextTimeout()).toBe(deadline)
    bench.link.handle(TIMEOUT, deadline)
    expect(bench.take()).toEqual([{ kind: 'failed', id: 7, failure: 'lost' }])
  })

  it('are full while the peer reads too slowly; the session stands', () => {
    const bench = Bench.up()
    bench.wire({ kind: 'congested' })
    bench.request(1)
    bench.wire({ kind: 'drained' })
    bench.request(2)
    expect(bench.take()).toEqual([
      { kind: 'failed', id: 1, failure: 'full' },
      { type: FrameType.Message, requestId: 1, protocolData: ilp(12) },
    ])
  })
})

describe('requests of the peer', () => {
  it('are what the part named ilp says, else the first (BTP-09, BTP-10)', () => {
    const bench = Bench.up()
    bench.receive({ type: FrameType.Message, requestId: 5, protocolData: [...named('note', 1), ...ilp(12)] })
    bench.receive({
      type: FrameType.Message,
      requestId: 6,
      protocolData: [...named('claim', 2), ...named('note', 3)],
    })
    expect(bench.take()).toEqual([
      { kind: 'request', id: 1, protocol: 'ilp', body: Uint8Array.of(12) },
      { kind: 'request', id: 2, protocol: 'claim', body: Uint8Array.of(2) },
    ])
  })

  it('get one answer with their own id, a Reject in a Response as well (BTP-06, BTP-13, BTP-32)', () => {
    const bench = Bench.up()
    bench.receive({ type: FrameType.Message, requestId: 0xffff_ffff, protocolData: ilp(12) })
    bench.link.handle({ kind: 'reply', id: 1, body: Uint8Array.of(14, 9) }, NOW)
    bench.link.handle({ kind: 'reply', id: 1, body: Uint8Array.of(13, 9) }, NOW)
    const [, ...answers] = bench.take()
    expect(answers).toEqual([{ type: FrameType.Response, requestId: 0xffff_ffff, protocolData: ilp(14, 9) }])
  })

  it('that are not served get an Error with the reason as JSON (BTP-33, BTP-34)', () => {
    const bench = Bench.up()
    bench.receive({ type: FrameType.Message, requestId: 3, protocolData: named('foo') })
    bench.link.handle({ kind: 'refuse', id: 1, message: 'foo is not served here' }, NOW)
    const [, answer] = bench.take()
    expect(answer).toEqual({
      type: FrameType.Error,
      requestId: 3,
      error: {
        code: 'F00',
        name: 'NotAcceptedError',
        triggeredAt: NOW,
        data: json('foo is not served here'),
      },
      protocolData: [],
    })
  })

  it('without any part get an empty Response (BTP-33)', () => {
    const bench = Bench.up()
    bench.receive({ type: FrameType.Message, requestId: 3, protocolData: [] })
    expect(bench.take()).toEqual([{ type: FrameType.Response, requestId: 3, protocolData: [] }])
  })

  it('to transfer get an Error, and change no balance (BTP-43, BTP-44)', () => {
    const bench = Bench.up()
    bench.receive({ type: FrameType.Transfer, requestId: 3, amount: 5n, protocolData: [] })
    expect(bench.take()).toMatchObject([{ type: FrameType.Error, requestId: 3, error: { code: 'F00' } }])
  })

  it('are bounded: more get an Error to retry', () => {
    const bench = Bench.up()
    for (let i = 0; i < PEER_REQUESTS_MAX; i++) {
      bench.receive({ type: FrameType.Message, requestId: i, protocolData: ilp(12) })
    }
    expect(bench.take()).toHaveLength(PEER_REQUESTS_MAX)
    bench.receive({ type: FrameType.Message, requestId: 1, protocolData: ilp(12) })
    expect(bench.take()).toMatchObject([{ type: FrameType.Error, requestId: 1, error: { code: 'T00' } }])
  })

  it('that came by an earlier socket are not answered on a later one, where their id may mean another', () => {
    const bench = Bench.up()
    bench.receive({ type: FrameType.Message, requestId: 4, protocolData: ilp(12) })
    bench.wire({ kind: 'closed' })
    bench.wire({ kind: 'opened' })
    bench.take()
    bench.link.handle({ kind: 'reply', id: 1, body: Uint8Array.of(13) }, NOW)
    expect(bench.take()).toEqual([])
  })

  it('that repeat an id under way are answered each', () => {
    const bench = Bench.up()
    for (let i = 0; i < 2; i++)
      bench.receive({ type: FrameType.Message, requestId: 4, protocolData: ilp(12, i) })
    bench.take()
    for (const id of [1, 2]) bench.link.handle({ kind: 'reply', id, body: Uint8Array.of(13, id) }, NOW)
    expect(bench.take()).toMatchObject([{ requestId: 4 }, { requestId: 4 }])
  })
})

describe('interledger-rs, which swaps frame types of ILP packets (BTP-14, X-BTP)', () => {
  it('asks with a Prepare in a Response and gets its answer in one', () => {
    const bench = Bench.up()
    bench.receive({ type: FrameType.Response, requestId: 9, protocolData: ilp(12, 1) })
    bench.link.handle({ kind: 'reply', id: 1, body: Uint8Array.of(13) }, NOW)
    expect(bench.take()).toEqual([
      { kind: 'request', id: 1, protocol: 'ilp', body: Uint8Array.of(12, 1) },
      { type: FrameType.Response, requestId: 9, protocolData: ilp(13) },
    ])
  })

  it('answers with a Fulfill or Reject in a Message', () => {
    const bench = Bench.up()
    bench.request(7)
    bench.request(8)
    bench.take()
    bench.receive({ type: FrameType.Message, requestId: 1, protocolData: ilp(13) })
    bench.receive({ type: FrameType.Message, requestId: 2, protocolData: ilp(14) })
    expect(bench.take()).toEqual([
      { kind: 'reply', id: 7, body: Uint8Array.of(13) },
      { kind: 'reply', id: 8, body: Uint8Array.of(14) },
    ])
  })
})

describe('what makes no sense', () => {
  it('is dropped without an answer: stray Responses and Errors (BTP-30, SEC-16)', () => {
    const bench = Bench.up()
    bench.receive({ type: FrameType.Response, requestId: 1, protocolData: ilp(13) })
    bench.receive({
      type: FrameType.Error,
      requestId: 1,
      error: makeErrorContents('F00', 'no', NOW),
      protocolData: [],
    })
    expect(bench.take()).toEqual([])
  })

  it('is dropped where it cannot be read, and closes the socket after several in a row (BTP-31, X-BTP4)', () => {
    const bench = Bench.up()
    const garbage = (): void => bench.wire({ kind: 'frame', bytes: Uint8Array.of(3, 0, 0, 0, 1, 0) })
    for (let i = 1; i < UNREADABLE_FRAMES_MAX; i++) garbage()
    bench.receive({ type: FrameType.Response, requestId: 1, protocolData: [] })
    for (let i = 1; i < UNREADABLE_FRAMES_MAX; i++) garbage()
    expect(bench.take()).toEqual([])
    garbage()
    expect(bench.take()).toEqual([{ kind: 'close', reason: 'not-btp' }, { kind: 'down' }])
  })

  it('never throws, whatever octets come', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('client', 'server'),
        fc.array(fc.uint8Array({ maxLength: 60 })),
        (role, frames) => {
          const bench = new Bench(role === 'client' ? CLIENT : { role: 'server' })
          for (const bytes of frames) bench.wire({ kind: 'frame', bytes })
          bench.take()
        },
      ),
      { numRuns: 10_000 },
    )
  })
})

function json(message: string): Uint8Array {
  return encodeUtf8(JSON.stringify({ message }))
}

function vectorFrame(name: string): Frame {
  const { cases } = loadVectors('derived/btp.json') as {
    readonly cases: readonly { name: string; hex: string }[]
  }
  return decodeFrame(decodeHex(cases.find((vector) => vector.name === name)!.hex)!)
}
