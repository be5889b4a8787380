import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  ConfigError,
  type ConfigInput,
  checkConfig,
  loadConfig,
  readHttpToken,
  readSecret,
} from './config.ts'

const directory = mkdtempSync(join(tmpdir(), 'hourglass-config-'))

afterAll(() => rmSync(directory, { recursive: true }))

function write(content: string): string {
  const file = join(directory, 'node.yaml')
  writeFileSync(file, content)
  return file
}

/** What the one ConfigError says. */
function messageOf(load: () => unknown): string {
  try {
    load()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).message
  }
  throw new Error('the config was taken')
}

/** The example that people copy. */
function readExample(): string {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  return /```yaml\n(.*?)```/s.exec(readme)![1]!
}

type Mistake = (config: { [name: string]: unknown; accounts: Record<string, unknown>[] }) => void

const link = { kind: 'btp-server', token: 'hush' }

/** What is said of a config that is right but for one mistake. */
function complaint(make: Mistake): string {
  const alice = {
    id: 'alice',
    relation: 'child',
    asset: { code: 'USD', scale: 6 },
    link,
    balance: { max: '9' },
  }
  const config = { address: 'test.acme', data: 'x', listen: { port: 0 }, accounts: [alice] }
  expect(() => checkConfig(structuredClone(config), 'node.yaml')).not.toThrow()
  make(config)
  return messageOf(() => checkConfig(config, 'node.yaml'))
}

const settlement = { kind: 'channel', ledger: 'chain', deposit: '1000' }
const chain = { kind: 'evm', rpcUrl: 'http://localhost:1', privateKey: 'x', contract: `0x${'0'.repeat(40)}` }

/** A settled account with these limits. */
function settled(balance: Partial<ConfigInput['accounts'][number]['balance']>): Mistake {
  return (config) => {
    config['ledgers'] = { chain }
    Object.assign(config.accounts[0]!, { settlement, balance: { max: '9', ...balance } })
  }
}

describe('loadConfig', () => {
  it('takes the example of the README, data relative to the file', () => {
    const config = loadConfig(write(readExample()))
    expect(config).toMatchObject({
      address: 'test.acme',
      data: join(directory, 'acme'),
      durability: 'power',
      journal: { kind: 'sqlite' },
      listen: { host: '127.0.0.1', port: 7768 },
      admin: { host: '127.0.0.1', port: 7780 },
      rates: [{ from: 'USD', to: 'ETH', rate: { numerator: 1n, denominator: 3000n } }],
      spread: { numerator: 2n, denominator: 1000n },
    })
    expect(config.accounts.map(({ id }) => id)).toEqual(['alice', 'bolt', 'cove', 'dune'])
    expect(config.accounts[1]).toMatchObject({
      link: { url: { url: 'ws://bolt.example:7768/', username: 'acme' }, token: { env: 'BOLT_TOKEN' } },
      balance: { max: 10_000_000n, payableMax: 20_000_000n, settleThreshold: 5_000_000n },
      settlement: { deposit: 10n ** 18n, redeemThreshold: 10n ** 17n },
    })
  })

  it('tells which file is missing', () => {
    const file = join(directory, 'none.yaml')
    expect(messageOf(() => loadConfig(file))).toMatch(`cannot read the config file ${file}: ENOENT`)
  })

  it('tells which file is not YAML, in one line', () => {
    const file = write('address: [test.acme\naccounts: }')
    const message = messageOf(() => loadConfig(file))
    expect(message).toMatch(`${file} is neither YAML nor JSON: `)
    expect(message).not.toContain('\n')
  })

  it('tells that an empty file is no config', () => {
    const file = write('')
    expect(messageOf(() => loadConfig(file))).toMatch(`${file}: the file: `)
  })
})

it('checkConfig takes a node without an address where an account is its parent', () => {
  const parent = { relation: 'parent', asset: { code: 'USD', scale: 6 }, link, balance: { max: '9' } }
  const config = { data: 'x', listen: { port: 0 }, accounts: [{ id: 'up', ...parent }] }
  expect(checkConfig(config, 'node.yaml').address).toBeUndefined()
})

describe('checkConfig names the source, the field and what would be right', () => {
  it.each<[string, Mistake, string]>([
    ['an unknown field', (c) => (c['colour'] = 'red'), 'the file: Unrecognized key: "colour"'],
    [
      'a misspelt field',
      (c) => Object.assign(c.accounts[0]!['balance'] as object, { maximum: '1' }),
      'accounts[0].balance: Unrecognized key: "maximum"',
    ],
    [
      'a missing field',
      (c) => delete c.accounts[0]!['asset'],
      'accounts[0].asset: Invalid input: expected object, received undefined',
    ],
    [
      'a peer that is neither peer nor parent nor child (CONN-06)',
      (c) => (c.accounts[0]!['relation'] = 'friend'),
      'accounts[0].relation: ',
    ],
    ['credit without a limit (PCS-23)', (c) => (c.accounts[0]!['balance'] = {}), 'accounts[0].balance.max: '],
    [
      'an amount that is a number',
      (c) => (c.accounts[0]!['balance'] = { max: 1000 }),
      'accounts[0].balance.max: must be base units in quotes, such as "1000"',
    ],
    [
      'an amount with decimals',
      (c) => (c.accounts[0]!['packetAmountMax'] = '10.5'),
      'accounts[0].packetAmountMax: must be base units: digits only',
    ],
    [
      'a rate that is a number',
      (c) => (c['rates'] = [{ from: 'USD', to: 'EUR', rate: 0.92 }]),
      'rates[0].rate: must be text in quotes, such as "0.92" or "1/3000"',
    ],
    [
      'a rate of zero',
      (c) => (c['rates'] = [{ from: 'USD', to: 'EUR', rate: '1/0' }]),
      'rates[0].rate: rate "1/0" is no positive decimal (0.92) or fraction (1/3000)',
    ],
    ['a spread that keeps all', (c) => (c['spread'] = '1'), 'spread: must be below 1'],
    [
      'a secret that is a number',
      (c) => (c.accounts[0]!['link'] = { kind: 'btp-server', token: 5 }),
      'accounts[0].link.token: must be text, { env: NAME } or { file: path }',
    ],
    [
      'a journal nowhere',
      (c) => (c['journal'] = { kind: 'postgres' }),
      'journal.url: must be text, { env: NAME } or { file: path }',
    ],
    [
      'a link to something else than BTP',
      (c) => (c.accounts[0]!['link'] = { kind: 'btp-client', url: 'http://host', token: 'hush' }),
      'accounts[0].link.url: ',
    ],
    [
      'a node without address and parent: DCP-19',
      (c) => delete c['address'],
      'address: only a node with a parent may go without one',
    ],
    ['an address that is none', (c) => (c['address'] = 'acme'), 'address: must be an ILP address'],
    [
      'a route that no address begins with',
      (c) => (c['routes'] = [{ prefix: 'test..bolt', account: 'alice' }]),
      'routes[0].prefix: must be the beginning of ILP addresses',
    ],
    [
      'a route to nobody',
      (c) => (c['routes'] = [{ prefix: 'test.bolt', account: 'bolt' }]),
      'routes[0]: there is no account bolt',
    ],
    [
      'two accounts of one name',
      (c) => c.accounts.push(c.accounts[0]!),
      'accounts: two accounts have the same id',
    ],
    [
      'a btp-server link without listen',
      (c) => delete c['listen'],
      'accounts[0] (alice): a link of kind btp-server needs "listen"',
    ],
    [
      'a ledger of no kind that we know',
      (c) => (c['ledgers'] = { chain: { kind: 'tally' } }),
      'ledgers.chain.kind: ',
    ],
    [
      'an XRP Ledger without a WebSocket',
      (c) => (c['ledgers'] = { xrp: { kind: 'xrpl', url: 'https://xrpl.example', seed: 'x' } }),
      'ledgers.xrp.url: ',
    ],
    [
      'a settlement on an unknown ledger',
      (c) => (c.accounts[0]!['settlement'] = settlement),
      'accounts[0] (alice): settlement.ledger: there is no ledger chain',
    ],
    [
      'a settlement by a plugin where there is none',
      (c) => (c.accounts[0]!['settlement'] = { kind: 'plugin' }),
      'accounts[0] (alice): settlement: a plugin settles where the link is that plugin',
    ],
    [
      'children of the name of an account',
      (c) => (c['children'] = { name: 'alice', asset: { code: 'USD', scale: 6 }, max: 10 }),
      'children.name: there is an account alice, which has that address',
    ],
    ['no account at all', (c) => (c.accounts = []), 'accounts: there is none'],
    [
      'a settlement on a ledger that has no such thing',
      (c) => {
        c['ledgers'] = { chain }
        c.accounts[0]!['settlement'] = { kind: 'lightning', ledger: 'chain', channelSat: '1', budgetSat: '1' }
      },
      'accounts[0] (alice): settlement.ledger: lightning settles on a ledger of kind ldk or lnd or cln,',
    ],
    [
      'a Lightning channel beyond its budget',
      (c) => {
        c['ledgers'] = { node: { kind: 'ldk', network: 'regtest', seed: 'x', rpcUrl: 'x' } }
        c.accounts[0]!['settlement'] = { kind: 'lightning', ledger: 'node', channelSat: '2', budgetSat: '1' }
      },
      'accounts[0] (alice): settlement.channelSat must not be above settlement.budgetSat',
    ],
    [
      'settleThreshold without settlement',
      (c) => (c.accounts[0]!['balance'] = { max: '9', settleThreshold: '5' }),
      'accounts[0] (alice): balance.settleThreshold needs a "settlement"',
    ],
    [
      'settleTo that is not below settleThreshold',
      settled({ settleThreshold: '5', settleTo: '5' }),
      'accounts[0] (alice): balance: settleTo must be below settleThreshold',
    ],
    [
      'payableMax below settleThreshold',
      settled({ settleThreshold: '5', payableMax: '4' }),
      'accounts[0] (alice): balance: settleThreshold must not be above payableMax',
    ],
    [
      'prepay without settlement',
      (c) => (c.accounts[0]!['balance'] = { max: '9', prepay: '5' }),
      'accounts[0] (alice): balance.prepay needs a "settlement"',
    ],
    [
      'prepay above max',
      settled({ prepay: '10' }),
      'accounts[0] (alice): balance: prepay must not be above what the peer may owe',
    ],
  ])('of %s', (_, make, message) => {
    const said = complaint(make)
    expect(said.startsWith(`node.yaml: ${message}`), said).toBe(true)
    expect(said).not.toContain('\n')
  })

  it('tells every mistake at once', () => {
    const said = complaint((config) => {
      config['spread'] = '2'
      config['colour'] = 'red'
    })
    expect(said).toContain('spread: must be below 1')
    expect(said).toContain('colour')
  })

  it('takes limits that fit together', () => {
    const fitting = [{ settleThreshold: '5', settleTo: '4', payableMax: '5' }, { prepay: '9' }, { max: '0' }]
    for (const limits of fitting) {
      expect(() => complaint(settled(limits))).toThrow('the config was taken')
    }
  })
})

describe('readSecret', () => {
  it('reads text, environment and file', () => {
    process.env['HOURGLASS_TEST_SECRET'] = 'from-env'
    expect(readSecret('plain', 'token')).toBe('plain')
    expect(readSecret({ env: 'HOURGLASS_TEST_SECRET' }, 'token')).toBe('from-env')
    delete process.env['HOURGLASS_TEST_SECRET']
    const file = join(directory, 'secret')
    writeFileSync(file, 'from-file\n')
    expect(readSecret({ file }, 'token')).toBe('from-file')
  })

  it('tells which variable or file is missing, and what for', () => {
    expect(messageOf(() => readSecret({ env: 'HOURGLASS_NO_SECRET' }, 'account alice, link.token'))).toBe(
      'account alice, link.token: set the environment variable HOURGLASS_NO_SECRET',
    )
    const file = join(directory, 'no-secret')
    expect(messageOf(() => readSecret({ file }, 'account alice, link.token'))).toMatch(
      `account alice, link.token: cannot read ${file}: `,
    )
  })
})

it('a token for HTTP has nothing in it that a header may not have', () => {
  expect(readHttpToken('abc~!-', 'token')).toBe('abc~!-')
  for (const token of ['a b', 'a\nb', 'ä', '\u0000']) {
    expect(messageOf(() => readHttpToken(token, 'account bob, link.token'))).toBe(
      'account bob, link.token: may hold printable ASCII characters only, and no spaces',
    )
  }
})
