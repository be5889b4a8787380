import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Queue } from './queue.ts'

it('gives back what it was given, in order, as an array would', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { freq: 2 }), { maxLength: 200 }), (steps) => {
      const queue = new Queue<number>()
      const model: number[] = []
      for (const step of steps) {
        if (step === null) expect(queue.shift()).toBe(model.shift())
        else {
          queue.push(step)
          model.push(step)
        }
        expect(queue.size).toBe(model.length)
        expect(queue.peek()).toBe(model[0])
        expect([...queue]).toEqual(model)
      }
    }),
  )
})

it('keeps its order where it copies down what is left', () => {
  const queue = new Queue<number>()
  let taken = 0
  for (let i = 0; i < 10_000; i++) {
    queue.push(i)
    if (i % 4 !== 0) expect(queue.shift()).toBe(taken++)
  }
  while (queue.size > 0) expect(queue.shift()).toBe(taken++)
  expect(taken).toBe(10_000)
  expect(queue.shift()).toBeUndefined()
})
