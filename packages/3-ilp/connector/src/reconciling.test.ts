/** Packets whose answer never came: asked, told and decided. */
import { decodeFulfill, decodePrepare } from '@hourglass/ilp'
import type { StoredRecord } from '@hourglass/journal'
import { DecodeError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Connector } from './connector.ts'
import type { ConnectorInput, ConnectorOutput, Decision } from './messages.ts'
import {
  type Answer,
  type Question,
  decodeAnswers,
  decodeQuestions,
  encodeAnswers,
  encodeQuestions,
} from '@hourglass/books'
import {
  CONDITION,
  FULFILLMENT,
  NOTHING,
  NOW,
  account,
  ask,
  balances,
  connector,
  drain,
  fulfillBody,
  handle,
  prepare,
  rejectOf,
  send,
} from './testing/one-connector.ts'

/** A connector that notes what it commits, as a journal does. */
function journalled(machine: Connector): { machine: Connector; records: Map<string, Uint8Array> } {
  const records = new Map<string, Uint8Array>()
  const original = machine.poll.bind(machine)
  machine.poll = (): ConnectorOutput | undefined => {
    const output = original()
    if (output?.kind === 'commit') {
      for (const { key, value } of output.records) {
        if (value === undefined) records.delete(key)
        else records.set(key, value)
      }
    }
    return output
  }
  return { machine, records }
}

/** The same node after a crash: nothing but its records. */
function restarted(
  records: Map<string, Uint8Array>,
  options: Parameters<typeof connector>[0] = {},
): Connector {
  const machine = connector({ ...options, links: 'down' })
  const sorted = [...records].sort(([a], [b]) => (a < b ? -1 : 1))
  machine.restore(sorted.map(([key, value]): StoredRecord => ({ key, value })))
  drain(machine)
  return machine
}

/** The question among the outputs, and its id. */
function questionOf(outputs: readonly ConnectorOutput[]): { id: number; questions: Question[] } {
  const found = outputs.find((output) => output.kind === 'request' && output.protocol === 'reconcile')
  if (found?.kind !== 'request') throw new Error('nothing was asked')
  return { id: found.id, questions: decodeQuestions(found.body) }
}

function reply(id: number, ...answers: Answer[]): ConnectorInput {
  return { kind: 'reply', id, body: encodeAnswers(answers) }
}

const up = (id: string): ConnectorInput => ({ kind: 'up', account: id })
const fulfilled: Answer = { kind: 'fulfilled', fulfillment: FULFILLMENT }

/** What alice is told of a packet of hers. */
function asked(machine: Connector, question: Partial<Question> = {}, now = NOW): Answer[] {
  const { amount, executionCondition, expiresAt } = prepare()
  const body = encodeQuestions([{ amount, executionCondition, expiresAt, isGivenUp: false, ...question }])
  const input = { kind: 'request', account: 'alice', id: 77, protocol: 'reconcile', body } as const
  const [output] = handle(machine, input, now)
  if (output?.kind !== 'reply') throw new Error(`no reply: ${output?.kind ?? 'nothing'}`)
  return decodeAnswers(output.body)
}

function held(machine: Connector): bigint[] {
  return [...machine.accounts()].flatMap((each) => [each.heldIncoming, each.heldOutgoing])
}

describe('connector: a packet under way when the node dies', () => {
  function crashed(): Connector {
    const { machine, records } = journalled(connector())
    send(machine)
    return restarted(records)
  }

  it('is held after the restart, and its peer is asked by amount, condition and expiry: PCS-24', () => {
    const machine = crashed()
    expect(held(machine)).toEqual([100n, 0n, 0n, 100n])
    const { questions } = questionOf(handle(machine, up('bob')))
    expect(questions).toEqual([
      { amount: 100n, executionCondition: CONDITION, expiresAt: NOW + 9000, isGivenUp: false },
    ])
  })

  it('is posted where the peer shows its fulfillment, which its payer learns in turn', () => {
    const machine = crashed()
    expect(asked(machine, {}, NOW + 60_000)).toEqual([{ kind: 'pending' }])
    const { id } = questionOf(handle(machine, up('bob'), NOW + 60_000))
    handle(machine, reply(id, fulfilled), NOW + 60_000)
    expect(balances(machine)).toEqual({ alice: 100n, bob: -100n })
    expect(held(machine)).toEqual([0n, 0n, 0n, 0n])
    expect(asked(machine, {}, NOW + 60_000)).toEqual([fulfilled])
  })

  it('is voided where the peer says so, and its payer is told the same', () => {
    const machine = crashed()
    const { id } = questionOf(handle(machine, up('bob')))
    handle(machine, reply(id, { kind: 'void' }))
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
    expect(held(machine)).toEqual([0n, 0n, 0n, 0n])
    expect(asked(machine, {}, NOW + 10_000)).toEqual([{ kind: 'void' }])
  })

  it('stays held while the peer does not know, and is asked about again, later each time', () => {
    const machine = crashed()
    let outputs = handle(machine, up('bob'))
    const pauses: number[] = []
    let now = NOW
    for (let i = 0; i < 4; i++) {
      handle(machine, reply(questionOf(outputs).id, { kind: 'pending' }), now)
      const next = machine.nextTimeout()!
      pauses.push(next - now)
      now = next
      outputs = handle(machine, { kind: 'timeout' }, now)
    }
    expect(pauses).toEqual([250, 500, 1000, 2000])
    expect(held(machine)).toEqual([100n, 0n, 0n, 100n])
  })

  it.each<[string, (id: number) => ConnectorInput]>([
    ['shows what does not fit', (id) => reply(id, { kind: 'fulfilled', fulfillment: CONDITION })],
    ['answers to none', (id) => reply(id)],
    ['answers to more than was asked', (id) => reply(id, fulfilled, fulfilled)],
    ['answers garbage', (id) => ({ kind: 'reply', id, body: Uint8Array.of(9, 9) })],
    ['does not speak the protocol', (id) => ({ kind: 'failed', id, failure: 'refused' })],
    ['is cut off', (id) => ({ kind: 'failed', id, failure: 'lost' })],
  ])('stays held where the peer %s: never a guess', (_, answer) => {
    const machine = crashed()
    handle(machine, answer(questionOf(handle(machine, up('bob'))).id))
    expect(held(machine)).toEqual([100n, 0n, 0n, 100n])
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
  })

  it.each<[Decision, Record<string, bigint>, Answer]>([
    [{ outcome: 'post', fulfillment: FULFILLMENT }, { alice: 100n, bob: -100n }, fulfilled],
    [{ outcome: 'pay' }, { alice: 0n, bob: -100n }, { kind: 'void' }],
    [{ outcome: 'void' }, { alice: 0n, bob: 0n }, { kind: 'void' }],
  ])('is ended by the operator where no peer can: %o; the payer learns it', (decision, expected, answer) => {
    const machine = crashed()
    const [hold] = machine.books.holds.keys()
    handle(machine, { kind: 'decide', hold: hold!, ...decision })
    expect(balances(machine)).toEqual(expected)
    expect(held(machine)).toEqual([0n, 0n, 0n, 0n])
    expect(asked(machine, {}, NOW + 10_000)).toEqual([answer])
    expect(machine.books.assets().every(({ sum }) => sum === 0n)).toBe(true)
  })

  it('is not posted by the operator with a fulfillment that does not fit', () => {
    const machine = crashed()
    const [hold] = machine.books.holds.keys()
    handle(machine, { kind: 'decide', hold: hold!, outcome: 'post', fulfillment: CONDITION })
    expect(held(machine)).toEqual([100n, 0n, 0n, 100n])
  })

  it('is not ended by the operator while it is under way', () => {
    const machine = connector()
    send(machine)
    handle(machine, { kind: 'decide', hold: machine.books.lastId, outcome: 'void' })
    expect(held(machine)).toEqual([100n, 0n, 0n, 100n])
  })

  it('keeps its id from being given again', () => {
    const machine = crashed()
    handle(machine, { kind: 'up', account: 'bob' })
    expect(send(machine)).toBeGreaterThan(Math.max(...machine.books.holds.keys()) - 1)
    expect(new Set(machine.books.holds.keys()).size).toBe(2)
  })

  it('is known though its account has left the config', () => {
    const { machine, records } = journalled(connector())
    send(machine)
    const left = restarted(records, { accounts: [account('alice')], routes: [] })
    expect([...left.books.holds.values()].map(({ destination }) => destination.id)).toEqual(['bob'])
    expect(left.books.assets().every(({ sum }) => sum === 0n)).toBe(true)
  })
})

describe('connector: a packet whose link is cut', () => {
  function cut(): { machine: Connector; outputs: ConnectorOutput[] } {
    const machine = connector({ reconciling: true })
    const id = send(machine, prepare(), 5)
    handle(machine, { kind: 'down', account: 'bob' })
    return { machine, outputs: handle(machine, { kind: 'failed', id, failure: 'lost' }) }
  }

  it('waits for its outcome, and the Fulfill is relayed that the peer shows in time', () => {
    const { machine, outputs } = cut()
    expect(outputs).toEqual([])
    const { id } = questionOf(handle(machine, up('bob'), NOW + 1000))
    const [relayed] = handle(machine, reply(id, fulfilled), NOW + 1000).filter(({ kind }) => kind === 'reply')
    expect(relayed).toMatchObject({ account: 'alice', id: 5 })
    expect(decodeFulfill((relayed as { body: Uint8Array }).body).fulfillment).toEqual(FULFILLMENT)
    expect(balances(machine)).toEqual({ alice: 100n, bob: -100n })
    expect([...machine.accounts()].map((each) => each.packetsInFlight)).toEqual([0, 0])
  })

  it('is T01 where the peer has not fulfilled it', () => {
    const { machine } = cut()
    const { id } = questionOf(handle(machine, up('bob'), NOW + 1000))
    const outputs = handle(machine, reply(id, { kind: 'void' }), NOW + 1000)
    expect(rejectOf(outputs.filter(({ kind }) => kind === 'reply')).code).toBe('T01')
    expect(held(machine)).toEqual([0n, 0n, 0n, 0n])
  })

  it('is R00 at its expiry, and the peer is told that it is given up: ILP-31', () => {
    const { machine } = cut()
    expect(machine.nextTimeout()).toBe(NOW + 9000)
    const outputs = handle(machine, { kind: 'timeout' }, NOW + 9000)
    expect(rejectOf(outputs).code).toBe('R00')
    expect(held(machine)).toEqual([0n, 0n, 0n, 0n])
    const { id, questions } = questionOf(handle(machine, up('bob'), NOW + 9500))
    expect(questions.map(({ isGivenUp }) => isGivenUp)).toEqual([true])
    handle(machine, reply(id, { kind: 'void' }), NOW + 9500)
    expect(machine.books.holds.size).toBe(0)
  })

  it('ends once where the peer says void in the moment in which it is given up', () => {
    const { machine } = cut()
    const { id } = questionOf(handle(machine, up('bob'), NOW + 8999))
    const outputs = handle(machine, reply(id, { kind: 'void' }), NOW + 9000)
    expect(rejectOf(outputs.filter(({ kind }) => kind === 'reply')).code).toBe('R00')
    expect(machine.books.holds.size).toBe(0)
    expect(machine.nextTimeout()).toBeUndefined()
  })

  it('ends once where the peer has stopped to reconcile meanwhile', () => {
    const { machine } = cut()
    handle(machine, {
      kind: 'failed',
      id: questionOf(handle(machine, up('bob'), NOW + 1000)).id,
      failure: 'refused',
    })
    expect(rejectOf(handle(machine, { kind: 'timeout' }, NOW + 9000)).code).toBe('R00')
    expect(questionOf(handle(machine, up('bob'), NOW + 9500)).questions).toEqual([])
    expect(machine.books.holds.size).toBe(0)
  })

  it('waits also while it is not known yet whether the peer reconciles, and is void where it does not', () => {
    const machine = connector({ links: 'down' })
    handle(machine, up('alice'))
    const greeting = questionOf(handle(machine, up('bob')))
    const id = send(machine, prepare(), 5)
    expect(handle(machine, { kind: 'failed', id, failure: 'lost' })).toEqual([])
    expect(rejectOf(handle(machine, { kind: 'timeout' }, NOW + 9000)).code).toBe('R00')
    expect(machine.books.holds.size).toBe(1)
    handle(machine, { kind: 'failed', id: greeting.id, failure: 'refused' }, NOW + 9500)
    expect(machine.books.holds.size).toBe(0)
  })

  it('is a dispute where the peer insists that it was fulfilled, until the operator pays', () => {
    const { machine } = cut()
    handle(machine, { kind: 'timeout' }, NOW + 9000)
    const { id } = questionOf(handle(machine, up('bob'), NOW + 9500))
    const outputs = handle(machine, reply(id, fulfilled), NOW + 9500)
    expect(outputs).toMatchObject([{ kind: 'trace', event: 'connector.disputed' }])
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
    const [hold] = machine.books.holds.keys()
    handle(machine, { kind: 'decide', hold: hold!, outcome: 'pay' })
    expect(balances(machine)).toEqual({ alice: 0n, bob: -100n })
    expect(machine.books.holds.size).toBe(0)
    expect(machine.books.assets().every(({ sum }) => sum === 0n)).toBe(true)
  })

  it('is given up durably: after a restart the peer hears of it still', () => {
    const { machine, records } = journalled(connector({ reconciling: true }))
    const id = send(machine)
    handle(machine, { kind: 'failed', id, failure: 'lost' }, NOW + 9000)
    const again = restarted(records)
    expect(held(again)).toEqual([0n, 0n, 0n, 0n])
    expect(questionOf(handle(again, up('bob'))).questions).toMatchObject([{ isGivenUp: true }])
  })
})

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

  it('is known for a minute after, and longer while the payer is away', () => {
    const machine = connector()
    const pay = (now: number): void => {
      const expiresAt = now + 10_000
      const [output] = handle(machine, ask(prepare({ expiresAt })), now)
      handle(machine, { kind: 'reply', id: (output as { id: number }).id, body: fulfillBody }, now)
    }
    pay(NOW)
    pay(NOW + 61_000)
    expect(asked(machine, {}, NOW + 61_000)).toEqual([{ kind: 'void' }])
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

describe('connector: a store that fails', () => {
  it('takes no packets, keeps what it has, and goes on when the store works', () => {
    const machine = connector()
    const id = send(machine)
    handle(machine, { kind: 'store', isWorking: false })
    expect(rejectOf(handle(machine, ask(prepare(), 2))).code).toBe('T00')
    handle(machine, { kind: 'reply', id, body: fulfillBody })
    handle(machine, { kind: 'store', isWorking: true })
    expect(decodePrepare((handle(machine, ask(prepare(), 3))[0] as { body: Uint8Array }).body).amount).toBe(
      100n,
    )
    expect(balances(machine)).toEqual({ alice: 100n, bob: -100n })
  })

  it('answers what needs no records, so that peers know it lives', () => {
    const machine = connector()
    handle(machine, { kind: 'store', isWorking: false })
    const input = { kind: 'request', account: 'alice', id: 5, protocol: 'balance', body: NOTHING } as const
    expect(handle(machine, input)).toMatchObject([{ kind: 'reply', id: 5 }])
  })
})
