import { type Address, encodeReject } from '@hourglass/ilp'
import type { StoredRecord } from '@hourglass/journal'
import { describe, expect, it } from 'vitest'
import {
  NOTHING,
  account,
  connector,
  drain,
  handle,
  prepare,
  ask,
  fulfillBody,
  rejectOf,
  balances,
  send,
  step,
} from './testing/one-connector.ts'

describe('connector: settlement', () => {
  const bob = account('bob', { settleThreshold: 100n, settleTo: 10n })

  it('orders what is due at the threshold, once, after the commit: PCS-09 … PCS-12, X-PCS', () => {
    const machine = connector({ accounts: [account('alice'), bob] })
    const [first, second] = [1, 2].map((id) => send(machine, prepare({ amount: 60n }), id))
    handle(machine, { kind: 'reply', id: first!, body: fulfillBody })
    const outputs = step(machine, { kind: 'reply', id: second!, body: fulfillBody })
    const commit = outputs.find(({ kind }) => kind === 'commit')
    expect(outputs.some(({ kind }) => kind === 'settle')).toBe(false)
    const revealed = step(machine, { kind: 'committed', id: (commit as { id: number }).id })
    expect(revealed.filter(({ kind }) => kind === 'settle')).toEqual([
      { kind: 'settle', account: 'bob', total: 110n },
    ])
    expect(balances(machine)['bob']).toBe(-10n)
  })

  it('leaves room for packets under way that were let in because we owed so much', () => {
    const machine = connector({
      accounts: [account('alice', { balanceMax: 150n, settleThreshold: 100n }), account('bob')],
      routes: [
        { prefix: 'test.bob', account: 'bob' },
        { prefix: 'test.alice', account: 'alice' },
      ],
    })
    const toAlice = { destination: 'test.alice' as Address }
    handle(machine, {
      kind: 'reply',
      id: send(machine, prepare({ ...toAlice, amount: 90n }), 1, 'bob'),
      body: fulfillBody,
    })
    const underWay = send(machine, prepare({ amount: 230n }), 2)
    const due = handle(machine, {
      kind: 'reply',
      id: send(machine, prepare({ ...toAlice, amount: 20n }), 3, 'bob'),
      body: fulfillBody,
    })
    // 110 are owed, 230 may come of at most 150: 30 can be settled now, the rest when the packet has ended.
    expect(due).toContainEqual({ kind: 'settle', account: 'alice', total: 30n })
    const reject = encodeReject({ code: 'F99', triggeredBy: '', message: '', data: NOTHING })
    expect(balances(machine)['alice']).toBe(-80n)
    handle(machine, { kind: 'reply', id: underWay, body: reject })
    expect(balances(machine)['alice']).toBe(-80n)
  })

  it('orders it again after a restart, as the same total', () => {
    const machine = connector({ accounts: [account('alice'), bob] })
    const id = send(machine, prepare({ amount: 120n }))
    const commit = step(machine, { kind: 'reply', id, body: fulfillBody }).find(
      ({ kind }) => kind === 'commit',
    )
    const restarted = connector({ accounts: [account('alice'), bob] })
    restarted.restore((commit as unknown as { records: StoredRecord[] }).records)
    expect(drain(restarted)).toEqual([{ kind: 'settle', account: 'bob', total: 110n }])
    expect(balances(restarted)).toEqual({ alice: 120n, bob: -10n })
  })

  it('credits what came in once, however often its total is told, also into prefunding: PCS-13', () => {
    const machine = connector()
    for (const total of [70n, 70n, 30n, 100n]) {
      handle(machine, { kind: 'received', account: 'alice', total, reference: `claim ${total}` })
    }
    expect(balances(machine)['alice']).toBe(-100n)
  })

  it('lets only prepaid packets of a peer with maximum 0 pass: PCS-14, HTLA-05', () => {
    const machine = connector({ accounts: [account('alice', { balanceMax: 0n }), account('bob')] })
    expect(rejectOf(handle(machine, ask(prepare({ amount: 1n })))).code).toBe('T04')
    handle(machine, { kind: 'received', account: 'alice', total: 100n, reference: 'claim' })
    expect(handle(machine, ask(prepare()))[0]?.kind).toBe('request')
  })

  it('refuses limits that contradict each other: PCS-15', () => {
    expect(() => connector({ accounts: [account('a', { settleThreshold: 10n, settleTo: 10n })] })).toThrow(
      /settleTo/,
    )
    expect(() => connector({ accounts: [account('a', { settleThreshold: 10n, payableMax: 9n })] })).toThrow(
      /settleThreshold/,
    )
  })
})
