import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { FULFILLMENTS_MAX, Fulfillments } from './fulfillments.ts'
import { type Question, decodeAnswers, encodeQuestions } from './reconcile-protocol.ts'

const EXPIRY = Date.UTC(2026, 0, 1)
const FULFILLMENT = new Uint8Array(32).fill(7)
const packet = { amount: 100n, executionCondition: nodeCrypto.sha256(FULFILLMENT), expiresAt: EXPIRY }

function ask(known: Fulfillments, change: Partial<Question> = {}, now = EXPIRY): string {
  const body = known.answer(encodeQuestions([{ ...packet, isGivenUp: false, ...change }]), now)
  return decodeAnswers(body!)[0]!.kind
}

describe('what an endpoint remembers', () => {
  const known = new Fulfillments()
  known.add(packet, FULFILLMENT)

  it.each<[string, Partial<Question>, number, string]>([
    ['a packet that it fulfilled', {}, EXPIRY + 1e9, 'fulfilled'],
    ['one that came too late', { isGivenUp: true }, EXPIRY, 'void'],
    ['one that never came', { amount: 1n }, EXPIRY, 'void'],
    ['one that may still come', { amount: 1n }, EXPIRY - 1, 'pending'],
  ])('answers %s', (_, change, now, outcome) => {
    expect(ask(known, change, now)).toBe(outcome)
  })

  it('cannot answer what it cannot read', () => {
    expect(known.answer(Uint8Array.of(9), EXPIRY)).toBeUndefined()
  })

  it('is bounded: the newest stay', () => {
    const many = new Fulfillments()
    for (let i = 0; i <= FULFILLMENTS_MAX; i++) many.add({ ...packet, amount: BigInt(i) }, FULFILLMENT)
    expect(ask(many, { amount: 0n })).toBe('void')
    expect(ask(many, { amount: 1n })).toBe('fulfilled')
  })
})
