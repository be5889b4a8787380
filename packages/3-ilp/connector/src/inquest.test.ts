/** What peers ask about their packets, and what they are told. */
import { type Answer, type Question, UNCOUNTED, decodeAnswers, decodeQuestions } from '@hourglass/books'
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
import { about, answersTo, asked, fulfilled } from './testing/recovery.ts'
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
    machine.handle({ kind: 'request', account: 'alice', id: 77, protocol: 'reconcile', body: about({}) }, NOW)
    expect(drain(machine).map(({ kind }) => kind)).toEqual(['commit'])
  })

  it('costs us a packet that came too late, once, and no more than the operator allows', () => {
    const accounts = [account('alice', { writeOffMax: 100n }), account('bob')]
    const machine = fulfilledFor({ accounts })
    const late = (): Answer[] => asked(machine, { isGivenUp: true }, NOW + 10_000)
    for (let i = 0; i < 3; i++) expect(late()).toEqual([{ kind: 'void' }])
    expect(balances(machine)).toEqual({ alice: 0n, bob: -100n })
    expect(machine.books.assets()).toMatchObject([{ writtenOff: 100n, sum: 0n }])
    handle(machine, { kind: 'reply', id: send(machine), body: fulfillBody })
    expect(late()).toEqual([fulfilled])
    expect(balances(machine)).toEqual({ alice: 100n, bob: -200n })
  })

  it('costs us nothing where the packet that we fulfilled is paid, and its replay came too late', () => {
    const machine = fulfilledFor({ accounts: [account('alice', { writeOffMax: 1000n }), account('bob')] })
    const replay = { isGivenUp: true, fulfilledTwins: 1 }
    expect(asked(machine, replay, NOW + 10_000)).toEqual([{ kind: 'void' }])
    expect(balances(machine)).toEqual({ alice: 100n, bob: -100n })
  })

  it.each<[string, Partial<Question>, Answer]>([
    ['fulfilled', {}, fulfilled],
    ['too late', { isGivenUp: true }, { kind: 'void' }],
  ])(
    'is answered for one of two that have one name: the first is %s, the second pending',
    (_, twin, first) => {
      const accounts = [account('alice', { writeOffMax: 1000n }), account('bob')]
      const machine = fulfilledFor({ accounts })
      const answers = answersTo(machine, about(twin, twin, { amount: 101n }), NOW + 10_000)
      expect(answers).toEqual([first, { kind: 'pending' }, { kind: 'void' }])
      expect(balances(machine)['alice']).toBe(first.kind === 'void' ? 0n : 100n)
    },
  )

  it('is pending while the payer cannot count what it knows to be fulfilled', () => {
    const machine = fulfilledFor({ accounts: [account('alice', { writeOffMax: 1000n }), account('bob')] })
    for (const isGivenUp of [false, true]) {
      const change = { isGivenUp, fulfilledTwins: UNCOUNTED }
      expect(asked(machine, change, NOW + 10_000)).toEqual([{ kind: 'pending' }])
    }
    expect(balances(machine)['alice']).toBe(100n)
  })

  it('is told to nobody but the payer', () => {
    const machine = fulfilledFor()
    const input = { kind: 'request', account: 'bob', id: 77, protocol: 'reconcile', body: about({}) } as const
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
