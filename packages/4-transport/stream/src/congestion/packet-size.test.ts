import { AMOUNT_MAX, encodeAmountTooLarge } from '@hourglass/ilp'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PacketSize } from './packet-size.ts'

const NO_DATA = new Uint8Array(0)
const amounts = fc.bigInt({ min: 1n, max: 10n ** 15n })

/** Asks a path that lets `pathMax` pass; returns what it learnt and how often it asked. */
function learn(pathMax: bigint, wanted: bigint, isHinting: boolean): { size: PacketSize; asked: number } {
  const size = new PacketSize()
  let asked = 0
  for (let next = size.probe(wanted); next !== undefined && next > 0n; next = size.probe(wanted)) {
    asked++
    const hint = encodeAmountTooLarge({ receivedAmount: next, maximumAmount: pathMax })
    if (next <= pathMax) size.passed(next)
    else size.refused(next, isHinting ? hint : NO_DATA)
  }
  return { size, asked }
}

describe('packet size', () => {
  it('is not limited before anybody refuses', () => {
    expect(new PacketSize().max).toBe(AMOUNT_MAX)
  })

  it('takes a hint at its word, whatever its units: STR-95', () => {
    const size = new PacketSize()
    size.refused(2000n, encodeAmountTooLarge({ receivedAmount: 1000n, maximumAmount: 500n }))
    expect(size.max).toBe(1000n)
  })

  it.each([
    ['absent', NO_DATA],
    ['short', new Uint8Array(15)],
    ['no refusal at all', encodeAmountTooLarge({ receivedAmount: 5n, maximumAmount: 5n })],
  ])('tries half of what was refused where the hint is %s: STR-96', (_what, data) => {
    const size = new PacketSize()
    size.refused(1000n, data)
    expect(size.max).toBe(500n)
  })

  it('is 0 where nothing passes: STR-97', () => {
    const size = new PacketSize()
    size.refused(1n, encodeAmountTooLarge({ receivedAmount: 1n, maximumAmount: 0n }))
    expect(size.max).toBe(0n)
    const silent = new PacketSize()
    silent.refused(1n, NO_DATA)
    expect(silent.max).toBe(0n)
  })

  it('finds a hinted limit with the second question', () => {
    fc.assert(
      fc.property(amounts, amounts, (pathMax, wanted) => {
        const { size, asked } = learn(pathMax, wanted, true)
        expect(asked).toBeLessThanOrEqual(2)
        expect(size.max >= (wanted < pathMax ? wanted : pathMax)).toBe(true)
      }),
    )
  })

  it('finds more than half of a silent limit with few questions: STR-98', () => {
    fc.assert(
      fc.property(amounts, amounts, (pathMax, wanted) => {
        const { size, asked } = learn(pathMax, wanted, false)
        const usable = wanted < size.max ? wanted : size.max
        const ideal = wanted < pathMax ? wanted : pathMax
        expect(usable <= pathMax && 2n * usable >= ideal).toBe(true)
        expect(asked).toBeLessThanOrEqual(20)
      }),
    )
  })

  it('follows a limit that falls in mid-payment, and ignores what was on its way', () => {
    const size = new PacketSize()
    size.passed(1000n)
    size.refused(1000n, NO_DATA)
    expect(size.max).toBe(500n)
    size.refused(1000n, NO_DATA)
    expect(size.max).toBe(500n)
    size.passed(500n)
    expect(size.max).toBe(500n)
    size.refused(500n, encodeAmountTooLarge({ receivedAmount: 500n, maximumAmount: 499n }))
    expect(size.max).toBe(499n)
  })
})
