import { encodeUtf8 } from '@hourglass/oer'
import { TIMEOUT } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeAuthFrame } from './auth-frame.ts'
import { AUTH_TIMEOUT_MS, EARLY_BYTES_MAX, EARLY_FRAMES_MAX } from './limits.ts'
import { type HandshakeInput, type HandshakeOutput, ServerHandshake } from './server-handshake.ts'
import { type Frame, FrameType, decodeFrame, encodeFrame } from './wire/frame.ts'
import type { ProtocolData } from './wire/protocol-data.ts'

const NOW = 1_900_000_000_000
const AUTH = encodeAuthFrame(7, { username: 'alice', token: 'secret' })
const EARLY = encodeFrame({ type: FrameType.Message, requestId: 8, protocolData: [] })

/** What comes out for these inputs, frames decoded. */
function play(
  ...inputs: (HandshakeInput | Uint8Array)[]
): (Frame | Exclude<HandshakeOutput, { kind: 'frame' }>)[] {
  const handshake = new ServerHandshake(NOW)
  const outputs: ReturnType<typeof play> = []
  for (const input of inputs) {
    handshake.handle(input instanceof Uint8Array ? { kind: 'frame', bytes: input } : input, NOW)
    for (let output = handshake.poll(); output !== undefined; output = handshake.poll()) {
      outputs.push(output.kind === 'frame' ? decodeFrame(output.bytes) : output)
    }
  }
  return outputs
}

function authWith(...parts: ProtocolData[]): Uint8Array {
  return encodeFrame({ type: FrameType.Message, requestId: 7, protocolData: parts })
}
const text = (protocolName: string, value: string): ProtocolData => ({
  protocolName,
  contentType: 1,
  data: encodeUtf8(value),
})
const auth = text('auth', '')
const error = { type: FrameType.Error, requestId: 7, error: { code: 'F00', name: 'NotAcceptedError' } }

describe('a server', () => {
  it('asks whose the token is, then answers with an empty Response (BTP-20)', () => {
    expect(play(AUTH, { kind: 'decided', account: 'a' })).toEqual([
      { kind: 'authenticate', username: 'alice', token: 'secret' },
      { type: FrameType.Response, requestId: 7, protocolData: [] },
      { kind: 'accepted', account: 'a', early: [] },
    ])
  })

  it('takes a missing user name for an empty one, and an empty token (BTP-17, BTP-18)', () => {
    expect(play(authWith(auth, text('auth_token', '')))).toEqual([
      { kind: 'authenticate', username: '', token: '' },
    ])
  })

  it('ignores parts that it does not know (BTP-19)', () => {
    const frame = authWith(auth, text('auth_flavour', 'x'), text('auth_token', 't'))
    expect(play(frame)).toEqual([{ kind: 'authenticate', username: '', token: 't' }])
  })

  it('answers a wrong token with an Error and closes (BTP-21, BTP-22)', () => {
    const [, answer, end, ...rest] = play(AUTH, { kind: 'decided', account: undefined })
    expect(answer).toMatchObject(error)
    expect(end).toEqual({ kind: 'refused', reason: 'token-refused' })
    expect(rest).toEqual([])
  })

  it.each<readonly [string, Uint8Array]>([
    ['a Response', encodeFrame({ type: FrameType.Response, requestId: 7, protocolData: [] })],
    ['no part', authWith()],
    ['another primary part', authWith(text('auth_token', 't'), auth)],
    ['no token', authWith(auth, text('auth_username', 'alice'))],
    ['two tokens', authWith(auth, text('auth_token', 'a'), text('auth_token', 'b'))],
    ['a token that is no UTF-8', authWith(auth, { ...text('auth_token', ''), data: Uint8Array.of(0xff) })],
    ['an ILP packet', authWith({ protocolName: 'ilp', contentType: 0, data: Uint8Array.of(12) })],
  ])('answers %s as first frame with an Error and closes (BTP-07, BTP-21, BTP-23)', (_, bytes) => {
    expect(play(bytes, AUTH)).toMatchObject([error, { kind: 'refused', reason: 'not-btp' }])
  })

  it('closes without an answer where the first frame cannot be read (BTP-31)', () => {
    expect(play(Uint8Array.of(9, 9))).toEqual([{ kind: 'refused', reason: 'not-btp' }])
  })

  it('waits a limited time for the token, and for the decision (BTP-24)', () => {
    for (const inputs of [[], [AUTH]]) {
      const handshake = new ServerHandshake(NOW)
      for (const bytes of inputs) handshake.handle({ kind: 'frame', bytes }, NOW)
      while (handshake.poll() !== undefined) continue
      expect(handshake.nextTimeout()).toBe(NOW + AUTH_TIMEOUT_MS)
      handshake.handle(TIMEOUT, NOW + AUTH_TIMEOUT_MS - 1)
      expect(handshake.poll()).toBeUndefined()
      handshake.handle(TIMEOUT, NOW + AUTH_TIMEOUT_MS)
      const outputs = [handshake.poll(), handshake.poll()].filter((output) => output !== undefined)
      expect(outputs.at(-1)).toEqual({ kind: 'refused', reason: 'no-answer' })
      expect(outputs).toHaveLength(1 + inputs.length)
      expect(handshake.nextTimeout()).toBeUndefined()
    }
  })

  it('keeps frames that come before the decision, in order (BTP-26, X-BTP5)', () => {
    expect(play(AUTH, EARLY, AUTH, { kind: 'decided', account: 'a' }).at(-1)).toEqual({
      kind: 'accepted',
      account: 'a',
      early: [EARLY, AUTH],
    })
  })

  it('keeps so many early frames and octets, no more (SEC-22)', () => {
    const kept = Array.from({ length: EARLY_FRAMES_MAX }, () => EARLY)
    expect(play(AUTH, ...kept)).toHaveLength(1)
    expect(play(AUTH, ...kept, EARLY).at(-1)).toEqual({ kind: 'refused', reason: 'too-early' })
    const large = new Uint8Array(EARLY_BYTES_MAX + 1)
    expect(play(AUTH, large, { kind: 'decided', account: 'a' }).at(-1)).toEqual({
      kind: 'refused',
      reason: 'too-early',
    })
  })

  it('says one thing alone of each socket, whatever comes', () => {
    const input = fc.oneof(
      fc.constantFrom<HandshakeInput>(
        { kind: 'frame', bytes: AUTH },
        { kind: 'frame', bytes: EARLY },
        { kind: 'decided', account: 'a' },
        { kind: 'decided', account: undefined },
        TIMEOUT,
      ),
      fc.uint8Array({ maxLength: 40 }).map((bytes): HandshakeInput => ({ kind: 'frame', bytes })),
    )
    fc.assert(
      fc.property(fc.array(input, { maxLength: 12 }), (inputs) => {
        const ends = play(...inputs).filter((output) => 'kind' in output && output.kind !== 'authenticate')
        expect(ends.length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 10_000 },
    )
  })
})
