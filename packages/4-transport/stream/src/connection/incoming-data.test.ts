import { equalBytes } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IncomingData, PIECES_MAX } from './incoming-data.ts'

const WINDOW = 1000

/** Octets that say where they belong. */
function piece(offset: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (offset + index) * 31)
}

describe('incoming data', () => {
  it('comes out in order, however it comes in: STR-71, STR-73', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: WINDOW - 1 }), { maxLength: 40 })
    const order = fc.array(fc.nat(), { minLength: 41, maxLength: 41 })
    fc.assert(
      fc.property(cuts, order, (at, keys) => {
        const ends = [...at.sort((a, b) => a - b), WINDOW]
        const pieces = ends.map((end, index) => ({
          offset: ends[index - 1] ?? 0,
          end,
          key: keys[index] ?? 0,
        }))
        const data = new IncomingData(WINDOW)
        const out: Uint8Array[] = []
        for (const { offset, end } of pieces.toSorted((a, b) => a.key - b.key)) {
          expect(data.fit(offset, end - offset)).toBe('new')
          out.push(...data.take(offset, piece(offset, end - offset)))
          expect(data.fit(offset, end - offset)).toBe('repeated') // STR-72
        }
        expect(equalBytes(Buffer.concat(out), piece(0, WINDOW))).toBe(true)
        expect(data.highest).toBe(WINDOW)
      }),
    )
  })

  it.each([
    [150, 100, 'over the end of what waits'],
    [50, 100, 'over its start'],
    [100, 99, 'inside of it'],
    [99, 200, 'around it'],
  ])('that overlaps what came before is against the rules: %i + %i, %s (STR-72)', (offset, length) => {
    const data = new IncomingData(WINDOW)
    data.take(100, piece(100, 100))
    expect(data.fit(offset, length)).toBe('overlaps')
  })

  it('that overlaps what is in order already is, too: STR-72', () => {
    const data = new IncomingData(WINDOW)
    data.take(0, piece(0, 100))
    expect(data.fit(50, 50)).toBe('repeated')
    expect(data.fit(50, 51)).toBe('overlaps')
  })

  it('has no place beyond the window, which only opens as octets are read: STR-65, STR-70', () => {
    const data = new IncomingData(WINDOW)
    expect(data.fit(WINDOW - 1, 1)).toBe('new')
    expect(data.fit(WINDOW, 1)).toBe('beyond')
    data.take(0, piece(0, WINDOW))
    expect(data.read(WINDOW / 2 - 1)).toBe(false)
    expect(data.maxOffset).toBe(WINDOW)
    expect(data.read(1)).toBe(true)
    expect(data.maxOffset).toBe(1.5 * WINDOW)
    expect(data.read(10 * WINDOW)).toBe(true)
    expect(data.maxOffset).toBe(2 * WINDOW)
  })

  it('keeps so many pieces out of order and no more: PIECES_MAX (STR-74, SEC-53)', () => {
    const data = new IncomingData(WINDOW)
    for (let index = 0; index < PIECES_MAX; index++) data.take(1 + 2 * index, piece(1 + 2 * index, 1))
    expect(data.fit(2 * PIECES_MAX + 1, 1)).toBe('full')
    expect(data.fit(0, 1)).toBe('new')
    data.take(0, piece(0, 1))
    expect(data.fit(2 * PIECES_MAX + 1, 1)).toBe('new')
  })
})
