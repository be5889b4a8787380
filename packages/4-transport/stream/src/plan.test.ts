import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Plan } from './plan.ts'
import { type Ratio, mulFloor } from './ratio.ts'

const THIRD: Ratio = { numerator: 333n, denominator: 1000n }

describe('the plan of a payment', () => {
  it('rounds minima up, and the last one of a fixed send down: STR-91, STR-92', () => {
    const plan = new Plan({ send: 30n }, { numerator: 1n, denominator: 2n }, THIRD)
    const parts = [plan.next(10n)!]
    plan.started(parts[0]!)
    parts.push(plan.next(10n)!)
    plan.started(parts[1]!)
    parts.push(plan.next(10n)!)
    // 3.33 each: up while nothing is fulfilled yet, which could give credit; the last one down.
    expect(parts.map(({ destinationMin }) => destinationMin)).toEqual([4n, 4n, 3n])
  })

  it('never sends money for nothing: STR-94', () => {
    const plan = new Plan({ send: 2n }, { numerator: 1n, denominator: 2n }, THIRD)
    expect(plan.next(1n)).toEqual({ amount: 1n, destinationMin: 1n })
    expect(plan.isWorthwhile(1n)).toBe(false)
  })

  it('keeps to the minimum rate over all totals that it is given: STR-42, STR-108', () => {
    const raises = fc.array(fc.bigInt({ min: 1n, max: 1000n }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(raises, fc.bigInt({ min: 3n, max: 500n }), (totals, packetMax) => {
        const plan = new Plan({ send: totals[0]! }, { numerator: 1n, denominator: 1n }, THIRD)
        let wanted = 0n
        for (const more of totals) {
          wanted += more
          plan.setRest(wanted - plan.sent)
          for (let part = plan.next(packetMax); part !== undefined; part = plan.next(packetMax)) {
            plan.started(part)
            plan.fulfilled(part, part.destinationMin)
          }
          expect(plan.sent).toBe(wanted)
        }
        // A base unit for each total may be rounded away.
        expect(plan.delivered >= mulFloor(wanted, THIRD) - BigInt(totals.length)).toBe(true)
      }),
    )
  })
})
