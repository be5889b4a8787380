import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Node, type NodeInput } from '@hourglass/connector'
import { afterAll, describe, expect, it } from 'vitest'
import { type Config, type ConfigInput, configOf } from './config.ts'
import { buildLink } from './links.ts'
import { LiveConfig } from './live.ts'
import { nodeOptions } from './node-options.ts'

const directory = mkdtempSync(join(tmpdir(), 'hourglass-live-'))

afterAll(() => rmSync(directory, { recursive: true }))

type AccountInput = ConfigInput['accounts'][number]

function account(id: string, more: Partial<AccountInput> = {}): AccountInput {
  const asset = { code: 'USD', scale: 6 }
  return {
    id,
    relation: 'child',
    asset,
    link: { kind: 'btp-server', token: `${id}-hush` },
    balance: { max: '100' },
    ...more,
  }
}

const ledgers = { chain: { kind: 'evm', rpcUrl: 'http://localhost:1', privateKey: 'x' } } as const
const settlement = { kind: 'channel', ledger: 'chain', deposit: '9' } as const
const base: ConfigInput = {
  address: 'test.node',
  data: 'data',
  listen: { port: 0 },
  ledgers,
  accounts: [account('alice'), account('bob'), account('settled', { settlement })],
  routes: [{ prefix: 'test.bob', account: 'bob' }],
}

/** A node with the base config, and what its change came to. */
function running(): { node: Node; live: LiveConfig; followed: Config[] } {
  const config = configOf(base, 'base', directory)
  const stacks = config.accounts.map((each) => ({ id: each.id, link: buildLink(each) }))
  const node = new Node({ ...nodeOptions(config), stacks })
  const followed: Config[] = []
  const live = new LiveConfig(config, {
    node,
    push: (input: NodeInput) => node.handle(input, 0),
    buildStacks: (accounts) =>
      Promise.resolve(accounts.map((each) => ({ id: each.id, link: buildLink(each) }))),
    follow: (changed) => followed.push(changed),
  })
  return { node, live, followed }
}

const states = (node: Node): string[] =>
  Array.from(node.connector.accounts(), ({ id, state, balanceMax }) => `${id} ${state} ${balanceMax}`)

describe('another config for a node that runs', () => {
  const settled = account('settled', { settlement })
  const changed: ConfigInput = {
    ...base,
    accounts: [
      account('alice', { balance: { max: '200' }, rules: { packetRate: { perMinute: 5 } } }),
      account('carol'),
      settled,
    ],
    routes: [{ prefix: 'test.carol', account: 'carol' }],
    rates: [{ from: 'USD', to: 'EUR', rate: '0.9' }],
    spread: '0.01',
  }

  it('is planned, in lines that say all of it, and nothing is done', () => {
    const { node, live, followed } = running()
    expect(live.plan({ config: changed, directory })).toEqual({
      changes: [
        '- account bob',
        '~ account alice: balance.max 100 → 200',
        '~ account alice: rules.packetRate.perMinute none → 5',
        '+ account carol: child, USD/6',
        '- route prefix test.bob, account bob, weight 1',
        '+ route prefix test.carol, account carol, weight 1',
        '+ rate from USD, to EUR, rate 9/10',
        '~ spread none → 1/100',
      ],
      problems: [],
    })
    expect(states(node)).toEqual(['alice open 100', 'bob open 100', 'settled open 100'])
    expect(followed).toEqual([])
  })

  it('is applied as it was planned, and is the one to compare with from then on', async () => {
    const { node, live, followed } = running()
    const plan = live.plan({ config: changed, directory })
    expect(await live.apply({ config: changed, directory })).toEqual(plan)
    expect(states(node)).toEqual(['alice open 200', 'bob retired 100', 'settled open 100', 'carol open 100'])
    expect(followed).toHaveLength(1)
    expect(await live.apply({ config: changed, directory })).toEqual({ changes: [], problems: [] })
    expect(followed).toHaveLength(1)
    const back = live.plan({ config: base, directory })
    expect(back.problems).toEqual([])
    expect(back.changes).toContain('~ account alice: balance.max 200 → 100')
  })

  it('shows no secret, and takes another token for who connects to us', async () => {
    const { live } = running()
    const secret = account('alice', { link: { kind: 'btp-server', token: 'another-hush' } })
    const config = { ...base, accounts: [secret, ...base.accounts.slice(1)] }
    const plan = await live.apply({ config, directory })
    expect(plan).toEqual({ changes: ['~ account alice: link.token is another secret'], problems: [] })
  })

  it.each<[string, Partial<ConfigInput>, string]>([
    ['what is no config', { accounts: [] }, 'accounts: there is none'],
    ['what takes a restart', { address: 'test.other' }, 'address: takes a restart'],
    ['another place for records', { data: 'elsewhere' }, 'data: takes a restart'],
    [
      'the end of an account that settles',
      { accounts: [account('alice'), account('bob')] },
      'account settled: one that settles is removed at a restart, once it has ended',
    ],
    [
      'another way to settle',
      { accounts: [account('alice'), account('bob'), account('settled')] },
      'account settled: settlement takes a restart',
    ],
    [
      'another link',
      {
        accounts: [
          account('alice', { link: { kind: 'btp-client', url: 'btp+ws://a@b:1', token: 'x' } }),
          account('bob'),
          settled,
        ],
      },
      'account alice: another link takes a restart',
    ],
    [
      'another asset',
      { accounts: [account('alice', { asset: { code: 'EUR', scale: 6 } }), account('bob'), settled] },
      'account alice is kept in USD/6',
    ],
    [
      'a secret that is not there',
      {
        accounts: [
          ...base.accounts,
          account('dora', { link: { kind: 'btp-server', token: { env: 'HOURGLASS_NO_SECRET' } } }),
        ],
      },
      'account dora, link.token: set the environment variable HOURGLASS_NO_SECRET',
    ],
  ])('is refused as a whole for %s', async (_, wrong, problem) => {
    const { node, live, followed } = running()
    const config = { ...base, ...wrong }
    const plan = live.plan({ config, directory })
    expect(
      plan.problems.some((each) => each.includes(problem)),
      plan.problems.join(),
    ).toBe(true)
    expect(await live.apply({ config, directory })).toEqual(plan)
    expect(states(node)).toEqual(['alice open 100', 'bob open 100', 'settled open 100'])
    expect(followed).toEqual([])
  })
})
