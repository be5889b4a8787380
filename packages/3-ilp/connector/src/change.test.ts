import type { Address } from '@hourglass/ilp'
import { MemoryLink, type MemoryWire } from '@hourglass/link'
import { nodeCrypto } from '@hourglass/sansio/io'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AccountOptions } from './account.ts'
import type { Connector } from './connector.ts'
import { Node, type NodeOutput } from './node.ts'
import type { Settings } from './settings.ts'
import { fulfilled, held, journalled, questionOf, reply, up } from './testing/recovery.ts'
import {
  NOW,
  account,
  ask,
  balances,
  connector,
  eth,
  fulfillBody,
  handle,
  prepare,
  rejectOf,
  send,
  step,
} from './testing/one-connector.ts'

const routes = [{ prefix: 'test.bob', account: 'bob' }]

function settings(accounts: readonly AccountOptions[], more: Partial<Settings> = {}): Settings {
  return {
    accounts,
    routes: routes.filter((route) => accounts.some(({ id }) => id === route.account)),
    rates: [],
    ...more,
  }
}

function change(machine: Connector, to: Settings): ReturnType<typeof handle> {
  return handle(machine, { kind: 'change', settings: to })
}

/** `ok`, or the code of the Reject. */
function fateOf(machine: Connector, from = 'alice', packet: Parameters<typeof prepare>[0] = {}): string {
  const [output] = handle(machine, ask(prepare(packet), 1, from))
  return output?.kind === 'request' ? 'ok' : rejectOf([output!]).code
}

const [alice, bob, carol] = [account('alice'), account('bob'), account('carol')]

describe('a change of settings', () => {
  it('adds accounts, routes and rates, while packets of others are in flight: CONN-40', () => {
    const machine = connector({ rates: [] })
    const id = send(machine)
    const dora = account('dora', { asset: eth })
    const more = { routes: [...routes, { prefix: 'test.dora', account: 'dora' }] }
    const rates = [{ from: 'USD', to: 'ETH', rate: { numerator: 1n, denominator: 1n } }]
    expect(change(machine, settings([alice, bob, dora], { ...more, rates }))).toEqual([])
    expect(fateOf(machine, 'alice', { destination: 'test.dora.x' as Address })).toBe('T01')
    handle(machine, up('dora'))
    expect(fateOf(machine, 'alice', { destination: 'test.dora.x' as Address })).toBe('ok')
    handle(machine, { kind: 'reply', id, body: fulfillBody })
    expect(balances(machine)).toEqual({ alice: 100n, bob: -100n, dora: 0n })
  })

  it('counts from the next packet on, for limits, rules and spreads', () => {
    const machine = connector()
    expect(fateOf(machine)).toBe('ok')
    change(machine, settings([{ ...alice, balanceMax: 150n }, bob]))
    expect(fateOf(machine)).toBe('T04')
    change(machine, settings([{ ...alice, packetRate: { perMinute: 1 } }, bob]))
    expect([fateOf(machine), fateOf(machine)]).toEqual(['ok', 'T05'])
    const spreads = [{ from: 'alice', spread: { numerator: 1n, denominator: 2n } }]
    change(machine, settings([alice, { ...bob, packetAmountMax: 50n }], { spreads }))
    expect(fateOf(machine)).toBe('ok')
  })

  it('lets rules remember what they knew, where nothing changes for an account', () => {
    const limited = { ...alice, packetRate: { perMinute: 1 }, refusesDuplicates: true }
    const machine = connector({ accounts: [limited, bob] })
    expect(fateOf(machine)).toBe('ok')
    change(machine, settings([limited, { ...bob, balanceMax: 7n }]))
    expect(fateOf(machine)).toBe('T05')
    change(machine, settings([{ ...limited, packetRate: undefined }, bob]))
    expect(fateOf(machine)).toBe('F00')
  })

  it('settles what is due under the new limits', () => {
    const machine = connector()
    handle(machine, { kind: 'reply', id: send(machine), body: fulfillBody })
    const due = change(machine, settings([alice, { ...bob, settleThreshold: 100n }]))
    expect(due).toContainEqual({ kind: 'settle', account: 'bob', total: 100n })
  })

  it.each<[string, Settings, string]>([
    ['a route to nobody', settings([alice], { routes }), 'route test.bob leads to the unknown account bob'],
    ['two accounts of one name', settings([alice, alice]), 'two accounts are named alice'],
    ['another asset', settings([alice, { ...bob, asset: eth }]), 'account bob is kept in USD/6'],
    [
      'limits that contradict each other',
      settings([{ ...alice, prepay: 1n }]),
      'account alice: prepay must be',
    ],
    [
      'a spread of all',
      settings([alice, bob], { spread: { numerator: 1n, denominator: 1n } }),
      'a spread is below 1',
    ],
  ])('is refused as a whole for %s', (_, wrong, problem) => {
    const machine = connector()
    const worse = { ...wrong, accounts: [...wrong.accounts, carol] }
    expect(machine.problemsIn(worse)[0]).toContain(problem)
    expect(() => change(machine, worse)).toThrow(problem)
    expect([...machine.accounts()].map(({ id }) => id)).toEqual(['alice', 'bob'])
    expect(fateOf(machine)).toBe('ok')
  })

  it('does not take away the parent that gives the address', () => {
    const parent = account('parent', { relation: 'parent' })
    const machine = connector({ address: undefined, accounts: [parent, alice], links: 'down', routes: [] })
    expect(machine.problemsIn(settings([alice]))).toEqual([
      'account parent is the parent that gives this node its address',
    ])
  })
})

describe('an account that is removed', () => {
  it('takes no packets, and none goes to it; with nothing open it is gone at once', () => {
    const machine = connector()
    expect(change(machine, settings([bob]))).toEqual([{ kind: 'left', account: 'alice' }])
    expect(fateOf(machine, 'bob', { destination: 'test.alice' as Address })).toBe('F02')
    expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
  })

  it('has its packets in flight end as ever, and its peer told, before it is gone', () => {
    const machine = connector()
    const id = send(machine)
    expect(change(machine, settings([bob]))).toEqual([])
    expect(rejectOf(handle(machine, ask(prepare(), 2)))).toMatchObject({ code: 'T01' })
    expect(step(machine, { kind: 'reply', id, body: fulfillBody })).toMatchObject([{ kind: 'commit' }])
    expect(step(machine, { kind: 'committed', id: 2 })).toMatchObject([
      { kind: 'reply', account: 'alice', id: 1 },
      { kind: 'left', account: 'alice' },
    ])
    expect(balances(machine)).toEqual({ alice: 100n, bob: -100n })
    expect(held(machine)).toEqual([0n, 0n, 0n, 0n])
  })

  it('is waited for where packets are in flight to it, with money or without', () => {
    const machine = connector()
    const [paid, free] = [send(machine), send(machine, prepare({ amount: 0n }), 2)]
    expect(change(machine, settings([alice]))).toEqual([])
    expect(fateOf(machine)).toBe('F02')
    expect(handle(machine, { kind: 'reply', id: paid, body: fulfillBody })).toHaveLength(1)
    expect(handle(machine, { kind: 'failed', id: free, failure: 'lost' })).toMatchObject([
      { kind: 'reply', account: 'alice' },
      { kind: 'left', account: 'bob' },
    ])
  })

  it('is asked what became of its packets, and is gone once it has said', () => {
    const machine = connector({ reconciling: true })
    const id = send(machine)
    change(machine, settings([alice]))
    handle(machine, { kind: 'down', account: 'bob' })
    handle(machine, { kind: 'failed', id, failure: 'lost' })
    const question = questionOf(handle(machine, up('bob')))
    const outputs = handle(machine, reply(question.id, fulfilled))
    expect(outputs.map(({ kind }) => kind).sort()).toEqual(['left', 'reply', 'trace'])
    expect(machine.nextTimeout()).toBeUndefined()
  })

  it('comes back as it was, whether it had gone or not', () => {
    const machine = connector()
    const id = send(machine)
    change(machine, settings([bob]))
    change(machine, settings([alice, bob]))
    expect(fateOf(machine)).toBe('ok')
    handle(machine, { kind: 'reply', id, body: fulfillBody })
    handle(machine, { kind: 'reply', id: id + 1, body: fulfillBody })
    expect(change(machine, settings([bob]))).toEqual([{ kind: 'left', account: 'alice' }])
    change(machine, settings([{ ...alice, balanceMax: 250n }, bob]))
    handle(machine, up('alice'))
    expect(balances(machine)['alice']).toBe(200n)
    expect(fateOf(machine)).toBe('T04')
  })

  it('keeps its name for its asset', () => {
    const machine = connector()
    change(machine, settings([bob]))
    expect(machine.problemsIn(settings([{ ...alice, asset: eth }, bob]))).toHaveLength(1)
  })

  it('loses no money, whatever is in flight when accounts come and go', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('pay' as const), from: fc.constantFrom('alice', 'bob', 'carol') }),
      fc.record({ kind: fc.constant('answer' as const), pays: fc.boolean() }),
      fc.record({ kind: fc.constant('change' as const), mask: fc.nat(7) }),
    )
    const all = [alice, bob, carol].map((each) => ({ ...each, balanceMax: 10n ** 9n }))
    const all3 = all.map(({ id }) => ({ prefix: `test.${id}`, account: id }))
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const machine = connector({ accounts: all, routes: all3 })
        const open: { id: number; from: string; to: string }[] = []
        const expected: Record<string, bigint> = { alice: 0n, bob: 0n, carol: 0n }
        const answer = (pays: boolean): void => {
          const next = open.shift()
          if (next === undefined) return
          const { id, from, to } = next
          handle(
            machine,
            pays ? { kind: 'reply', id, body: fulfillBody } : { kind: 'failed', id, failure: 'refused' },
          )
          if (!pays) return
          expected[from]! += 100n
          expected[to]! -= 100n
        }
        for (const each of actions) {
          if (each.kind === 'answer') answer(each.pays)
          else if (each.kind === 'change') {
            const staying = all.filter((_, i) => (each.mask & (1 << i)) !== 0)
            const ids = new Set(staying.map(({ id }) => id))
            const kept = all3.filter(({ account: id }) => ids.has(id))
            change(machine, { accounts: staying, routes: kept, rates: [] })
            for (const id of ids) handle(machine, up(id))
          } else {
            const to = { alice: 'bob', bob: 'carol', carol: 'alice' }[each.from]
            const packet = prepare({ destination: `test.${to}` as Address })
            const sent = handle(machine, ask(packet, 1, each.from)).find((o) => o.kind === 'request')
            if (sent?.kind === 'request' && sent.protocol === 'ilp')
              open.push({ id: sent.id, from: each.from, to })
          }
        }
        while (open.length > 0) answer(true)
        expect(balances(machine)).toEqual(expected)
        expect(held(machine).every((amount) => amount === 0n)).toBe(true)
        expect([...machine.accounts()].every(({ state }) => state !== 'leaving')).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe('forwarding', () => {
  it('stops at the operator’s word, at once, and lets what is in flight end: CONN-41, RISK-14', () => {
    const machine = connector()
    const id = send(machine)
    handle(machine, { kind: 'forwarding', isOn: false })
    expect(machine.packetsInFlight).toBe(1)
    expect(fateOf(machine)).toBe('T03')
    expect(handle(machine, { kind: 'reply', id, body: fulfillBody })).toMatchObject([{ kind: 'reply' }])
    expect(machine.packetsInFlight).toBe(0)
    handle(machine, { kind: 'forwarding', isOn: true })
    expect(fateOf(machine)).toBe('ok')
  })
})

describe('a node', () => {
  function drain(node: Node): NodeOutput[] {
    const outputs: NodeOutput[] = []
    for (let output = node.poll(); output !== undefined; output = node.poll()) outputs.push(output)
    return outputs
  }

  it('takes links for new accounts, and drops what comes for accounts that are gone', () => {
    const link = (): { link: MemoryLink } => ({ link: new MemoryLink() })
    const node = new Node({
      address: 'test.node' as Address,
      crypto: nodeCrypto,
      ...settings([alice]),
      stacks: [{ id: 'alice', ...link() }],
    })
    node.handle({ kind: 'change', settings: settings([bob]), stacks: [{ id: 'bob', ...link() }] }, NOW)
    expect(drain(node)).toEqual([{ kind: 'left', account: 'alice' }])
    const opened: MemoryWire = { kind: 'opened' }
    node.handle({ kind: 'wire', account: 'alice', wire: opened }, NOW)
    node.handle({ kind: 'collect', account: 'alice' }, NOW)
    expect(drain(node)).toEqual([])
    node.handle({ kind: 'wire', account: 'bob', wire: opened }, NOW)
    expect(drain(node)).toContainEqual({ kind: 'trace', event: 'link.up', fields: { account: 'bob' } })
  })

  it('starts where the books know of an account that has settled and is gone from the config', () => {
    const first = journalled(connector({ accounts: [alice, { ...bob, settleThreshold: 10n }] }))
    handle(first.machine, { kind: 'reply', id: send(first.machine), body: fulfillBody })
    const records = [...first.records].map(([key, value]) => ({ key, value }))
    const stacks = [{ id: 'alice', link: new MemoryLink() }]
    const node = new Node({
      address: 'test.node' as Address,
      crypto: nodeCrypto,
      ...settings([alice]),
      stacks,
    })
    node.restore(records)
    node.handle({ kind: 'timeout' }, NOW)
    expect(drain(node)).toEqual([])
    expect([...node.connector.accounts()].map(({ id, state, settled }) => [id, state, settled])).toEqual([
      ['alice', 'open', 0n],
      ['bob', 'retired', 100n],
    ])
  })
})
