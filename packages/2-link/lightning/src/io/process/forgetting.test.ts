import { expect, it } from 'vitest'
import { Forgetting } from './forgetting.ts'
import type { Forgotten } from './messages.ts'

const [first, second] = [Uint8Array.of(1), Uint8Array.of(2)]

it('tells together what comes together, and again what comes later', async () => {
  const told: Forgotten[] = []
  const forgetting = new Forgetting((forgotten) => Promise.resolve(void told.push(forgotten)))
  await Promise.all([
    forgetting.add({ payments: [first], receipts: [] }),
    forgetting.add({ payments: [], receipts: [1, 2] }),
    forgetting.add({ payments: [second], receipts: [3] }),
  ])
  expect(told).toEqual([{ payments: [first, second], receipts: [1, 2, 3] }])
  await forgetting.add({ payments: [first], receipts: [] })
  expect(told).toHaveLength(2)
})

it('lets all know who wait where it cannot be told, and tries no more by itself', async () => {
  let tries = 0
  const forgetting = new Forgetting(() => {
    tries++
    return Promise.reject(new Error('gone'))
  })
  const ends = await Promise.allSettled([
    forgetting.add({ payments: [first], receipts: [] }),
    forgetting.add({ payments: [second], receipts: [] }),
  ])
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(tries).toBe(1)
})
