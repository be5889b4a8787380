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
