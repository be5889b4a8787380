import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { FULFILLMENTS_MAX, Fulfillments } from './fulfillments.ts'
import { type Question, UNCOUNTED, decodeAnswers, encodeQuestions } from './reconcile-protocol.ts'

const EXPIRY = Date.UTC(2026, 0, 1)
const FULFILLMENT = new Uint8Array(32).fill(7)
const packet = { amount: 100n, executionCondition: nodeCrypto.sha256(FULFILLMENT), expiresAt: EXPIRY }

function ask(known: Fulfillments, change: Partial<Question> = {}, now = EXPIRY): string {
  const body = known.answer(
    encodeQuestions([{ ...packet, isGivenUp: false, fulfilledTwins: 0, ...change }]),
    now,
  )
  return decodeAnswers(body!)[0]!.kind
}

function fulfilled(count = 1): Fulfillments {
  const known = new Fulfillments()
  for (let i = 0; i < count; i++) known.add(packet, FULFILLMENT)
  return known
}

describe('what an endpoint remembers', () => {
  it.each<[string, Partial<Question>, number, string]>([
    ['a packet that it fulfilled', {}, EXPIRY + 1e9, 'fulfilled'],
    ['one that came too late', { isGivenUp: true }, EXPIRY, 'void'],
    ['one that never came', { amount: 1n }, EXPIRY, 'void'],
    ['one that may still come', { amount: 1n }, EXPIRY - 1, 'pending'],
    ['one whose only twin is known', { fulfilledTwins: 1 }, EXPIRY, 'void'],
    ['one whose twin is under way', { fulfilledTwins: UNCOUNTED }, EXPIRY, 'pending'],
  ])('answers %s', (_, change, now, outcome) => {
    expect(ask(fulfilled(), change, now)).toBe(outcome)
  })

  it('is as many packets of one name as were fulfilled, less those that were too late', () => {
    const known = fulfilled(3)
    expect(ask(known, { fulfilledTwins: 2 })).toBe('fulfilled')
    expect(ask(known, { fulfilledTwins: 2, isGivenUp: true })).toBe('void')
    expect(ask(known, { fulfilledTwins: 2 })).toBe('void')
    expect(ask(known, { fulfilledTwins: 1 })).toBe('fulfilled')
  })

  it('cannot answer what it cannot read', () => {
    expect(fulfilled().answer(Uint8Array.of(9), EXPIRY)).toBeUndefined()
  })

  it('is bounded: the newest stay', () => {
    const many = new Fulfillments()
    for (let i = 0; i <= FULFILLMENTS_MAX; i++) many.add({ ...packet, amount: BigInt(i) }, FULFILLMENT)
    expect(ask(many, { amount: 0n })).toBe('void')
    expect(ask(many, { amount: 1n })).toBe('fulfilled')
  })
})
