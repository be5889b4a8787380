/** A store that fails: nothing is promised that cannot be kept. */
import type { Answer } from '@hourglass/books'
import { decodePrepare, encodeFulfill } from '@hourglass/ilp'
import { describe, expect, it } from 'vitest'
import type { ConnectorInput } from './messages.ts'
import {
  CONDITION,
  NOTHING,
  NOW,
  ask,
  balances,
  connector,
  fulfillBody,
  handle,
  prepare,
  rejectOf,
  send,
  step,
} from './testing/one-connector.ts'
import { asked, fulfilled, held } from './testing/recovery.ts'

const wrongFulfillBody = encodeFulfill({ fulfillment: CONDITION, data: NOTHING })

describe('connector: a Reject of a packet whose outcome the next peer may see otherwise', () => {
  it.each<[string, ConnectorInput, number]>([
    ['was cut off', { kind: 'failed', id: 1, failure: 'lost' }, NOW],
    ['did not answer in time', { kind: 'failed', id: 1, failure: 'lost' }, NOW + 9000],
    ['answered too late', { kind: 'reply', id: 1, body: fulfillBody }, NOW + 9000],
    ['answered garbage', { kind: 'reply', id: 1, body: NOTHING }, NOW],
    ['answered with what does not fit', { kind: 'reply', id: 1, body: wrongFulfillBody }, NOW],
  ])('waits until its own record is durable: the peer %s', (_, input, now) => {
    for (const reconciling of [false, now > NOW]) {
      const machine = connector({ reconciling })
      const outputs = step(machine, { ...input, id: send(machine) } as ConnectorInput, now)
      expect(outputs.filter(({ kind }) => kind === 'reply')).toEqual([])
      const commit = outputs.find(({ kind }) => kind === 'commit') as { id: number }
      const after = step(machine, { kind: 'committed', id: commit.id }, now)
      expect(rejectOf(after.filter(({ kind }) => kind === 'reply')).code).toMatch(/^[TRF]0/)
    }
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

  it('answers at its expiry what it could not send on, and never sends it: ILP-31', () => {
    const machine = connector()
    const [commit] = step(machine, ask(prepare()))
    step(machine, { kind: 'store', isWorking: false })
    expect(machine.nextTimeout()).toBe(NOW + 9000)
    const outputs = step(machine, { kind: 'timeout' }, NOW + 9000)
    expect(rejectOf(outputs).code).toBe('R00')
    step(machine, { kind: 'store', isWorking: true }, NOW + 9001)
    const after = handle(machine, { kind: 'committed', id: (commit as { id: number }).id }, NOW + 9001)
    expect(after.filter(({ kind }) => kind === 'request')).toEqual([])
    expect(held(machine)).toEqual([0n, 0n, 0n, 0n])
  })

  it('keeps what became of packets for peers that had no answer meanwhile, a minute longer', () => {
    const machine = connector()
    handle(machine, { kind: 'reply', id: send(machine), body: fulfillBody })
    handle(machine, { kind: 'store', isWorking: false }, NOW + 1000)
    handle(machine, { kind: 'store', isWorking: true }, NOW + 120_000)
    const learned = (seconds: number): Answer[] => {
      const now = NOW + seconds * 1000
      handle(machine, { kind: 'received', account: 'bob', reference: 'x', total: BigInt(seconds) }, now)
      return asked(machine, {}, now)
    }
    expect(learned(179)).toEqual([fulfilled])
    expect(learned(240)).toEqual([{ kind: 'pending' }])
  })

  it('answers what needs no records, so that peers know it lives', () => {
    const machine = connector()
    handle(machine, { kind: 'store', isWorking: false })
    const input = { kind: 'request', account: 'alice', id: 5, protocol: 'balance', body: NOTHING } as const
    expect(handle(machine, input)).toMatchObject([{ kind: 'reply', id: 5 }])
  })
})
