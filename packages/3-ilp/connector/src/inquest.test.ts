/** What peers ask about their packets, and what they are told. */
import { type Question, decodeAnswers, decodeQuestions, encodeQuestions } from '@hourglass/books'
import { DecodeError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  FULFILLMENT,
  NOW,
  account,
  ask,
  balances,
  connector,
  drain,
  fulfillBody,
  handle,
  prepare,
  send,
} from './testing/one-connector.ts'
import { fulfilled, asked } from './testing/recovery.ts'
import type { Connector } from './connector.ts'

describe('connector: what peers ask', () => {
  function fulfilledFor(options: Parameters<typeof connector>[0] = {}): Connector {
    const machine = connector(options)
    handle(machine, { kind: 'reply', id: send(machine), body: fulfillBody })
    return machine
  }

  it('is answered with the fulfillment of what was fulfilled', () => {
    expect(asked(fulfilledFor())).toEqual([fulfilled])
  })

  it.each<[string, Partial<Question>]>([
    ['another amount', { amount: 101n }],
    ['another expiry', { expiresAt: NOW + 9999 }],
    ['another condition', { executionCondition: FULFILLMENT }],
  ])('is void for %s once it has expired, and not before: it may still come', (_, change) => {
    const machine = fulfilledFor()
    expect(asked(machine, change, NOW + 9998)).toEqual([{ kind: 'pending' }])
    expect(asked(machine, change, NOW + 10_000)).toEqual([{ kind: 'void' }])
  })

  it('is pending while the packet is under way', () => {
    const machine = connector()
    send(machine)
    expect(asked(machine, {}, NOW + 60_000)).toEqual([{ kind: 'pending' }])
  })

  it('is answered only when it is durable', () => {
    const machine = connector()
    const id = send(machine)
    machine.handle({ kind: 'reply', id, body: fulfillBody }, NOW)
    const { amount, executionCondition, expiresAt } = prepare()
    const body = encodeQuestions([{ amount, executionCondition, expiresAt, isGivenUp: false }])
    machine.handle({ kind: 'request', account: 'alice', id: 77, protocol: 'reconcile', body }, NOW)
    expect(drain(machine).map(({ kind }) => kind)).toEqual(['commit'])
  })

  it('costs us a packet that came too late, once, and no more than the operator allows', () => {
    const accounts = [account('alice', { writeOffMax: 100n }), account('bob')]
    const machine = fulfilledFor({ accounts })
    for (let i = 0; i < 3; i++) expect(asked(machine, { isGivenUp: true })).toEqual([{ kind: 'void' }])
    expect(balances(machine)).toEqual({ alice: 0n, bob: -100n })
    expect(machine.books.assets()).toMatchObject([{ writtenOff: 100n, sum: 0n }])
    handle(machine, { kind: 'reply', id: send(machine), body: fulfillBody })
    expect(asked(machine, { isGivenUp: true })).toEqual([fulfilled])
    expect(balances(machine)).toEqual({ alice: 100n, bob: -200n })
  })

  it('costs us nothing twice where one packet stands twice in a question', () => {
    const machine = fulfilledFor({ accounts: [account('alice', { writeOffMax: 1000n }), account('bob')] })
    const { amount, executionCondition, expiresAt } = prepare()
    const question = { amount, executionCondition, expiresAt, isGivenUp: true }
    const body = encodeQuestions([question, question])
    handle(machine, { kind: 'request', account: 'alice', id: 77, protocol: 'reconcile', body })
    expect(balances(machine)['alice']).toBe(0n)
  })

  it('is told to nobody but the payer', () => {
    const machine = fulfilledFor()
    const { amount, executionCondition, expiresAt } = prepare()
    const body = encodeQuestions([{ amount, executionCondition, expiresAt, isGivenUp: false }])
    const input = { kind: 'request', account: 'bob', id: 77, protocol: 'reconcile', body } as const
    const [output] = handle(machine, input, NOW + 10_000)
    expect(decodeAnswers((output as { body: Uint8Array }).body)).toEqual([{ kind: 'void' }])
  })

  it('is known for a minute after and longer while the payer is away; what may be forgotten is not called void', () => {
    const machine = connector()
    const pay = (now: number): void => {
      const expiresAt = now + 10_000
      const [output] = handle(machine, ask(prepare({ expiresAt })), now)
      handle(machine, { kind: 'reply', id: (output as { id: number }).id, body: fulfillBody }, now)
    }
    pay(NOW)
    pay(NOW + 61_000)
    expect(asked(machine, {}, NOW + 61_000)).toEqual([{ kind: 'pending' }])
    handle(machine, { kind: 'down', account: 'alice' }, NOW + 61_000)
    const question = { expiresAt: NOW + 71_000 }
    for (const minutes of [3, 5, 7]) handle(machine, { kind: 'up', account: 'bob' }, NOW + minutes * 60_000)
    for (const minutes of [3, 5, 7]) {
      const received = { kind: 'received', account: 'bob', reference: 'x', total: BigInt(minutes) } as const
      handle(machine, received, NOW + minutes * 60_000)
    }
    expect(asked(machine, question, NOW + 8 * 60_000)).toEqual([fulfilled])
  })

  it('may be any bytes: a value, or a DecodeError that becomes a refusal', () => {
    const machine = connector()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        try {
          decodeQuestions(body)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
        try {
          decodeAnswers(body)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
        const input = { kind: 'request', account: 'alice', id: 1, protocol: 'reconcile', body } as const
        expect(handle(machine, input)).toHaveLength(1)
      }),
      { numRuns: 10_000 },
    )
  })
})
