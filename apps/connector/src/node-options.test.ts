import { describe, expect, it } from 'vitest'
import { type ConfigInput, checkConfig } from './config.ts'
import { nodeOptions } from './node-options.ts'

type Balance = ConfigInput['accounts'][number]['balance']

const ledgers = { chain: { kind: 'evm', rpcUrl: 'http://localhost:1', privateKey: 'x' } } as const
const account = {
  id: 'bolt',
  relation: 'peer',
  asset: { code: 'ETH', scale: 9 },
  link: { kind: 'btp-server', token: 'hush' },
  settlement: { kind: 'channel', ledger: 'chain', deposit: '1000' },
} as const

function optionsOf(balance: Balance): object | undefined {
  const config = { address: 'test.acme', data: 'x', listen: { port: 0 }, ledgers }
  return nodeOptions(checkConfig({ ...config, accounts: [{ ...account, balance }] }, 'x')).accounts[0]
}

describe('the balance of an account in the config', () => {
  it('is what the node is told, on credit and ahead', () => {
    const credit = { payableMax: '9', settleThreshold: '5', settleTo: '1', writeOffMax: '3' }
    expect(optionsOf({ max: '7', ...credit })).toMatchObject({
      balanceMax: 7n,
      payableMax: 9n,
      settleThreshold: 5n,
      settleTo: 1n,
      writeOffMax: 3n,
    })
    expect(optionsOf({ max: '7', prepay: '6' })).toMatchObject({ balanceMax: 7n, prepay: 6n })
  })
})

describe('the rules of an account in the config', () => {
  it('are what the node is told, and off where nothing is said', () => {
    const rules = {
      packetRate: { perMinute: 600, burst: 20 },
      throughput: { incoming: '10' },
      destinations: { deny: ['test.bad'] },
      refusesDuplicates: true,
      expiryMarginMs: 500,
      echo: { perMinute: 5, amountMax: '9' },
    }
    const config = { address: 'test.acme', data: 'x', listen: { port: 0 }, ledgers }
    const limited = { ...account, balance: { max: '1' }, packetAmountMin: '3', rules }
    const [options] = nodeOptions(checkConfig({ ...config, accounts: [limited] }, 'x')).accounts
    expect(options).toMatchObject({
      ...rules,
      packetAmountMin: 3n,
      throughput: { incoming: 10n },
      echo: { perMinute: 5, amountMax: 9n },
    })
  })
})

describe('the routes of the config', () => {
  const config = { address: 'test.acme', data: 'x', listen: { port: 0 } }
  const { relation, asset, link } = account
  const accounts = [
    { id: 'bolt', relation, asset, link, balance: { max: '7' }, routing: { routesMax: 9 } },
    { id: 'cove', relation, asset, link, balance: { max: '7' } },
  ]

  it('are set alone where nothing is said of an exchange', () => {
    const [first] = accounts
    const { routing, routes } = nodeOptions(
      checkConfig({ ...config, accounts: [accounts[1]], routes: [{ prefix: '', account: 'cove' }] }, 'x'),
    )
    expect(routing).toBeUndefined()
    expect(routes).toEqual([{ prefix: '', account: 'cove', weight: 1 }])
    expect(() => checkConfig({ ...config, accounts: [first] }, 'x')).toThrow('bolt): routing: no routes')
  })

  it('are exchanged as relation and account have it, the account first: CCP-15, CCP-34', () => {
    const routing = { secret: 'hush', peer: { sendRoutes: false, routesMax: 5 } }
    const options = nodeOptions(checkConfig({ ...config, accounts, routing }, 'x'))
    expect(options.accounts.map((each) => each.routing)).toEqual([
      { sendRoutes: false, routesMax: 9 },
      { sendRoutes: false, routesMax: 5 },
    ])
    expect(options.routing).toMatchObject({
      broadcastIntervalMs: 30_000,
      holdDownMs: 45_000,
      secret: Buffer.from('hush'),
    })
    const short = { ...routing, holdDownMs: 30_000 }
    expect(() => checkConfig({ ...config, accounts, routing: short }, 'x')).toThrow('peers forget our routes')
  })
})
