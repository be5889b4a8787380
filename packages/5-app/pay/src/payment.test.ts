import { type PaymentAmount, mulCeil, mulFloor } from '@hourglass/stream'
import { PLAIN_PATH, type PathOptions } from '@hourglass/stream/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NewPayment } from './face.ts'
import { decodePaymentState, encodePaymentState } from './state-text.ts'
import { Course, type CourseOptions } from './testing/course.ts'

const SMALL_PACKETS: PathOptions = { ...PLAIN_PATH, packetAmountMax: 1000n }

describe('a payment', () => {
  it('quotes before any money moves, then pays, and knows exactly what was delivered', () => {
    const course = new Course({ path: SMALL_PACKETS, payment: { amount: { send: 50_000n } } })
    const result = course.run()
    expect(course.quote).toMatchObject({
      sendMax: 50_000n,
      deliver: 50_000n,
      packetAmountMax: 1000n,
      asset: { assetCode: 'EUR', assetScale: 4 },
    })
    expect(result).toMatchObject({
      end: { kind: 'complete' },
      sent: 50_000n,
      delivered: 50_000n,
      uncertain: 0n,
      packets: 50,
    })
    expect([course.hops.charged, course.hops.received]).toEqual([50_000n, 50_000n])
  })

  it('tells its progress, which never falls', () => {
    const course = new Course({ path: SMALL_PACKETS, payment: { amount: { send: 20_000n } } })
    course.run()
    const progress = course.outputs.filter(({ kind }) => kind === 'progress')
    expect(progress).toHaveLength(20)
    expect(progress.at(-1)).toEqual({ kind: 'progress', sent: 20_000n, delivered: 20_000n, uncertain: 0n })
    const sums = course.outputs.flatMap((output) => (output.kind === 'progress' ? [output.sent] : []))
    expect(sums).toEqual(sums.toSorted((a, b) => Number(a - b)))
  })

  it('lets no packet with money leave before the state that counts it is durable', () => {
    const course = new Course({ path: SMALL_PACKETS, payment: { amount: { send: 50_000n } } })
    course.run()
    let durable = 0n
    let offered = 0n
    let isQuoted = false
    for (const output of course.outputs) {
      if (output.kind === 'quoted') isQuoted = true
      if (output.kind === 'commit') {
        const { sent, connection } = output.state
        durable = sent + connection.uncertain
      }
      if (output.kind === 'prepare' && isQuoted) offered += output.prepare.amount
      expect(offered <= durable || !isQuoted).toBe(true)
    }
    expect(offered).toBe(50_000n)
  })

  it('stops when it is cancelled, waits for what is on its way, and goes on later with the rest', () => {
    const first = new Course({
      path: SMALL_PACKETS,
      payment: { amount: { deliver: 50_000n } },
      cancelAfter: 7,
    })
    const stopped = first.run()
    expect(stopped.end).toEqual({ kind: 'cancelled' })
    expect(stopped).toMatchObject({ uncertain: 0n, delivered: first.hops.received })
    expect(first.hops.received < 50_000n).toBe(true)
    const state = decodePaymentState(first.durable!)
    expect(encodePaymentState(state)).toBe(encodePaymentState(stopped.state!))
    const second = new Course({ path: { ...SMALL_PACKETS, seed: 2 }, payment: { state: state } })
    const result = second.run()
    expect(result).toMatchObject({ end: { kind: 'complete' }, delivered: 50_000n, uncertain: 0n })
    expect(first.hops.received + second.hops.received).toBe(50_000n)
  })

  it('never sends again what was lost, unless the receiver has said that it came', () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const path = { ...SMALL_PACKETS, seed }
      const course = new Course({ path, payment: { amount: { send: 50_000n } }, silence: 20 })
      const { end, sent, uncertain, delivered } = course.run()
      expect(end).toMatchObject(uncertain === 0n ? {} : { kind: 'link-lost', uncertain })
      expect(delivered <= course.hops.received).toBe(true)
      expect(sent + uncertain).toBe(course.hops.charged)
    }
  })

  it('keeps to the terms of the first quote when it goes on: a worse path is refused', () => {
    const first = new Course({ path: SMALL_PACKETS, payment: { amount: { send: 50_000n } }, cancelAfter: 5 })
    const { state } = first.run()
    const rates = [
      { numerator: 98n, denominator: 100n },
      { numerator: 1n, denominator: 1n },
    ] as const
    const second = new Course({ path: { ...SMALL_PACKETS, rates }, payment: { state: state! } })
    expect(second.run().end).toEqual({
      kind: 'rate-below-minimum',
      amount: 1000n,
      arrived: 980n,
      least: 990n,
    })
    expect(second.hops.charged).toBe(0n)
  })
})

const ratio = fc.record({
  numerator: fc.bigInt({ min: 1n, max: 10_000n }),
  denominator: fc.bigInt({ min: 1n, max: 10_000n }),
})

/** Paths that need at most some hundred packets. */
const anyCourse: fc.Arbitrary<CourseOptions> = fc
  .record({
    rates: fc.tuple(ratio, ratio),
    packetAmountMax: fc.bigInt({ min: 200n, max: 5000n }),
    isHinting: fc.boolean(),
    liquidity: fc.option(fc.bigInt({ min: 1000n, max: 100_000n }), { nil: undefined }),
    delayMs: fc.integer({ min: 1, max: 300 }),
    lossPerMille: fc.integer({ min: 0, max: 200 }),
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
  })
  .chain((path) =>
    fc.record({
      path: fc.constant(path),
      payment: fc.record({ amount: anyAmount(path) }),
      lives: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 4 }),
      isFresh: fc.boolean(),
    }),
  )

function anyAmount({ packetAmountMax, rates }: PathOptions): fc.Arbitrary<PaymentAmount> {
  const send = fc.bigInt({ min: 1n, max: packetAmountMax! * 50n })
  const deliver = send.map((amount) => {
    const delivered = mulFloor(mulFloor(amount, rates[0]), rates[1])
    return delivered > 0n ? delivered : 1n
  })
  return fc.oneof(
    send.map((amount) => ({ send: amount })),
    deliver.map((amount) => ({ deliver: amount })),
  )
}

describe('a payment over any path, by any number of processes that end at any time', () => {
  it('is never paid twice, and what was delivered is known exactly', () => {
    fc.assert(
      fc.property(anyCourse, (options) => {
        const course = new Course(options)
        const { end, sent, uncertain, delivered, state } = course.run()
        const { charged, received } = course.hops
        expect(charged <= sent + uncertain).toBe(true)
        expect(delivered).toBe(received)
        if (state === undefined) {
          expect(charged).toBe(0n)
          return
        }
        expect(charged <= state.sendMax).toBe(true)
        expect(sent + uncertain <= state.sendMax).toBe(true)
        const { amount } = options.payment as NewPayment
        if ('send' in amount) {
          if (end.kind === 'complete') expect(sent + uncertain).toBe(amount.send)
        } else {
          // What is over is what the path rounds, and what the slippage allows where answers were lost.
          if (end.kind === 'complete') expect(received >= amount.deliver).toBe(true)
          const [first, second] = options.path.rates
          expect(received <= mulCeil(mulCeil(state.sendMax, first), second)).toBe(true)
        }
        if (options.lives?.length === 0) expect([sent, uncertain]).toEqual([charged, 0n])
      }),
      { numRuns: 200 },
    )
  }, 60_000)
})
