import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeBigUint, encodeBigUint } from './big-uint.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

const anySize = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 300n }),
  fc.bigInt({ min: 0n, max: 2n ** 66n }),
  fc.bigInt({ min: 0n, max: 300n }),
)

it('integers of any size come back as they were, in as few octets as they take', () => {
  fc.assert(
    fc.property(anySize, (value) => {
      const octets = encodeBigUint(value)
      expect(decodeBigUint(octets)).toBe(value)
      expect(octets[0]).not.toBe(0)
      const written = new Writer().bigUint(value).finish()
      expect(written).toEqual(new Writer().octets(octets).finish())
      expect(new Reader(written).bigUint()).toBe(value)
    }),
  )
  expect(encodeBigUint(0n)).toHaveLength(0)
  expect(decodeBigUint(Uint8Array.of(0, 0, 7))).toBe(7n)
  expect(() => encodeBigUint(-1n)).toThrow(/below zero/)
  expect(() => new Writer().bigUint(-1n)).toThrow(/not between 0/)
})
