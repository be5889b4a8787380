/**
 * What every link obeys, whatever it is made of. Layer 2, testing.
 * Driven by `handle` and `poll` alone; for sockets there are tests of their own.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LINK_BODY_BYTES_MAX, type LinkOutput } from '../index.ts'
import { flappingRule } from './flapping.ts'
import { DEADLINE_MS, type LinkPair, PairDriver } from './pair-driver.ts'
import { type Step, playSteps, stepArbitrary } from './random-course.ts'

/** `makePair` makes two new links that have not been opened. */
export function linkSuite<WireIn, WireOut>(name: string, makePair: () => LinkPair<WireIn, WireOut>): void {
  const start = (): PairDriver<WireIn, WireOut> => {
    const driver = new PairDriver(makePair())
    driver.open()
    for (const side of ['a', 'b'] as const) expect(driver.take(side)).toEqual([{ kind: 'up' }])
    return driver
  }
  describe(`${name} as a link`, () => {
    sessionRules(makePair, start)
    exchangeRules(start)
    bodyRules(start)
    deadlineRules(makePair)
    flappingRule(makePair)
    it('gives each request exactly one answer, and a true one, whatever happens', () => {
      fc.assert(
        fc.property(fc.array(stepArbitrary, { maxLength: 120 }), (steps: readonly Step[]) =>
          playSteps(makePair(), steps),
        ),
      )
    })
  })
}

function sessionRules<WireIn, WireOut>(
  makePair: () => LinkPair<WireIn, WireOut>,
  start: () => PairDriver<WireIn, WireOut>,
): void {
  it('carries nothing before it is up', () => {
    const driver = new PairDriver(makePair())
    driver.request('a', 1, text('hello'))
    expect(driver.take('a')).toEqual([{ kind: 'failed', id: 1, failure: 'down' }])
    driver.open()
    expect(driver.take('b')).toEqual([{ kind: 'up' }])
  })

  it('tells once that it went down, then fails what was under way', () => {
    const driver = start()
    driver.request('a', 1, text('one'))
    driver.request('a', 2, text('two'))
    driver.deliver()
    driver.take('b')
    driver.close()
    driver.close()
    expect(driver.take('a')).toEqual([
      { kind: 'down' },
      { kind: 'failed', id: 1, failure: 'lost' },
      { kind: 'failed', id: 2, failure: 'lost' },
    ])
    expect(driver.take('b')).toEqual([{ kind: 'down' }])
  })

  it('works again after it went down, and carries no answer over from before', () => {
    const driver = start()
    driver.request('a', 1, text('before'))
    driver.deliver()
    const [before] = driver.takeRequestIds('b')
    driver.close()
    driver.take('a')
    driver.take('b')
    driver.open()
    driver.take('b')
    driver.request('a', 1, text('after'))
    driver.deliver()
    const [after] = driver.takeRequestIds('b')
    driver.handle('b', { kind: 'reply', id: before!, body: text('stale') })
    driver.handle('b', { kind: 'reply', id: after!, body: text('fresh') })
    driver.deliver()
    expect(driver.take('a')).toEqual([{ kind: 'up' }, { kind: 'reply', id: 1, body: text('fresh') }])
  })

  it('goes down and up where it is opened twice, for the first session is gone', () => {
    const driver = start()
    driver.request('a', 1, text('lost'))
    driver.open()
    const kinds = driver.take('a').map(({ kind }) => kind)
    expect(kinds).toEqual(['down', 'failed', 'up'])
  })

  it('takes only so many requests at once, and more as soon as one is answered', () => {
    const pair = makePair()
    const driver = new PairDriver(pair)
    driver.open()
    driver.take('a')
    for (let id = 1; id <= pair.requestsMax; id++) driver.request('a', id, text('x'))
    expect(driver.take('a')).toEqual([])
    driver.request('a', 0, text('one too many'))
    expect(driver.take('a')).toEqual([{ kind: 'failed', id: 0, failure: 'full' }])
    driver.deliver()
    const [, first] = driver.take('b')
    driver.handle('b', { kind: 'reply', id: idOf(first), body: text('y') })
    driver.deliver()
    expect(driver.take('a')).toEqual([{ kind: 'reply', id: 1, body: text('y') }])
    driver.request('a', 0, text('fits now'))
    driver.deliver()
    expect(driver.takeRequestIds('b')).toHaveLength(1)
  })
}

function exchangeRules<WireIn, WireOut>(start: () => PairDriver<WireIn, WireOut>): void {
  it('keeps the ids of both sides apart', () => {
    const driver = start()
    driver.request('a', 7, text('from a'))
    driver.request('b', 7, text('from b'))
    driver.deliver()
    for (const side of ['a', 'b'] as const) {
      const [request] = driver.take(side)
      driver.handle(side, { kind: 'reply', id: idOf(request), body: text(`by ${side}`) })
    }
    driver.deliver()
    expect(driver.take('a')).toEqual([{ kind: 'reply', id: 7, body: text('by b') }])
    expect(driver.take('b')).toEqual([{ kind: 'reply', id: 7, body: text('by a') }])
  })

  it('matches replies to requests in whatever order they come: CONN-05', () => {
    const driver = start()
    for (const id of [10, 20, 30]) driver.request('a', id, Uint8Array.of(id))
    driver.deliver()
    const asked = driver.take('b')
    for (const request of asked.toReversed()) {
      if (request.kind === 'request')
        driver.handle('b', { kind: 'reply', id: request.id, body: request.body })
    }
    driver.deliver()
    expect(driver.take('a')).toEqual(
      [30, 20, 10].map((id) => ({ kind: 'reply', id, body: Uint8Array.of(id) })),
    )
  })

  it('tells who asked that the peer does not serve the request', () => {
    const driver = start()
    driver.request('a', 1, text('please'))
    driver.deliver()
    const [id] = driver.takeRequestIds('b')
    driver.handle('b', { kind: 'refuse', id: id!, message: 'never heard of it' })
    driver.deliver()
    expect(driver.take('a')).toEqual([{ kind: 'failed', id: 1, failure: 'refused' }])
  })

  it('ignores a second answer, and an answer to what nobody asked', () => {
    const driver = start()
    driver.request('a', 1, text('once'))
    driver.deliver()
    const [id] = driver.takeRequestIds('b')
    driver.handle('b', { kind: 'reply', id: id!, body: text('first') })
    driver.handle('b', { kind: 'reply', id: id!, body: text('second') })
    driver.handle('b', { kind: 'refuse', id: id!, message: 'third' })
    driver.handle('b', { kind: 'reply', id: id! + 1, body: text('to nobody') })
    driver.deliver()
    expect(driver.take('a')).toEqual([{ kind: 'reply', id: 1, body: text('first') }])
    expect(driver.take('b')).toEqual([])
  })
}

function bodyRules<WireIn, WireOut>(start: () => PairDriver<WireIn, WireOut>): void {
  it('carries bodies of any size up to the limit, unchanged, with the name of their protocol', () => {
    const driver = start()
    for (const length of [0, 1, 127, 128, 255, 256, 32_767, 65_535, LINK_BODY_BYTES_MAX]) {
      if (length > LINK_BODY_BYTES_MAX) continue
      const body = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff)
      driver.request('a', length, body, 'any-protocol')
      driver.deliver()
      const [request] = driver.take('b')
      expect(request).toEqual({ kind: 'request', id: idOf(request), protocol: 'any-protocol', body })
      driver.handle('b', { kind: 'reply', id: idOf(request), body })
      driver.deliver()
      expect(driver.take('a')).toEqual([{ kind: 'reply', id: length, body }])
    }
  })

  it('refuses to be handed a larger body', () => {
    const driver = start()
    expect(() => driver.request('a', 1, new Uint8Array(LINK_BODY_BYTES_MAX + 1))).toThrow('bytes')
  })

  it('shares no memory between the two sides, and keeps none of who hands a body in', () => {
    const driver = start()
    const asked = text('question')
    driver.request('a', 1, asked)
    asked.fill(0)
    driver.deliver()
    const [request] = driver.take('b')
    expect(request).toMatchObject({ body: text('question') })
    const answer = text('answer')
    driver.handle('b', { kind: 'reply', id: idOf(request), body: answer })
    answer.fill(0)
    driver.deliver()
    expect(driver.take('a')).toEqual([{ kind: 'reply', id: 1, body: text('answer') }])
  })
}

function deadlineRules<WireIn, WireOut>(makePair: () => LinkPair<WireIn, WireOut>): void {
  const requestedAt = (
    deadlinesMs: readonly number[],
  ): PairDriver<WireIn, WireOut> & { nextTimeout(): number } => {
    const pair = makePair()
    const driver = new PairDriver(pair)
    driver.open()
    driver.take('a')
    for (const [id, deadlineMs] of deadlinesMs.entries()) {
      const deadline = driver.now + deadlineMs
      driver.handle('a', { kind: 'request', id, protocol: 'echo', body: text('?'), deadline })
    }
    return Object.assign(driver, { nextTimeout: () => pair.a.nextTimeout() ?? Infinity })
  }

  it('gives up at the deadline, not before, and asks for a timeout until then', () => {
    const driver = requestedAt([DEADLINE_MS])
    const deadline = driver.now + DEADLINE_MS
    expect(driver.nextTimeout()).toBeLessThanOrEqual(deadline)
    driver.reach(deadline - 1)
    expect(driver.take('a')).toEqual([])
    driver.reach(deadline)
    expect(driver.take('a')).toEqual([{ kind: 'failed', id: 0, failure: 'lost' }])
    driver.reach(deadline + 1)
    expect(driver.take('a')).toEqual([])
  })

  it('ignores a reply that comes after it gave up', () => {
    const driver = requestedAt([DEADLINE_MS])
    driver.deliver()
    const [, request] = driver.take('b')
    driver.reach(driver.now + DEADLINE_MS)
    driver.take('a')
    driver.handle('b', { kind: 'reply', id: idOf(request), body: text('too late') })
    driver.deliver()
    expect(driver.take('a')).toEqual([])
  })

  it('keeps each deadline where they come in no order', () => {
    const deadlinesMs = [500, 100, 900, 100, 700, 300]
    const driver = requestedAt(deadlinesMs)
    const begun = driver.now
    for (const elapsedMs of [100, 300, 500, 700, 900]) {
      expect(driver.nextTimeout()).toBeLessThanOrEqual(begun + elapsedMs)
      driver.reach(begun + elapsedMs)
      const due = [...deadlinesMs.entries()].filter(([, ms]) => ms === elapsedMs).map(([id]) => id)
      const failed = driver.take('a').map(idOf)
      expect(failed.toSorted()).toEqual(due)
    }
  })
}

function idOf<WireOut>(output: LinkOutput<WireOut> | undefined): number {
  if (output === undefined || !('id' in output)) throw new Error(`${output?.kind ?? 'nothing'} has no id`)
  return output.id
}

/** Characters of one octet each. */
function text(characters: string): Uint8Array {
  return Uint8Array.from(characters, (character) => character.charCodeAt(0))
}
