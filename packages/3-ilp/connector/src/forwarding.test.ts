import {
  type Address,
  ErrorCode,
  decodePrepare,
  encodeAmountTooLarge,
  encodeFulfill,
  encodePrepare,
  encodeReject,
} from '@hourglass/ilp'
import type { CommitOutput } from '@hourglass/journal'
import { describe, expect, it } from 'vitest'
import type { ConnectorOutput } from './messages.ts'
import {
  NOW,
  NOTHING,
  eth,
  account,
  connector,
  handle,
  prepare,
  ask,
  fulfillBody,
  rejectOf,
  balances,
  send,
  step,
} from './testing/one-connector.ts'

describe('connector: a packet that is fulfilled', () => {
  it('goes on with amount and expiry changed and nothing else: ILP-18, ILP-26, CONN-14, HTLA-01', () => {
    const [request] = handle(connector(), ask(prepare()))
    if (request?.kind !== 'request') throw new Error('no request')
    expect(request.account).toBe('bob')
    expect(decodePrepare(request.body)).toEqual(prepare({ expiresAt: NOW + 9000 }))
    expect(request.deadline).toBe(NOW + 9000)
  })

  it('shows the fulfillment only when both accounts are durable: HTLA-02', () => {
    const machine = connector()
    const id = send(machine, prepare(), 42)
    const [commit, ...early] = step(machine, { kind: 'reply', id, body: fulfillBody })
    if (commit?.kind !== 'commit') throw new Error('no commit')
    expect(early).toEqual([])
    expect(commit.records.map(({ key }) => key)).toEqual([
      'account/alice',
      'asset/USD/6',
      'account/bob',
      'hold/000000000000002',
    ])
    const revealed = handle(machine, { kind: 'committed', id: commit.id })
    expect(revealed).toEqual([{ kind: 'reply', account: 'alice', id: 42, body: fulfillBody }])
    expect(balances(machine)).toEqual({ alice: 100n, bob: -100n })
  })

  it('goes on only when its hold is durable', () => {
    const machine = connector()
    const [commit, ...early] = step(machine, ask(prepare()))
    if (commit?.kind !== 'commit') throw new Error('no commit')
    expect(early).toEqual([])
    expect(commit.records.map(({ key }) => key)).toContain('hold/000000000000001')
    const sent = step(machine, { kind: 'committed', id: commit.id })
    expect(sent).toMatchObject([{ kind: 'request', account: 'bob' }])
  })

  it('has a second less to live than it came with, and 30 s at most: CONN-15, RISK-13, PCS-19', () => {
    for (const [lifetimeMs, outgoingMs] of [
      [10_000, 9000],
      [60_000, 30_000],
    ] as const) {
      const [request] = handle(connector(), ask(prepare({ expiresAt: NOW + lifetimeMs })))
      expect(request).toMatchObject({ kind: 'request', deadline: NOW + outgoingMs })
    }
  })

  it('is known until its expiry: CONN-02', () => {
    const machine = connector()
    const id = send(machine, prepare(), 42)
    const [reply] = handle(machine, { kind: 'reply', id, body: fulfillBody }, NOW + 8999)
    expect(reply).toEqual({ kind: 'reply', account: 'alice', id: 42, body: fulfillBody })
  })

  it('is answered to whom it came from, however alike packets are: CONN-01, ILP-20', () => {
    const machine = connector({ accounts: [account('alice'), account('bob'), account('carol')] })
    const asked = [
      ['alice', 5],
      ['carol', 5],
      ['alice', 6],
    ] as const
    const requests = asked.map(([from, id]) => ({ from, id, request: send(machine, prepare(), id, from) }))
    for (const { from, id, request } of requests.reverse()) {
      const outputs = handle(machine, { kind: 'reply', id: request, body: fulfillBody })
      expect(outputs).toEqual([{ kind: 'reply', account: from, id, body: fulfillBody }])
    }
    expect(balances(machine)).toEqual({ alice: 200n, bob: -300n, carol: 100n })
  })

  it('shares one commit with all that came until its records were taken', () => {
    const machine = connector()
    const requests = [1, 2, 3, 4].map((id) => send(machine, prepare(), id))
    const fulfill = (id: number): ConnectorOutput[] => step(machine, { kind: 'reply', id, body: fulfillBody })
    const [first] = requests.slice(0, 2).flatMap(fulfill) as CommitOutput[]
    const { id, records } = first!
    expect(requests.slice(2).flatMap(fulfill)).toEqual([])
    expect(first!.records).toBe(records)
    const outputs = step(machine, { kind: 'committed', id })
    expect(outputs.map(({ kind }) => kind)).toEqual(['reply', 'reply', 'commit'])
    const rest = step(machine, { kind: 'committed', id: (outputs[2] as CommitOutput).id })
    expect(rest.map((output) => (output as { id: number }).id)).toEqual([3, 4])
  })

  it('is converted at the exact rate, rounded down: ILP-21, ILP-22', () => {
    const machine = connector({ accounts: [account('alice'), account('bob', { asset: eth })] })
    const [request] = handle(machine, ask(prepare({ amount: 10n })))
    // 10 µUSD = 10/3000 µETH = 3.33 nETH
    expect(decodePrepare((request as { body: Uint8Array }).body).amount).toBe(3n)
  })

  it('does not carry on what trailed the packet: ILP-05, ILP-06', () => {
    const machine = connector()
    const [request] = handle(machine, ask(Uint8Array.of(...encodePrepare(prepare()), 1, 2)))
    if (request?.kind !== 'request') throw new Error('no request')
    expect(request.body).toHaveLength(encodePrepare(prepare()).length)
    const body = Uint8Array.of(...fulfillBody, 1)
    const revealed = handle(machine, { kind: 'reply', id: request.id, body })
    expect((revealed[0] as { body: Uint8Array }).body).toEqual(fulfillBody)
  })

  it('moves no balance when it carries no money: PCS-20, ILP-25', () => {
    const machine = connector({ accounts: [account('alice', { balanceMax: 0n }), account('bob')] })
    const id = send(machine, prepare({ amount: 0n }))
    expect(handle(machine, { kind: 'reply', id, body: fulfillBody }).map(({ kind }) => kind)).toEqual([
      'reply',
    ])
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
  })
})

describe('connector: a packet that is not fulfilled', () => {
  it('gives its money back, and the Reject goes through byte for byte: ILP-19, PCS-02, HTLA-02', () => {
    const machine = connector()
    const body = encodeReject({
      code: 'F99',
      triggeredBy: 'test.bob' as Address,
      message: 'ü',
      data: Uint8Array.of(5),
    })
    const id = send(machine, prepare(), 7)
    expect(handle(machine, { kind: 'reply', id, body })).toEqual([
      { kind: 'reply', account: 'alice', id: 7, body },
    ])
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
    expect([...machine.accounts()].map((a) => a.heldIncoming + a.heldOutgoing)).toEqual([0n, 0n])
  })

  it('gets the F08 of the next peer as it is, with amounts in units of that peer: CONN-24', () => {
    const machine = connector({ accounts: [account('alice'), account('bob', { asset: eth })] })
    const id = send(machine, prepare({ amount: 300n }), 7)
    const data = encodeAmountTooLarge({ receivedAmount: 100n, maximumAmount: 50n })
    const body = encodeReject({ code: 'F08', triggeredBy: 'test.bob' as Address, message: '', data })
    const outputs = handle(machine, { kind: 'reply', id, body })
    expect(outputs).toEqual([{ kind: 'reply', account: 'alice', id: 7, body }])
  })

  it('is F05 where the fulfillment does not fit, and the peer is not paid: ILP-29, ILP-32, RISK-15, SEC-01', () => {
    const machine = connector()
    const id = send(machine, prepare())
    const body = encodeFulfill({ fulfillment: new Uint8Array(32), data: NOTHING })
    const outputs = handle(machine, { kind: 'reply', id, body })
    expect(outputs[0]).toMatchObject({ kind: 'trace', event: 'connector.wrong-fulfillment' })
    expect(rejectOf(outputs.slice(1)).code).toBe(ErrorCode.F05_WRONG_CONDITION)
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
  })

  it('is R00 where the fulfillment comes by our clock at its expiry or later: ILP-30, PCS-17, HTLA-14', () => {
    const machine = connector()
    const id = send(machine, prepare())
    const outputs = handle(machine, { kind: 'reply', id, body: fulfillBody }, NOW + 9000)
    expect(outputs[0]).toMatchObject({ kind: 'trace', event: 'connector.late-fulfillment' })
    expect(rejectOf(outputs.slice(1)).code).toBe(ErrorCode.R00_TRANSFER_TIMED_OUT)
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
  })

  it.each([
    ['lost', 'before the expiry', NOW, ErrorCode.T01_PEER_UNREACHABLE],
    ['lost', 'at the expiry', NOW + 9000, ErrorCode.R00_TRANSFER_TIMED_OUT],
    ['down', 'before the expiry', NOW, ErrorCode.T01_PEER_UNREACHABLE],
    ['refused', 'before the expiry', NOW, ErrorCode.F00_BAD_REQUEST],
    ['broken', 'before the expiry', NOW, ErrorCode.T00_INTERNAL_ERROR],
    ['broken', 'at the expiry', NOW + 9000, ErrorCode.R00_TRANSFER_TIMED_OUT],
    ['full', 'before the expiry', NOW, ErrorCode.T02_PEER_BUSY],
  ] as const)(
    'is answered at once when the link says %s %s: ILP-31, ILP-48, ILP-64, CONN-18, HTTP-28, HTTP-29, HTTP-31',
    (failure, _, now, code) => {
      const machine = connector()
      const id = send(machine, prepare())
      const reject = rejectOf(handle(machine, { kind: 'failed', id, failure }, now))
      expect(reject).toMatchObject({ code, triggeredBy: 'test.node' })
      expect([...machine.accounts()].map((a) => a.heldIncoming + a.heldOutgoing)).toEqual([0n, 0n])
    },
  )

  it('is decided by its first answer alone: ILP-33', () => {
    const machine = connector()
    const id = send(machine, prepare())
    handle(machine, { kind: 'failed', id, failure: 'lost' })
    expect(handle(machine, { kind: 'reply', id, body: fulfillBody })).toEqual([])
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
  })

  it('is T00 where the reply is no packet: ILP-63', () => {
    const machine = connector()
    const id = send(machine, prepare())
    const outputs = handle(machine, { kind: 'reply', id, body: Uint8Array.of(13, 2, 1) })
    expect(rejectOf(outputs.slice(1)).code).toBe(ErrorCode.T00_INTERNAL_ERROR)
  })
})
