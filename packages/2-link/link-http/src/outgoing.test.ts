import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RETRY_PAUSE_MS } from './limits.ts'
import {
  Bench,
  DEADLINE_MS,
  EPOCH,
  FULFILL,
  ID,
  ILP,
  NOTHING,
  type Output,
  PREPARE,
  REJECT,
  type Wire,
  knownAgain,
  statuses,
} from './testing/bench.ts'

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('a request of ours', () => {
  it('is one POST with a UUID of version 4 of its own: HTTP-05, HTTP-09', () => {
    const bench = new Bench()
    const posts = [bench.request(1), bench.request(2)]
    for (const post of posts) {
      expect(post).toMatchObject({ contentType: ILP, body: PREPARE })
      expect(post.requestId).toMatch(UUID_4)
      expect(post).not.toHaveProperty('isAsync')
      expect(post).not.toHaveProperty('url')
    }
    expect(new Set(posts.map(({ requestId }) => requestId)).size).toBe(2)
  })

  it.each([
    ['a Fulfill', FULFILL],
    ['a Reject, which has status 200 as well (HTTP-24)', REJECT],
  ])('is answered in its exchange by %s: HTTP-23', (_, body) => {
    const bench = new Bench()
    expect(bench.answer(bench.request(), { body })).toEqual([{ kind: 'reply', id: 1, body }])
  })

  it.each([
    [500, NOTHING, 'broken'],
    [503, FULFILL, 'broken'],
    [400, NOTHING, 'refused'],
    [401, NOTHING, 'refused'],
    [404, FULFILL, 'refused'],
    [415, NOTHING, 'refused'],
    [429, NOTHING, 'full'],
    [200, Uint8Array.of(60, 104, 116, 109, 108), 'broken'],
    [200, PREPARE, 'broken'],
    [200, NOTHING, 'broken'],
    [201, NOTHING, 'broken'],
    [302, NOTHING, 'broken'],
  ] as const)('fails by status %i: HTTP-28, HTTP-29, HTTP-32', (status, body, failure) => {
    const bench = new Bench()
    expect(bench.answer(bench.request(), { status, body })).toEqual([{ kind: 'failed', id: 1, failure }])
  })

  it('was not sent where nobody is there, and may have been where a connection ends: HTTP-31', () => {
    const bench = new Bench()
    expect(bench.silence(bench.request(), false)).toEqual([{ kind: 'failed', id: 1, failure: 'down' }])
    expect(bench.silence(bench.request(), true)).toEqual([{ kind: 'failed', id: 1, failure: 'lost' }])
  })

  it('waits as long as its packet lives, and no longer: HTTP-22, HTTP-27', () => {
    const bench = new Bench()
    const { exchange } = bench.request()
    expect(bench.wait(DEADLINE_MS - 1)).toEqual([])
    expect(bench.wait(1)).toEqual([
      { kind: 'cancel', exchange },
      { kind: 'failed', id: 1, failure: 'lost' },
    ])
    expect(bench.answer({ exchange }, { body: FULFILL })).toEqual([])
  })

  it('in a protocol of our own has a media type of our own, which its answer must have too', () => {
    const bench = new Bench()
    const contentType = 'application/vnd.hourglass.reconcile'
    const post = bench.request(1, 'reconcile', Uint8Array.of(12))
    expect(post).toMatchObject({ contentType })
    const body = Uint8Array.of(1)
    expect(bench.answer(post, { contentType, body })).toEqual([{ kind: 'reply', id: 1, body }])
    const other = bench.request(2, 'reconcile')
    expect(bench.answer(other, { contentType: ILP, body: FULFILL })).toEqual([
      { kind: 'failed', id: 2, failure: 'refused' },
    ])
  })
})

describe('a request of ours that is answered by a POST', () => {
  const async = { mode: 'async', callbackUrl: 'https://us.example/ilp' } as const

  it('says so, and where: HTTP-10, HTTP-12', () => {
    const post = new Bench(async).request()
    expect(post).toMatchObject({ isAsync: true, callbackUrl: async.callbackUrl })
    expect(new Bench({ mode: 'async' }).request()).not.toHaveProperty('callbackUrl')
  })

  it('is accepted first, and its answer taken: HTTP-11, HTTP-13', () => {
    const bench = new Bench(async)
    const post = bench.request()
    expect(bench.answer(post, { status: 202 })).toEqual([])
    const [reply, taken] = bench.post({ requestId: post.requestId!, body: FULFILL })
    expect([reply, taken]).toMatchObject([
      { kind: 'reply', id: 1, body: FULFILL },
      { kind: 'respond', status: 200, body: NOTHING },
    ])
  })

  it('may be answered before it is accepted', () => {
    const bench = new Bench(async)
    const { exchange, requestId } = bench.request()
    const kinds = bench.post({ requestId: requestId!, body: FULFILL }).map(({ kind }) => kind)
    expect(kinds).toEqual(['cancel', 'reply', 'respond'])
    expect(bench.answer({ exchange }, { status: 202 })).toEqual([])
  })

  it('is answered as well by a peer that answers at once: HTTP-26', () => {
    const bench = new Bench(async)
    expect(bench.answer(bench.request(), { body: FULFILL })).toEqual([
      { kind: 'reply', id: 1, body: FULFILL },
    ])
  })

  it('is decided by the first answer, and every other is 400: HTTP-14, HTTP-19', () => {
    const bench = new Bench(async)
    const post = bench.request()
    bench.answer(post, { status: 202 })
    bench.post({ requestId: post.requestId!, body: FULFILL })
    const late = bench.request(2)
    bench.wait(DEADLINE_MS)
    for (const requestId of [post.requestId!, late.requestId!, ID, 'no UUID']) {
      expect(statuses(bench.post({ requestId, body: REJECT }))).toEqual([400])
    }
    expect(statuses(bench.post({ body: REJECT }))).toEqual([400])
  })

  it('is answered by the peer that was asked alone, for each account has a link of its own: HTTP-15, SEC-24', () => {
    const asked = new Bench(async)
    const other = new Bench(async)
    const post = asked.request()
    expect(statuses(other.post({ requestId: post.requestId!, body: REJECT }))).toEqual([400])
    expect(asked.answer(post, { body: FULFILL })).toEqual([{ kind: 'reply', id: 1, body: FULFILL }])
  })

  it('is lost where the peer accepts it and says nothing until the expiry: HTTP-22', () => {
    const bench = new Bench(async)
    bench.answer(bench.request(), { status: 202 })
    expect(bench.wait(DEADLINE_MS)).toEqual([{ kind: 'failed', id: 1, failure: 'lost' }])
  })
})

describe('a request of ours that may not have arrived', () => {
  it('is sent again under its name, with the word that the peer had when it was first sent', () => {
    const bench = knownAgain()
    const post = bench.request()
    expect(post).not.toHaveProperty('epoch')
    expect(bench.silence(post)).toEqual([])
    const again = { ...post, epoch: EPOCH }
    expect(bench.wait(RETRY_PAUSE_MS)).toEqual([again])
    expect(bench.answer(post, { status: 502 })).toEqual([])
    expect(bench.wait(RETRY_PAUSE_MS)).toEqual([again])
    expect(bench.silence(post, false)).toEqual([])
    expect(bench.wait(RETRY_PAUSE_MS)).toEqual([again])
    expect(bench.answer(post, { epoch: EPOCH, body: FULFILL })).toEqual([
      { kind: 'reply', id: 1, body: FULFILL },
    ])
  })

  it.each([400, 409, 429])('is lost, for who knows, where it then is answered by status %i', (status) => {
    const bench = knownAgain()
    const post = bench.request()
    bench.silence(post)
    bench.wait(RETRY_PAUSE_MS)
    expect(bench.answer(post, { status })).toEqual([{ kind: 'failed', id: 1, failure: 'lost' }])
  })

  it('is never sent again to a peer that says no such word, nor where it was refused', () => {
    const stranger = new Bench()
    stranger.answer(stranger.request(), { body: REJECT })
    expect(stranger.silence(stranger.request())).toMatchObject([{ failure: 'lost' }])
    const bench = knownAgain()
    expect(bench.answer(bench.request(), { status: 400, epoch: EPOCH })).toMatchObject([
      { failure: 'refused' },
    ])
    expect(bench.wait(DEADLINE_MS)).toEqual([])
  })

  it('is sent again as long as its packet lives, and is lost then', () => {
    const bench = knownAgain()
    const post = bench.request()
    const kinds: string[] = []
    bench.silence(post)
    for (let waited = 0; waited < DEADLINE_MS; waited += RETRY_PAUSE_MS) {
      for (const output of bench.wait(RETRY_PAUSE_MS)) {
        kinds.push(output.kind)
        if (output.kind === 'post') expect(bench.silence(post)).toEqual([])
      }
    }
    expect(kinds).toEqual([...Array<string>(29).fill('post'), 'failed'])
  })

  it('is served once, whatever is lost, repeated or begun anew: HTTP-20', () => {
    const course = fc.array(fc.constantFrom('ok', 'no answer', 'twice', 'not sent', 'begun anew'), {
      maxLength: 12,
    })
    fc.assert(
      fc.property(course, (events) => {
        const us = new Bench()
        let peer = new Bench()
        let served = 0
        const exchange = (post: Wire<'post'>): Wire<'respond'> | undefined => {
          const { contentType, requestId = '', epoch, body } = post
          const outputs = peer.post({ contentType, requestId, ...(epoch !== undefined && { epoch }), body })
          const request = outputs.find(({ kind }) => kind === 'request')
          if (request !== undefined && 'id' in request) {
            if (body[2] === 1) served++
            outputs.push(...peer.reply(request.id))
          }
          return outputs.find((output) => output.kind === 'respond')
        }
        const greeting = us.request(0, 'ilp', Uint8Array.of(12, 1, 0))
        us.answer(greeting, exchange(greeting)!)
        let post: Wire<'post'> | undefined = us.request(1, 'ilp', Uint8Array.of(12, 1, 1))
        let answers = 0
        for (const event of [...events, 'ok']) {
          if (post === undefined) break
          let outputs: Output[]
          if (event === 'not sent') outputs = us.silence(post, false)
          else if (event === 'begun anew') {
            peer = new Bench()
            outputs = us.silence(post)
          } else {
            const response = exchange(post)!
            if (event === 'twice') exchange(post)
            outputs = event === 'ok' ? us.answer(post, response) : us.silence(post)
          }
          answers += outputs.filter(({ kind }) => kind === 'reply' || kind === 'failed').length
          post = us.wait(RETRY_PAUSE_MS).find((output) => output.kind === 'post')
        }
        answers += us.wait(DEADLINE_MS).filter(({ kind }) => kind === 'failed').length
        expect([answers, served <= 1]).toEqual([1, true])
      }),
    )
  })
})
