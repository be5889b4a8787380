/** The wallet against a chain that takes blocks back, with crashes at any point. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sumOf } from './coin.ts'
import { funded } from './testing/driver.ts'
import { isSame, ours } from './testing/model-chain.ts'

type Step =
  | { readonly kind: 'mint' | 'pay'; readonly sats: bigint }
  | { readonly kind: 'mine' | 'crash'; readonly count: number }
  | { readonly kind: 'reorganise'; readonly depth: number; readonly isForgetful: boolean }
  | { readonly kind: 'sync'; readonly rate: bigint }
  | { readonly kind: 'flush' | 'again' | 'deaf' }

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('mint' as const), sats: fc.bigInt({ min: 20_000n, max: 200_000n }) }),
  fc.record({ kind: fc.constantFrom('pay' as const), sats: fc.bigInt({ min: 1000n, max: 60_000n }) }),
  fc.record({ kind: fc.constantFrom('mine' as const, 'crash' as const), count: fc.nat(3) }),
  fc.record({
    kind: fc.constant('reorganise' as const),
    depth: fc.integer({ min: 1, max: 4 }),
    isForgetful: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('sync' as const), rate: fc.bigInt({ min: 1n, max: 60n }) }),
  fc.record({ kind: fc.constantFrom('flush' as const, 'again' as const, 'deaf' as const) }),
)

class Story {
  readonly driver = funded(150_000n, 150_000n)
  /** What was asked for, by reference. */
  readonly asked = new Map<string, bigint>()

  take(step: Step): void {
    const { driver } = this
    const { chain } = driver
    switch (step.kind) {
      case 'mint':
        chain.mint(step.sats)
        return
      case 'pay': {
        // Each amount is of one payment: so a block tells which one it pays.
        const sats = step.sats * 100n + BigInt(this.asked.size)
        const reference = `payment ${this.asked.size}`
        this.asked.set(reference, sats / 10n)
        return driver.pay(reference, sats / 10n)
      }
      case 'again':
        for (const [reference, sats] of this.asked) driver.pay(reference, sats)
        return
      case 'mine':
        return chain.mine(step.count)
      case 'crash':
        return driver.crash(step.count)
      case 'reorganise':
        return chain.reorganise(Math.min(step.depth, chain.blocks.length - 1), step.isForgetful)
      case 'sync':
        return driver.sync({ estimate: step.rate, minimum: 1n })
      case 'flush':
        return driver.flush()
      case 'deaf':
        chain.isDeaf = !chain.isDeaf
        return
    }
  }
}

describe('the wallet in any story of payments, blocks, reorganisations and crashes', () => {
  it('pays nothing twice, and in the end everything that it accepted', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 5, maxLength: 40 }), (steps) => {
        const story = new Story()
        const { driver } = story
        for (const step of steps) {
          story.take(step)
          const paid = driver.chain.paid()
          expect(new Set(paid).size).toBe(paid.length)
        }
        driver.chain.isDeaf = false
        for (let blocks = 0; blocks < 4; blocks++) {
          driver.flush()
          driver.sync()
          driver.chain.mine()
        }
        driver.sync()
        const payments = driver.wallet.payments()
        expect(payments.every(({ state }) => state === 'mined')).toBe(true)
        expect(driver.chain.paid().sort()).toEqual(payments.map(({ outputs }) => outputs[0]!.sats).sort())
        const coins = [...driver.chain.coins().values()].filter(({ script }) => isSame(script, ours))
        expect(driver.wallet.balance).toEqual({ confirmed: sumOf(coins), unconfirmed: 0n, immature: 0n })
      }),
      { numRuns: 200 },
    )
  })
})
