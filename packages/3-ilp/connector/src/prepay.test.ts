import { type Address, decodeAmountTooLarge, encodeReject } from '@hourglass/ilp'
import type { StoredRecord } from '@hourglass/journal'
import { describe, expect, it } from 'vitest'
import type { Connector } from './connector.ts'
import type { ConnectorOutput } from './messages.ts'
import {
  NOTHING,
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
  step,
} from './testing/one-connector.ts'

const WINDOW = 1000n
const bob = account('bob', { balanceMax: WINDOW, prepay: WINDOW })
const accounts = [account('alice', { balanceMax: 100_000n }), bob]

/** A connector that pays bob ahead; bob has had the first window. */
function prepaying(): Connector {
  const machine = connector({ accounts })
  sent(machine, WINDOW)
  return machine
}

/** Bob has had that much in all. */
function sent(machine: Connector, total: bigint): ConnectorOutput[] {
  return handle(machine, { kind: 'sent', account: 'bob', total, reference: `claim ${total}` })
}

function fulfill(machine: Connector, amount: bigint, id: number): ConnectorOutput[] {
  return handle(machine, {
    kind: 'reply',
    id: send(machine, prepare({ amount }), id),
    body: fulfillBody,
  })
}

describe('connector: paying ahead', () => {
  it('pays the whole window as soon as the peer is there: RISK-11, PCS-13', () => {
    const machine = connector({ accounts, links: 'down' })
    const outputs = handle(machine, { kind: 'up', account: 'bob' })
    expect(outputs).toContainEqual({ kind: 'settle', account: 'bob', total: WINDOW })
    expect(balances(machine)['bob']).toBe(WINDOW)
  })

  it('sends nothing against money that is on its way: T04 that says why, and no number (PCS-08)', () => {
    const machine = connector({ accounts })
    const { code, message, data } = rejectOf(handle(machine, ask(prepare({ amount: 1n }))))
    expect([code, message, data.length]).toEqual(['T04', 'prepaid money is used up for now', 0])
    sent(machine, 1n)
    expect(handle(machine, ask(prepare({ amount: 1n })))[0]?.kind).toBe('request')
  })

  it('pays again when half of the window is used, once, and never more than the window: RISK-12, HTLA-05', () => {
    const machine = prepaying()
    expect(fulfill(machine, 499n, 1).some(({ kind }) => kind === 'settle')).toBe(false)
    expect(fulfill(machine, 1n, 2)).toContainEqual({ kind: 'settle', account: 'bob', total: 1500n })
    expect(balances(machine)['bob']).toBe(WINDOW)
    // What was ordered counts, so the next packets order nothing, though the peer has not had it.
    expect(fulfill(machine, 499n, 3).some(({ kind }) => kind === 'settle')).toBe(false)
    expect(rejectOf(handle(machine, ask(prepare({ amount: 2n }), 4))).code).toBe('T04')
    sent(machine, 1500n)
    expect(handle(machine, ask(prepare({ amount: 2n }), 5))[0]?.kind).toBe('request')
  })

  it('holds what is under way, and has it back when a packet is rejected or not sent', () => {
    const machine = prepaying()
    const [first, second] = [1, 2].map((id) => send(machine, prepare({ amount: 500n }), id))
    expect(rejectOf(handle(machine, ask(prepare({ amount: 1n }), 3))).code).toBe('T04')
    const reject = encodeReject({ code: 'F99', triggeredBy: '', message: '', data: NOTHING })
    handle(machine, { kind: 'reply', id: first!, body: reject })
    handle(machine, { kind: 'failed', id: second!, failure: 'down' })
    expect([4, 5].map((id) => send(machine, prepare({ amount: 500n }), id))).toHaveLength(2)
  })

  it('says how large a packet may be: half of the window is there whatever went before (ILP-24)', () => {
    const reject = rejectOf(handle(prepaying(), ask(prepare({ amount: 501n }))))
    expect(reject.code).toBe('F08')
    expect(decodeAmountTooLarge(reject.data)).toEqual({ receivedAmount: 501n, maximumAmount: 500n })
    expect(handle(prepaying(), ask(prepare({ amount: 500n })))[0]?.kind).toBe('request')
  })

  it('orders no more after a restart, and says the same total again', () => {
    const machine = connector({ accounts, links: 'down' })
    const commit = step(machine, { kind: 'up', account: 'bob' }).find(({ kind }) => kind === 'commit')
    const restarted = connector({ accounts, links: 'down' })
    restarted.restore((commit as unknown as { records: StoredRecord[] }).records)
    const outputs = [...drain(restarted), ...handle(restarted, { kind: 'up', account: 'bob' })]
    const settles = outputs.filter(({ kind }) => kind === 'settle')
    expect(settles).toEqual([{ kind: 'settle', account: 'bob', total: WINDOW }])
  })

  it('works both ways at once: each pays ahead for its own packets, and never for what the other paid', () => {
    const machine = connector({
      accounts,
      routes: [
        { prefix: 'test.bob', account: 'bob' },
        { prefix: 'test.alice', account: 'alice' },
      ],
    })
    sent(machine, WINDOW)
    const received = { kind: 'received', account: 'bob', total: WINDOW, reference: 'claim' } as const
    expect(handle(machine, received).some(({ kind }) => kind === 'settle')).toBe(false)
    expect(balances(machine)['bob']).toBe(0n)
    const fromBob = prepare({ destination: 'test.alice' as Address, amount: 400n })
    handle(machine, { kind: 'reply', id: send(machine, fromBob, 1, 'bob'), body: fulfillBody })
    expect(balances(machine)['bob']).toBe(400n)
    expect(fulfill(machine, 500n, 2)).toContainEqual({ kind: 'settle', account: 'bob', total: 1500n })
    expect(balances(machine)['bob']).toBe(400n)
  })

  it('leaves room for what the peer owes already, and goes on when the peer has paid: RISK-11', () => {
    const routes = [{ prefix: 'test.alice', account: 'alice' }]
    const machine = connector({ accounts, routes, links: 'down' })
    handle(machine, { kind: 'up', account: 'alice' })
    const fromBob = prepare({ destination: 'test.alice' as Address, amount: 600n })
    const id = send(machine, fromBob, 1, 'bob')
    const ordered = { kind: 'settle', account: 'bob', total: 400n }
    expect(handle(machine, { kind: 'reply', id, body: fulfillBody })).toContainEqual(ordered)
    const received = { kind: 'received', account: 'bob', total: 600n, reference: 'claim' } as const
    expect(handle(machine, received)).toContainEqual({ ...ordered, total: WINDOW })
    expect(balances(machine)['bob']).toBe(WINDOW)
  })

  it('is not sent back by a peer that settles what it owes: PCS-11, PCS-13', () => {
    const settling = { settleThreshold: 100n }
    const machine = connector({
      accounts: [account('alice', { balanceMax: 0n, ...settling }), account('bob', settling)],
      routes: [
        { prefix: 'test.bob', account: 'bob' },
        { prefix: 'test.alice', account: 'alice' },
      ],
    })
    const paid = handle(machine, { kind: 'received', account: 'alice', total: WINDOW, reference: 'claim' })
    expect(paid.some(({ kind }) => kind === 'settle')).toBe(false)
    const toAlice = prepare({ destination: 'test.alice' as Address, amount: 150n })
    const settled = handle(machine, {
      kind: 'reply',
      id: send(machine, toAlice, 1, 'bob'),
      body: fulfillBody,
    })
    expect(settled).toContainEqual({ kind: 'settle', account: 'alice', total: 150n })
    expect(balances(machine)['alice']).toBe(-WINDOW)
  })

  it.each([
    ['a window without halves', { prepay: 1n }, /at least 2/],
    ['more than the peer may owe', { prepay: 1001n }, /what the peer may owe/],
    ['a threshold', { prepay: 10n, settleThreshold: 10n }, /takes the place/],
    ['a rest', { prepay: 10n, settleTo: 0n }, /takes the place/],
    ['a limit of what we owe', { prepay: 10n, payableMax: 10n }, /takes the place/],
  ])('refuses limits that contradict each other: PCS-15, %s', (_, limits, message) => {
    expect(() => connector({ accounts: [account('bob', limits)] })).toThrow(message)
  })
})

describe('connector: settling each packet', () => {
  it('has a threshold of 1: what is fulfilled is settled at once, to the unit (RISK-12)', () => {
    const machine = connector({ accounts: [account('alice'), account('bob', { settleThreshold: 1n })] })
    expect(fulfill(machine, 7n, 1)).toContainEqual({ kind: 'settle', account: 'bob', total: 7n })
    expect(fulfill(machine, 1n, 2)).toContainEqual({ kind: 'settle', account: 'bob', total: 8n })
    expect(balances(machine)['bob']).toBe(0n)
  })
})
