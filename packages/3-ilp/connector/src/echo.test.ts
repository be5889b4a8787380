import { type Address, decodeFulfill, decodePrepare } from '@hourglass/ilp'
import { Writer, encodeUtf8 } from '@hourglass/oer'
import { describe, expect, it } from 'vitest'
import type { AccountOptions } from './account.ts'
import type { Connector } from './connector.ts'
import {
  NOW,
  account,
  ask,
  balances,
  connector,
  fulfillBody,
  handle,
  prepare,
  rejectOf,
} from './testing/one-connector.ts'

const PREFIX = encodeUtf8('ECHOECHOECHOECHO')
const routes = ['test.bob', 'test.alice'].map((prefix) => ({ prefix, account: prefix.slice(5) }))

function echoing(options: Partial<AccountOptions> = {}): Connector {
  const echo = { perMinute: 10, amountMax: 100n }
  return connector({ accounts: [account('alice', { echo, ...options }), account('bob')], routes })
}

/** An echo request to the node. */
function request(to: string, type = 0): Parameters<typeof prepare>[0] {
  const data = new Writer().bytes(PREFIX).uint8(type).text(to).finish()
  return { destination: 'test.node' as Address, data }
}

describe('an echo', () => {
  it('sends a Prepare of its own back, and its answer is the answer: ECHO-01 … 03', () => {
    const machine = echoing()
    const [sent] = handle(machine, ask(prepare(request('test.alice.home')), 7))
    if (sent?.kind !== 'request') throw new Error('nothing was sent')
    expect(sent.account).toBe('alice')
    expect(decodePrepare(sent.body)).toEqual({
      ...prepare(),
      destination: 'test.alice.home',
      expiresAt: prepare().expiresAt - 1000,
      data: Uint8Array.of(...PREFIX, 1),
    })
    expect(handle(machine, { kind: 'reply', id: sent.id, body: fulfillBody })).toEqual([
      { kind: 'reply', account: 'alice', id: 7, body: fulfillBody },
    ])
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
  })

  it('goes wherever it is told, within the rules of the account that asked: ECHO-04', () => {
    const elsewhere = ask(prepare(request('test.bob.x')))
    expect(handle(echoing(), elsewhere)).toMatchObject([{ kind: 'request', account: 'bob' }])
    for (const [options, packet, code] of [
      [{}, { expiresAt: NOW + 1999 }, 'R02'],
      [{ balanceMax: 99n }, {}, 'T04'],
      [{ destinations: { deny: ['test.bob'] } }, {}, 'F02'],
      [{ packetRate: { perMinute: 1, burst: 0 } }, {}, 'T05'],
    ] as const) {
      const answer = handle(echoing(options), ask(prepare({ ...request('test.bob.x'), ...packet })))
      expect(rejectOf(answer).code).toBe(code)
    }
  })

  it.each([
    ['data of another kind', encodeUtf8('hello, is anybody out there?')],
    ['too little data: ECHO-05', PREFIX],
    ['an unknown type', request('test.alice', 2)!.data!],
    ['no address', request('no address')!.data!],
    ['our own address: ECHO-09', request('test.node')!.data!],
    ['an address of the link: ECHO-09', request('peer.config')!.data!],
  ])('is refused with F01 for %s', (_, data) => {
    expect(
      rejectOf(handle(echoing(), ask(prepare({ destination: 'test.node' as Address, data })))).code,
    ).toBe('F01')
  })

  it('is off unless switched on, and has an end by number and amount: ECHO-07, ECHO-08, SEC-42', () => {
    const asked = ask(prepare(request('test.bob')))
    expect(rejectOf(handle(echoing({ echo: undefined }), asked)).code).toBe('F02')
    const machine = echoing({ echo: { perMinute: 1, amountMax: 100n } })
    expect(rejectOf(handle(machine, ask(prepare({ ...request('test.bob'), amount: 101n })))).code).toBe('T05')
    expect(handle(machine, asked)).toMatchObject([{ kind: 'request' }])
    expect(rejectOf(handle(machine, asked)).code).toBe('T05')
    const nothing = ask(prepare({ destination: 'test.node' as Address, data: new Uint8Array(0) }))
    expect(rejectOf(handle(machine, nothing)).code).toBe('F02')
  })
})

describe('a ping', () => {
  it('is answered with what everybody knows, its data and no money: ECHO-10', () => {
    const machine = echoing()
    const ping = {
      destination: 'test.node' as Address,
      executionCondition: new Uint8Array(
        Buffer.from('8c00bc0c614f64f7e1e00b59a57baf5c57b6a119a90d54af489836a13f9bc77e', 'hex'),
      ),
    }
    const [reply] = handle(machine, ask(prepare(ping)))
    expect(decodeFulfill((reply as { body: Uint8Array }).body)).toEqual({
      fulfillment: encodeUtf8('pingpingpingpingpingpingpingping'),
      data: prepare().data,
    })
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
  })
})
