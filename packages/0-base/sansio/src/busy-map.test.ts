import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BusyMap } from './busy-map.ts'

it('does what a map does, in the order in which entries came, however many have come and gone', () => {
  const key = fc.integer({ min: 0, max: 30 })
  const step = fc.tuple(fc.constantFrom('set', 'delete', 'pass', 'clear'), key)
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const map = new BusyMap<number, number>()
      const model = new Map<number, number>()
      for (const [what, key] of steps) {
        if (what === 'set') {
          if (model.has(key)) continue
          map.set(key, -key)
          model.set(key, -key)
        } else if (what === 'delete') expect(map.delete(key)).toBe(model.delete(key))
        else if (what === 'clear') {
          map.clear()
          model.clear()
        } else {
          for (let passing = 100; passing < 1200; passing++) {
            map.set(passing, 0)
            map.delete(passing)
          }
        }
        expect([...map.keys()]).toEqual([...model.keys()])
        expect([...map.values()]).toEqual([...model.values()])
        expect([map.size, map.get(key), map.has(key)]).toEqual([model.size, model.get(key), model.has(key)])
      }
    }),
    { numRuns: 50 },
  )
})
