import { type Address, encodeFulfill } from '@hourglass/ilp'
import { decodeUtf8, encodeHex } from '@hourglass/oer'
import { describe, expect, it } from 'vitest'
import type { Connector } from './connector.ts'
import { type ExplainReply, explain } from './explain-protocol.ts'
import { REJECTIONS_KEPT } from './rejections.ts'
import {
  CONDITION,
  NOTHING,
  NOW,
  account,
  ask,
  connector,
  handle,
  prepare,
  send,
} from './testing/one-connector.ts'

/** What the operator is told, newest first. */
function told(machine: Connector, query: Parameters<Connector['rejections']>[0] = {}): ExplainReply[] {
  return machine.rejections(query).map((rejection) => explain(rejection, 'operator'))
}

/** What a peer is told that asks over its link. */
function heard(machine: Connector, peer: string, condition: Uint8Array = NOTHING): ExplainReply[] {
  const input = { kind: 'request', account: peer, id: 9, protocol: 'explain', body: condition } as const
  const [reply] = handle(machine, input)
  return JSON.parse(decodeUtf8((reply as { body: Uint8Array }).body)) as ExplainReply[]
}

describe('a rejection', () => {
  it('is kept with its rule, its numbers and a sentence, for operator and payer', () => {
    const machine = connector()
    handle(machine, ask(prepare({ amount: 1001n })))
    const expected = {
      id: 1,
      at: NOW,
      code: 'T04',
      rule: 'balance',
      sentence:
        'The account owes 0, 0 of its packets are on hold, and with 1001 more it would be above 1000.',
      numbers: { amount: '1001', balance: '0', held: '0', balanceMax: '1000' },
      amount: '1001',
      destination: 'test.bob.x~y',
      executionCondition: encodeHex(CONDITION),
    }
    expect(told(machine)).toEqual([expected])
    expect(heard(machine, 'alice')).toEqual([expected])
    expect(heard(machine, 'alice', CONDITION)).toEqual([expected])
  })

  it('is found by its number, its account and its condition, the newest first', () => {
    const machine = connector()
    const other = new Uint8Array(32).fill(1)
    handle(machine, ask(prepare({ amount: 2000n })))
    handle(machine, ask(prepare({ amount: 3000n, executionCondition: other })))
    handle(machine, ask(prepare({ amount: 4000n }), 1, 'bob'))
    expect(told(machine).map(({ id }) => id)).toEqual([3, 2, 1])
    expect(told(machine, { id: 2 }).map(({ amount }) => amount)).toEqual(['3000'])
    expect(told(machine, { account: 'bob' }).map(({ id }) => id)).toEqual([3])
    expect(told(machine, { condition: other }).map(({ id }) => id)).toEqual([2])
    expect(told(machine, { condition: CONDITION, account: 'alice' }).map(({ id }) => id)).toEqual([1])
  })

  it('tells a peer of its own packets alone: SEC-05', () => {
    const machine = connector()
    handle(machine, ask(prepare({ amount: 2000n })))
    expect(heard(machine, 'bob')).toEqual([])
    expect(heard(machine, 'bob', CONDITION)).toEqual([])
  })

  it('tells the payer nothing of other accounts, and the operator all: SEC-05, CONN-44', () => {
    const accounts = [account('alice'), account('bob', { payableMax: 99n })]
    const machine = connector({ accounts })
    handle(machine, ask(prepare()))
    expect(told(machine)[0]).toMatchObject({
      rule: 'liquidity',
      sentence: 'bob is owed 0, 0 are on hold for it, and with 100 more it would be above 99.',
    })
    expect(heard(machine, 'alice')[0]).toMatchObject({ sentence: 'insufficient liquidity.', numbers: {} })
  })

  it.each([
    [
      'a wrong fulfillment',
      'fulfillment',
      { kind: 'reply', body: encodeFulfill({ fulfillment: CONDITION, data: NOTHING }) },
    ],
    ['no answer', 'link', { kind: 'failed', failure: 'lost' }],
    ['a full link', 'link', { kind: 'failed', failure: 'full' }],
    ['an answer that is none', 'reply', { kind: 'reply', body: Uint8Array.of(1) }],
  ] as const)('is explained too where the next peer is at fault: %s', (_, rule, answer) => {
    const machine = connector()
    const id = send(machine)
    handle(machine, { ...answer, id })
    expect(told(machine)).toHaveLength(1)
    expect(told(machine)[0]!.rule).toBe(rule)
    expect(told(machine)[0]!.sentence).toContain('bob')
    expect(heard(machine, 'alice')[0]!.sentence).not.toContain('bob')
    expect(heard(machine, 'alice')[0]!.numbers).toEqual({})
  })

  it('of what is no packet has no condition', () => {
    const machine = connector()
    handle(machine, ask(Uint8Array.of(12, 9)))
    expect(told(machine)[0]).toMatchObject({ rule: 'packet', amount: null, executionCondition: null })
  })

  it('takes room that is its account’s own: a flood forgets nobody else’s', () => {
    const machine = connector()
    handle(machine, ask(prepare({ destination: 'test.carol' as Address }), 1, 'bob'))
    for (let i = 0; i < 2 * REJECTIONS_KEPT; i++) handle(machine, ask(prepare({ amount: 2000n }), i))
    expect(told(machine)).toHaveLength(REJECTIONS_KEPT + 1)
    expect(told(machine, { account: 'bob' }).map(({ id }) => id)).toEqual([1])
    expect(heard(machine, 'alice')).toHaveLength(16)
  })

  it('leaves no trace of packets that pass', () => {
    const machine = connector()
    handle(machine, { kind: 'failed', id: send(machine, prepare({ amount: 0n })), failure: 'refused' })
    send(machine)
    expect(told(machine)).toHaveLength(1)
  })
})
