import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeBigUint, encodeBigUint } from './big-uint.ts'

it('integers of any size come back as they were, in as few octets as they take', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 300n }), (value) => {
      const octets = encodeBigUint(value)
      expect(decodeBigUint(octets)).toBe(value)
      expect(octets[0]).not.toBe(0)
    }),
  )
  expect(encodeBigUint(0n)).toHaveLength(0)
  expect(decodeBigUint(Uint8Array.of(0, 0, 7))).toBe(7n)
  expect(() => encodeBigUint(-1n)).toThrow(/below zero/)
})
