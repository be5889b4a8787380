/** Packets whose answer never came: asked about and decided. */
import { type Answer, UNCOUNTED } from '@hourglass/books'
import { decodeFulfill } from '@hourglass/ilp'
import { describe, expect, it } from 'vitest'
import type { ConnectorInput, ConnectorOutput, Decision } from './messages.ts'
import {
  CONDITION,
  FULFILLMENT,
  NOW,
  account,
  balances,
  connector,
  fulfillBody,
  handle,
  prepare,
  rejectOf,
  send,
} from './testing/one-connector.ts'
import { journalled, restarted, questionOf, reply, up, fulfilled, asked, held } from './testing/recovery.ts'
import type { Connector } from './connector.ts'

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
      {
        amount: 100n,
        executionCondition: CONDITION,
        expiresAt: NOW + 9000,
        isGivenUp: false,
        fulfilledTwins: 0,
      },
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

  it('is asked about with the number of its twins that are known to be fulfilled, anew each time', () => {
    const { machine, records } = journalled(connector())
    for (const id of [1, 2]) send(machine, prepare(), id)
    const again = restarted(records)
    const first = questionOf(handle(again, up('bob')))
    expect(first.questions.map(({ fulfilledTwins }) => fulfilledTwins)).toEqual([0, 0])
    handle(again, reply(first.id, fulfilled, { kind: 'pending' }))
    const second = questionOf(handle(again, { kind: 'timeout' }, NOW + 250))
    expect(second.questions.map(({ fulfilledTwins }) => fulfilledTwins)).toEqual([1])
    handle(again, reply(second.id, { kind: 'void' }))
    expect(balances(again)).toEqual({ alice: 100n, bob: -100n })
    expect(held(again)).toEqual([0n, 0n, 0n, 0n])
  })

  it('is asked about with all others in one round, however many there are', () => {
    const { machine, records } = journalled(
      connector({ accounts: [account('alice', { balanceMax: 10_000n }), account('bob')] }),
    )
    for (let i = 1; i <= 600; i++) send(machine, prepare({ amount: 1n }), i)
    const again = restarted(records)
    let question = questionOf(handle(again, up('bob')))
    const sizes: number[] = []
    while (again.nextTimeout() === undefined) {
      sizes.push(question.questions.length)
      handle(again, reply(question.id, ...question.questions.map((): Answer => ({ kind: 'pending' }))))
      if (again.nextTimeout() !== NOW) break
      question = questionOf(handle(again, { kind: 'timeout' }))
    }
    expect(sizes).toEqual([256, 256, 88])
    expect(again.nextTimeout()).toBe(NOW + 250)
  })

  it('is asked about right after its expiry, when it is decided for the peer', () => {
    const machine = crashed()
    const { id } = questionOf(handle(machine, up('bob'), NOW + 8900))
    handle(machine, reply(id, { kind: 'pending' }), NOW + 8900)
    expect(machine.nextTimeout()).toBe(NOW + 9100)
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

  it('is given up with its twin under way: nobody can count before that one has its answer', () => {
    const machine = connector({ reconciling: true })
    const [late, inTime] = [1, 2].map((id) => send(machine, prepare(), id))
    const ask = (outputs: ConnectorOutput[]): number[] =>
      questionOf(outputs).questions.map(({ fulfilledTwins }) => fulfilledTwins)
    const outputs = handle(machine, { kind: 'failed', id: late!, failure: 'lost' })
    expect(ask(outputs)).toEqual([UNCOUNTED])
    handle(machine, { kind: 'reply', id: inTime!, body: fulfillBody })
    const { id } = questionOf(outputs)
    handle(machine, reply(id, { kind: 'pending' }), NOW + 8999)
    expect(ask(handle(machine, { kind: 'timeout' }, NOW + 9250))).toEqual([1])
  })

  it('ends once where the peer says void in the moment in which it is given up', () => {
    const { machine } = cut()
    const { id } = questionOf(handle(machine, up('bob'), NOW + 8999))
    const outputs = handle(machine, reply(id, { kind: 'void' }), NOW + 9000)
    expect(rejectOf(outputs.filter(({ kind }) => kind === 'reply')).code).toBe('R00')
    expect(machine.books.holds.size).toBe(0)
    expect(machine.nextTimeout()).toBeUndefined()
  })

  it('is asked about again where the peer was asked before it was given up', () => {
    const machine = connector({ reconciling: true })
    const ids = [100n, 101n].map((amount) => send(machine, prepare({ amount })))
    handle(machine, { kind: 'down', account: 'bob' })
    for (const id of ids) handle(machine, { kind: 'failed', id, failure: 'lost' })
    const { id, questions } = questionOf(handle(machine, up('bob'), NOW + 8999))
    expect(questions.map(({ isGivenUp }) => isGivenUp)).toEqual([false, false])
    const outputs = handle(machine, reply(id, { kind: 'void' }, fulfilled), NOW + 9000)
    expect(outputs).not.toContainEqual(expect.objectContaining({ event: 'connector.disputed' }))
    const again = questionOf([...outputs, ...handle(machine, { kind: 'timeout' }, NOW + 9300)])
    expect(again.questions).toMatchObject([{ amount: 101n, isGivenUp: true }])
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
