/** A day of a link that comes and goes, and what must be left of it: nothing. Layer 2, testing. */
import { expect, it } from 'vitest'
import { type LinkPair, PairDriver, type Side } from './pair-driver.ts'

/** In simulated time. */
const DAY_MS = 86_400_000
/** So long a link is up, and then down: no deadline comes meanwhile, so that what is left open is left by the link. */
const UP_MS = 10_000
const DOWN_MS = 10_000
/** Of each side each time it is up; in all far more than a link takes at once. */
const REQUESTS = 8
/** Of those, how many are answered. */
const ANSWERED = 2

export function flappingRule<WireIn, WireOut>(makePair: () => LinkPair<WireIn, WireOut>): void {
  it('keeps nothing of what was under way, though it comes and goes for a day', () => {
    const pair = makePair()
    const driver = new PairDriver(pair)
    const counts = { sent: 0, replied: 0, lost: 0 }
    const end = driver.now + DAY_MS
    while (driver.now < end) {
      driver.open()
      for (const side of ['a', 'b'] as const) ask(driver, side, REQUESTS)
      counts.sent += 2 * REQUESTS
      driver.deliver()
      for (const side of ['a', 'b'] as const) answer(driver, side, ANSWERED)
      driver.deliver()
      driver.reach(driver.now + UP_MS)
      driver.close()
      driver.reach(driver.now + DOWN_MS)
      for (const side of ['a', 'b'] as const) {
        for (const { kind } of driver.take(side)) {
          if (kind === 'reply') counts.replied++
          else if (kind === 'failed') counts.lost++
        }
      }
    }
    expect(counts.replied + counts.lost).toBe(counts.sent)
    expect(counts.replied * REQUESTS).toBe(counts.sent * ANSWERED)
    expect([pair.a.nextTimeout(), pair.b.nextTimeout()]).toEqual([undefined, undefined])
    // As many fit as on the first day.
    driver.open()
    driver.take('a')
    driver.take('b')
    ask(driver, 'a', pair.requestsMax)
    driver.deliver()
    expect(answer(driver, 'b', pair.requestsMax)).toBe(pair.requestsMax)
    driver.deliver()
    expect(driver.take('a').filter(({ kind }) => kind === 'reply')).toHaveLength(pair.requestsMax)
  })
}

function ask<WireIn, WireOut>(driver: PairDriver<WireIn, WireOut>, side: Side, count: number): void {
  for (let id = 1; id <= count; id++) driver.request(side, id, Uint8Array.of(id & 0xff))
}

/** Answers so many of what has come, and how many those are; what it was told beside stays. */
function answer<WireIn, WireOut>(driver: PairDriver<WireIn, WireOut>, side: Side, count: number): number {
  const asked = driver.takeAll(side, 'request').slice(0, count)
  for (const { id, body } of asked) driver.handle(side, { kind: 'reply', id, body })
  return asked.length
}
