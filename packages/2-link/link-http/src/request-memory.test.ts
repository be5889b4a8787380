import { nodeRng } from '@hourglass/sansio/io'
import { expect, it } from 'vitest'
import { MEMORY_BYTES_MAX, MEMORY_MS, MEMORY_REQUESTS_MAX } from './limits.ts'
import { RequestMemory } from './request-memory.ts'

const NOW = 1_900_000_000_000

it('knows a request as long as it is sent again, forgets it later, and its word stands', () => {
  const memory = new RequestMemory<number>(nodeRng)
  const { epoch } = memory
  memory.add('first', 1, NOW)
  for (let ms = 0; ms < MEMORY_MS; ms += 1000) memory.add(`at ${ms}`, ms, NOW + ms)
  expect(memory.find('first')).toBe(1)
  memory.add('next', 2, NOW + MEMORY_MS)
  expect(memory.find('first')).toBe(1)
  memory.add('last', 3, NOW + 2 * MEMORY_MS)
  expect([memory.find('first'), memory.find('next'), memory.epoch]).toEqual([undefined, 2, epoch])
})

it.each([
  [
    'requests',
    (memory: RequestMemory<number>) => {
      for (let i = 0; i < MEMORY_REQUESTS_MAX; i++) memory.add(String(i), i, NOW)
    },
  ],
  [
    'octets',
    (memory: RequestMemory<number>) => {
      memory.add('large', 1, NOW)
      memory.grow(MEMORY_BYTES_MAX)
    },
  ],
])('never holds more %s than it may, and gives another word for that', (_, fill) => {
  const memory = new RequestMemory<number>(nodeRng)
  const { epoch } = memory
  for (let generation = 0; generation < 3; generation++) fill(memory)
  memory.add('one more', 1, NOW)
  expect(memory.size).toBeLessThanOrEqual(2 * MEMORY_REQUESTS_MAX)
  expect(memory.find('one more')).toBe(1)
  expect(memory.epoch).not.toBe(epoch)
})
