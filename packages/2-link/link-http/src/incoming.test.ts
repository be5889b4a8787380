import { describe, expect, it } from 'vitest'
import { ANSWER_FOR_MS, MESSAGE_BYTES_MAX, PEER_REQUESTS_MAX, RETRY_PAUSE_MS } from './limits.ts'
import {
  Bench,
  CALLBACK,
  EPOCH,
  FULFILL,
  ID,
  ILP,
  NOTHING,
  NOW,
  ORIGIN,
  PREPARE,
  type Wire,
  statuses,
} from './testing/bench.ts'

describe('a request of the peer', () => {
  it.each([
    ['application/octet-stream'],
    ['Application/Octet-Stream; charset=binary'],
    ['application/ilp+octet-stream'],
  ])('may have the type %s: HTTP-08', (contentType) => {
    const bench = new Bench()
    const [request] = bench.post({ contentType })
    expect(request).toEqual({ kind: 'request', id: 1, protocol: 'ilp', body: PREPARE })
    expect(bench.reply(1)).toMatchObject([{ kind: 'respond', status: 200, contentType: ILP, body: FULFILL }])
  })

  it.each([
    ['a type that is not served', { contentType: 'text/plain' }, 415],
    ['no type', { contentType: '' }, 415],
    ['a type of ours with no name', { contentType: 'application/vnd.hourglass.' }, 415],
    ['a type of ours for ILP', { contentType: 'application/vnd.hourglass.ilp' }, 415],
    ['a body that is no packet', { body: Uint8Array.of(1, 2) }, 400],
    ['no body', { body: NOTHING }, 400],
    ['a body that is too large (HTTP-33)', { body: new Uint8Array(MESSAGE_BYTES_MAX + 1).fill(12) }, 413],
    ['an answer that nobody asked for', { body: FULFILL, requestId: ID }, 400],
    ['no Request-Id for an answer by POST', { isAsync: true }, 400],
    ['a malformed one', { callbackUrl: CALLBACK, requestId: ID.slice(1) }, 400],
    ['one of another version', { isAsync: true, requestId: ID.replace('-4', '-1') }, 400],
    ['another word than ours', { epoch: EPOCH, requestId: ID }, 409],
  ])('is refused with %s: HTTP-07, HTTP-09', (_, request, status) => {
    expect(statuses(new Bench().post(request))).toEqual([status])
  })

  it('in a protocol that is not served here gets 415, with the reason', () => {
    const bench = new Bench()
    bench.post({ contentType: 'application/vnd.hourglass.echo' })
    bench.link.handle({ kind: 'refuse', id: 1, message: 'not served' }, NOW)
    expect(statuses(bench.take())).toEqual([415])
  })

  it('gets 503 while the link is down', () => {
    const bench = new Bench()
    bench.wire({ kind: 'closed' })
    bench.take()
    expect(statuses(bench.post())).toEqual([503])
  })

  it('above what is served at once gets 429', () => {
    const bench = new Bench()
    for (let i = 0; i < PEER_REQUESTS_MAX; i++) expect(bench.post()).toHaveLength(1)
    expect(statuses(bench.post())).toEqual([429])
    bench.reply(1)
    expect(statuses(bench.post())).toEqual(['request'])
  })

  it.each([
    ['respond-async', { isAsync: true }, 'sync', true],
    ['Callback-Url', { callbackUrl: CALLBACK }, 'sync', true],
    ['both', { callbackUrl: CALLBACK, isAsync: true }, 'sync', true],
    ['nothing', {}, 'sync', false],
    ['nothing, but its account says so,', {}, 'async', true],
  ] as const)('that asks for an answer by POST with %s in mode %#: HTTP-25', (_, headers, mode, isAsync) => {
    const bench = new Bench({ mode })
    const outputs = bench.post({ requestId: ID, ...headers })
    expect(statuses(outputs)).toEqual(isAsync ? [202, 'request'] : ['request'])
    const [answer] = bench.reply(1)
    expect(answer?.kind).toBe(isAsync ? 'post' : 'respond')
  })

  it('is answered by POST under its name, where it said to: HTTP-11, HTTP-12', () => {
    const bench = new Bench()
    const [accepted] = bench.post({ requestId: ID, callbackUrl: CALLBACK })
    expect(accepted).toMatchObject({ kind: 'respond', status: 202, body: NOTHING })
    expect(bench.reply(1)).toMatchObject([
      { kind: 'post', url: CALLBACK, requestId: ID, contentType: ILP, body: FULFILL },
    ])
  })

  it.each([
    'http://127.0.0.1/',
    'https://peer.example/',
    'https://peer.example:8443.evil.example/',
    'https://peer.example:8443@evil.example/',
    'http://peer.example:8443/',
    `${ORIGIN}/ /`,
    `${CALLBACK}${'x'.repeat(3000)}`,
    'file:///etc/passwd',
    ORIGIN,
  ])('that wants its answer at %s, not at the peer, is refused: HTTP-21, SEC-23', (callbackUrl) => {
    expect(statuses(new Bench().post({ requestId: ID, callbackUrl }))).toEqual([400])
  })

  it('that is repeated is served once, and answered as often as it comes: HTTP-20', () => {
    const bench = new Bench()
    expect(statuses(bench.post({ requestId: ID }))).toEqual(['request'])
    expect(bench.post({ requestId: ID.toUpperCase() })).toEqual([])
    expect(bench.reply(1)).toMatchObject([
      { status: 200, body: FULFILL },
      { status: 200, body: FULFILL },
    ])
    expect(bench.post({ requestId: ID })).toMatchObject([{ kind: 'respond', status: 200, body: FULFILL }])
    const async = new Bench()
    const request = { requestId: ID, isAsync: true }
    expect(statuses(async.post(request))).toEqual([202, 'request'])
    expect(statuses(async.post(request))).toEqual([202])
    expect(statuses(async.reply(1))).toEqual(['post'])
    expect(statuses(async.post(request))).toEqual([202, 'post'])
  })
})

describe('an answer of ours by POST', () => {
  function answering(): { bench: Bench; post: Wire<'post'> } {
    const bench = new Bench()
    bench.post({ requestId: ID, callbackUrl: CALLBACK })
    return { bench, post: bench.reply(1)[0] as Wire<'post'> }
  }

  it('is sent again after 5xx and after silence, several times before the packet expires: HTTP-16, HTTP-18', () => {
    const { bench, post } = answering()
    for (let sent = 0; sent < 10_000 / RETRY_PAUSE_MS; sent++) {
      const outputs =
        sent % 2 === 0 ? bench.answer(post, { status: 503 }) : bench.silence(post, sent % 4 === 1)
      expect(outputs).toEqual([])
      expect(bench.wait(RETRY_PAUSE_MS)).toEqual([post])
    }
    bench.answer(post, { status: 200 })
    expect(bench.wait(RETRY_PAUSE_MS)).toEqual([])
  })

  it.each([200, 202, 204, 400, 404, 429])('is not sent again after %i: HTTP-17', (status) => {
    const { bench, post } = answering()
    bench.answer(post, { status })
    expect(bench.wait(ANSWER_FOR_MS)).toEqual([])
  })

  it('is given up when no packet lives any more', () => {
    const { bench, post } = answering()
    bench.now += ANSWER_FOR_MS
    bench.silence(post)
    expect(bench.wait(RETRY_PAUSE_MS)).toEqual([])
    expect(bench.link.nextTimeout()).toBeUndefined()
  })
})
