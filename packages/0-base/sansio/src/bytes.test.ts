import fc from 'fast-check'
import { expect, it } from 'vitest'
import { equalBytes } from './bytes.ts'

it('finds arrays equal that hold the same octets, whatever they are views of', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(), (bytes, at) => {
      const copy = new Uint8Array(bytes.length + 3).subarray(2, 2 + bytes.length)
      copy.set(bytes)
      expect(equalBytes(bytes, copy)).toBe(true)
      expect(equalBytes(bytes, new Uint8Array(bytes.length + 1))).toBe(false)
      if (bytes.length === 0) return
      copy[at % bytes.length]! ^= 1
      expect(equalBytes(bytes, copy)).toBe(false)
    }),
  )
})
