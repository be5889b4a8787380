import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Recency, type Used } from './recency.ts'

interface Item extends Used<Item> {
  readonly name: number
}

it('the oldest is always the one whose last use is longest ago', () => {
  const step = fc.record({ name: fc.nat({ max: 5 }), isUse: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const items = Array.from({ length: 6 }, (_, name): Item => ({
        name,
        older: undefined,
        newer: undefined,
      }))
      const recency = new Recency<Item>()
      let expected: number[] = []
      for (const { name, isUse } of steps) {
        if (isUse) recency.use(items[name]!)
        else recency.remove(items[name]!)
        expected = [...expected.filter((other) => other !== name), ...(isUse ? [name] : [])]
        expect(recency.oldest?.name).toBe(expected[0])
      }
      const order: number[] = []
      for (let item = recency.oldest; item !== undefined; item = recency.oldest) {
        order.push(item.name)
        recency.remove(item)
      }
      expect(order).toEqual(expected)
    }),
  )
})
