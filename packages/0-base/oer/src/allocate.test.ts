import fc from 'fast-check'
import { expect, it } from 'vitest'
import { allocate } from './allocate.ts'

it('allocated arrays are zero, as long as asked for, and share no octet', () => {
  const lengths = fc.array(fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 70_000 })), { maxLength: 40 })
  fc.assert(
    fc.property(lengths, (wanted) => {
      const pieces = wanted.map((length, i) => {
        const piece = allocate(length)
        expect(piece.length).toBe(length)
        expect(piece.every((octet) => octet === 0)).toBe(true)
        return piece.fill(i + 1)
      })
      for (const [i, piece] of pieces.entries()) expect(piece.every((octet) => octet === i + 1)).toBe(true)
    }),
    { numRuns: 200 },
  )
})
