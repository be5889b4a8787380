import type { Instant } from '@hourglass/sansio'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Timers, type Waiting } from './timers.ts'

/** Counts how often anybody looks at the instants of any of them. */
class Counting implements Waiting {
  static looks = 0
  slot = 0
  #wakesAt: Instant | undefined

  get wakesAt(): Instant | undefined {
    Counting.looks++
    return this.#wakesAt
  }

  set wakesAt(wakesAt: Instant | undefined) {
    this.#wakesAt = wakesAt
  }
}

it('tells the earliest of all that wait, and gives each that is due once, the earliest first', () => {
  const step = fc.record({
    index: fc.nat(15),
    wakesAt: fc.option(fc.nat(100), { nil: undefined }),
    now: fc.option(fc.nat(100), { nil: undefined, freq: 1 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const timers = new Timers()
      const items = Array.from({ length: 16 }, (): Waiting => ({ wakesAt: undefined, slot: 0 }))
      const model = new Map<Waiting, Instant>()
      for (const { index, wakesAt, now } of steps) {
        const item = items[index]!
        timers.set(item, wakesAt)
        if (wakesAt === undefined) model.delete(item)
        else model.set(item, wakesAt)
        if (now !== undefined) {
          const due = [...model].filter(([, at]) => at <= now)
          const taken = timers.takeDue(now)
          expect(new Set(taken)).toEqual(new Set(due.map(([waiting]) => waiting)))
          const instants = taken.map((waiting) => model.get(waiting)!)
          expect(instants).toEqual(instants.toSorted((a, b) => a - b))
          for (const waiting of taken) model.delete(waiting)
        }
        expect(timers.size).toBe(model.size)
        expect(timers.next).toBe(model.size === 0 ? undefined : Math.min(...model.values()))
      }
    }),
  )
})

it('looks at a few of ten thousand that wait, whatever changes', () => {
  const timers = new Timers<Counting>()
  const items = Array.from({ length: 10_000 }, () => new Counting())
  // Falling instants are the worst case: each new one is the earliest.
  for (const [index, item] of items.entries()) timers.set(item, 20_000 - index)
  const most = (act: (index: number) => void): number => {
    let looks = 0
    for (let index = 0; index < 1000; index++) {
      Counting.looks = 0
      act(index * 7)
      looks = Math.max(looks, Counting.looks)
    }
    return looks
  }
  expect(most(() => expect(timers.next).toBe(10_001))).toBeLessThanOrEqual(1)
  expect(most((index) => timers.set(items[index]!, index % 2 === 0 ? 0 : 30_000))).toBeLessThan(100)
  expect(most((index) => timers.set(items[index]!, undefined))).toBeLessThan(100)
})
