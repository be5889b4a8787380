import { type Address, AMOUNT_MAX } from '@hourglass/ilp'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Conversion, gainsOf, mulFloor, toRatio } from './ratio.ts'
import { type RateOptions, type RateTable, Rates } from './rates.ts'
import {
  NOW,
  account,
  ask,
  balances,
  connector,
  fulfillBody,
  handle,
  prepare,
  rejectOf,
} from './testing/one-connector.ts'

const USD = { code: 'USD', scale: 6 }
const ETH = { code: 'ETH', scale: 9 }
const EUR = { code: 'EUR', scale: 6 }

function ratesOf(options: Partial<RateOptions> = {}): Rates {
  return new Rates({ rates: [], ...options })
}

type Asset = typeof USD

/** Between alice's account and bob's. */
function between(rates: Rates, from: Asset, to: Asset, now = NOW): Conversion | undefined {
  return rates.between({ id: 'alice', asset: from }, { id: 'bob', asset: to }, now)
}

function table(rates: Record<string, string>, freshUntil = NOW + 1000): RateTable {
  const ratios = Object.entries(rates).map(([code, rate]) => [code, toRatio(rate)] as const)
  return { base: 'USD', rates: new Map(ratios), freshUntil }
}

describe('rates', () => {
  it('scale between assets: ILP-21', () => {
    const { ratio } = between(ratesOf(), { code: 'USD', scale: 2 }, { code: 'USD', scale: 9 })!
    expect(mulFloor(5n, ratio)).toBe(50_000_000n)
  })

  it('of one quote serve both directions, exactly', () => {
    const rates = ratesOf({ rates: [{ from: 'USD', to: 'ETH', rate: toRatio('1/3000') }] })
    expect(mulFloor(3_000_000_000n, between(rates, USD, ETH)!.ratio)).toBe(1_000_000_000n)
    expect(mulFloor(1_000_000_000n, between(rates, ETH, USD)!.ratio)).toBe(3_000_000_000n)
  })

  it('keep the spread of a conversion, and of a conversion only: CONN-27', () => {
    const quote = { from: 'USD', to: 'EUR', rate: toRatio('1') }
    const rates = ratesOf({ rates: [quote], spread: toRatio('0.002') })
    expect(mulFloor(1000n, between(rates, USD, EUR)!.ratio)).toBe(998n)
    expect(mulFloor(1000n, between(rates, USD, USD)!.ratio)).toBe(1000n)
  })

  it('keep the spread of a pair of accounts instead, one asset or two: the first that fits', () => {
    const spreads = [
      { from: 'alice', to: 'bob', spread: toRatio('0.01') },
      { to: 'bob', spread: toRatio('0.5') },
    ]
    const rates = ratesOf({ spread: toRatio('0.1'), spreads })
    const outOf = (from: string, to: string): bigint =>
      mulFloor(1000n, rates.between({ id: from, asset: USD }, { id: to, asset: USD }, NOW)!.ratio)
    expect([outOf('alice', 'bob'), outOf('carol', 'bob'), outOf('bob', 'alice')]).toEqual([990n, 500n, 1000n])
  })

  it('that nobody quoted are not known', () => {
    expect(between(ratesOf(), USD, ETH)).toBeUndefined()
  })

  it('that together give money away are refused, and a spread of all', () => {
    const there = { from: 'USD', to: 'EUR', rate: toRatio('0.9') }
    const back = { from: 'EUR', to: 'USD', rate: toRatio('1.12') }
    expect(() => ratesOf({ rates: [there, back] })).toThrow('who changes USD to EUR and back gains by it')
    expect(() => ratesOf({ rates: [there, { ...back, rate: toRatio('1') }] })).not.toThrow()
    expect(() => ratesOf({ spread: toRatio('1') })).toThrow('a spread is below 1')
  })
})

describe('rates of sources', () => {
  it('join any two assets over their base, exactly', () => {
    const rates = ratesOf()
    rates.learn(0, table({ ETH: '1/3000', EUR: '0.9' }))
    expect(mulFloor(3_000_000_000n, between(rates, USD, ETH)!.ratio)).toBe(1_000_000_000n)
    expect(mulFloor(900_000n, between(rates, EUR, USD)!.ratio)).toBe(1_000_000n)
    expect(between(rates, ETH, EUR)!.ratio).toEqual({ numerator: 27n, denominator: 10n })
    expect(between(rates, USD, { code: 'XYZ', scale: 0 })).toBeUndefined()
  })

  it('come after those of the operator, and in the order of their ranks while they are fresh', () => {
    const rates = ratesOf({ rates: [{ from: 'USD', to: 'ETH', rate: toRatio('7') }] })
    rates.learn(2, table({ EUR: '2', ETH: '2' }))
    rates.learn(1, table({ EUR: '1' }))
    const toEur = (now: number): bigint => mulFloor(10n, between(rates, USD, EUR, now)!.ratio)
    expect(toEur(NOW)).toBe(10n)
    expect(mulFloor(10n, between(rates, USD, ETH)!.ratio)).toBe(70_000n)
    rates.learn(1, table({ EUR: '1' }, NOW + 10))
    expect([toEur(NOW + 9), toEur(NOW + 10)]).toEqual([10n, 20n])
    expect(
      rates.changed({ rates: [] }).between({ id: 'a', asset: USD }, { id: 'b', asset: ETH }, NOW),
    ).toBeDefined()
  })
})

describe('a connector with a source of rates', () => {
  const accounts = [account('alice'), account('bob', { asset: EUR })]

  it('refuses rather than use no rate or an old one, and goes on with the next: CONN-29, CONN-30, SEC-40', () => {
    const machine = connector({ accounts, rates: [] })
    const fate = (now: number): string => {
      const packet = ask(prepare({ amount: 10n, expiresAt: now + 5000 }))
      const [output] = handle(machine, packet, now)
      return output?.kind === 'request' ? output.account : rejectOf([output!]).code
    }
    expect(fate(NOW)).toBe('T00')
    handle(machine, { kind: 'rates', rank: 0, table: table({ EUR: '0.9' }, NOW + 1000) })
    expect([fate(NOW), fate(NOW + 999), fate(NOW + 1000)]).toEqual(['bob', 'bob', 'T00'])
    expect(machine.rejections({})[0]!.refusal).toMatchObject({ rule: 'rate', numbers: { sinceMs: 0 } })
    handle(machine, { kind: 'rates', rank: 0, table: table({ EUR: '0.9' }, NOW + 3000) }, NOW + 2000)
    expect(fate(NOW + 2000)).toBe('bob')
  })

  it('takes each packet at the rate of its time, and pays what it held', () => {
    const machine = connector({ accounts, rates: [] })
    handle(machine, { kind: 'rates', rank: 0, table: table({ EUR: '0.5' }) })
    const [first] = handle(machine, ask(prepare()))
    handle(machine, { kind: 'rates', rank: 0, table: table({ EUR: '0.25' }) })
    const [second] = handle(machine, ask(prepare()))
    for (const output of [first, second]) {
      handle(machine, { kind: 'reply', id: (output as { id: number }).id, body: fulfillBody })
    }
    expect(balances(machine)).toEqual({ alice: 200n, bob: -75n })
    expect(machine.books.assets().map(({ sum }) => sum)).toEqual([0n, 0n])
  })
})

describe('rounding', () => {
  const positive = fc.bigInt({ min: 1n, max: 10n ** 12n })
  const ratio = fc.record({ numerator: positive, denominator: positive })
  const perMille = fc.nat(999).map((share) => ({ numerator: BigInt(share), denominator: 1000n }))
  const amount = fc.oneof(fc.bigInt(0n, 100n), fc.bigInt(0n, AMOUNT_MAX))

  it('never books a loss as a gain: what is left always pays for the delivery at the mid rate', () => {
    const scale = fc.integer({ min: 0, max: 18 })
    const trade = fc.record({
      incoming: amount,
      rate: ratio,
      spread: perMille,
      scales: fc.tuple(scale, scale),
    })
    fc.assert(
      fc.property(trade, ({ incoming, rate, spread, scales }) => {
        const rates = ratesOf({ rates: [{ from: 'USD', to: 'EUR', rate }], spread })
        const conversion = between(
          rates,
          { code: 'USD', scale: scales[0] },
          { code: 'EUR', scale: scales[1] },
        )!
        const outgoing = mulFloor(incoming, conversion.ratio)
        const gains = gainsOf(incoming, outgoing, conversion)
        expect(gains.spread >= 0n && gains.rounding >= 0n).toBe(true)
        const left = incoming - gains.spread - gains.rounding
        expect(left * conversion.mid.numerator >= outgoing * conversion.mid.denominator).toBe(true)
      }),
    )
  })

  it('leaves nothing to extract: after any packets between any assets we are worth no less (CONN-28, SEC-39)', () => {
    const codes = ['USD', 'EUR', 'ETH', 'JPY']
    const scale = fc.integer({ min: 0, max: 12 })
    const market = fc.record({
      scales: fc.tuple(scale, scale, scale, scale),
      rates: fc.tuple(ratio, ratio, ratio),
      spread: perMille,
    })
    const packets = fc.array(fc.record({ from: fc.nat(3), to: fc.nat(3), amount }), { maxLength: 50 })
    fc.assert(
      fc.property(market, packets, ({ scales, rates: ratios, spread }, sent) => {
        const rates = ratesOf({ spread })
        const quotes = ratios.map((each, i) => [codes[i + 1]!, each] as const)
        rates.learn(0, { base: 'USD', rates: new Map(quotes), freshUntil: Infinity })
        const sides = codes.map((code, i) => ({ id: code, asset: { code, scale: scales[i]! } }))
        /** What a whole unit of each is worth in the base, over one denominator. */
        const unit = ratios.reduce((product, { numerator }) => product * numerator, 1n)
        const worth = [unit, ...ratios.map(({ numerator, denominator }) => (unit / numerator) * denominator)]
        let profit = 0n
        for (const { from, to, amount: incoming } of sent) {
          const outgoing = mulFloor(incoming, rates.between(sides[from]!, sides[to]!, NOW)!.ratio)
          profit += incoming * worth[from]! * 10n ** BigInt(12 - scales[from]!)
          profit -= outgoing * worth[to]! * 10n ** BigInt(12 - scales[to]!)
          expect(profit >= 0n).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('leaves nothing to who sends money around in circles through a node, in packets of any size', () => {
    const circles = fc.record({
      rate: ratio,
      spread: perMille,
      amounts: fc.array(fc.bigInt(1n, 10n ** 6n), { maxLength: 20 }),
    })
    const routes = ['test.bob', 'test.alice'].map((prefix) => ({ prefix, account: prefix.slice(5) }))
    fc.assert(
      fc.property(circles, ({ rate, spread, amounts }) => {
        const big = { balanceMax: 10n ** 40n }
        const machine = connector({
          accounts: [account('alice', big), account('bob', { ...big, asset: EUR })],
          routes,
          rates: [{ from: 'USD', to: 'EUR', rate }],
          spread,
        })
        for (const each of amounts) {
          const packet = prepare({ amount: each })
          const [there] = handle(machine, ask(packet))
          if (there?.kind !== 'request') continue
          handle(machine, { kind: 'reply', id: there.id, body: fulfillBody })
          // All that has come in is sent back.
          const { bob } = balances(machine)
          const back = prepare({ amount: -bob!, destination: 'test.alice' as Address })
          const [home] = handle(machine, ask(back, 2, 'bob'))
          if (home?.kind === 'request') handle(machine, { kind: 'reply', id: home.id, body: fulfillBody })
        }
        const { alice, bob } = balances(machine)
        // What bob has left does not make up for what alice has lost.
        expect(alice! * rate.numerator + bob! * rate.denominator >= 0n).toBe(true)
        expect(machine.books.assets().every(({ sum }) => sum === 0n)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})
