/** Connecting, deploying, and what is said when either does not work. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEV_ACCOUNTS, type DevChain, startDevChain } from '@hourglass/evm-devchain'
import type { Ledger } from '@hourglass/ledger'
import {
  EvmError,
  type EvmErrorCode,
  type EvmOptions,
  PAY_CHAN_ADDRESS,
  connectEvm,
  deployPayChan,
} from '@hourglass/ledger-evm/io'
import { UsageError } from '@hourglass/sansio'
import { FlakyNode } from './flaky-node.ts'

const [alice, bob, deployer] = DEV_ACCOUNTS
let chain: DevChain
let options: EvmOptions

beforeAll(async () => {
  chain = await startDevChain({ chainId: 4242 })
  options = { rpcUrl: chain.url, privateKey: alice.privateKey, confirmations: 1, pollMs: 10, patienceMs: 300 }
})
afterAll(() => chain.stop())

async function using(ledger: Promise<Ledger>, test: (ledger: Ledger) => unknown): Promise<void> {
  const connected = await ledger
  try {
    await test(connected)
  } finally {
    await connected.close()
  }
}

async function failing(work: Promise<unknown>): Promise<{ code: EvmErrorCode; message: string }> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(EvmError)
  return error as EvmError
}

describe('deployPayChan', () => {
  it('says so where the account cannot pay, and where the chain has no deployer', async () => {
    const pauper = { rpcUrl: chain.url, privateKey: `0x${'11'.repeat(32)}` }
    expect((await failing(deployPayChan(pauper))).code).toBe('insufficient-funds')
    const address = '0x4e59b44847b379578588920cA78FbF26c0B4956C'
    const code = await chain.request('eth_getCode', [address, 'latest'])
    await chain.request('anvil_setCode', [address, '0x'])
    expect((await failing(deployPayChan(options))).code).toBe('no-deployer')
    await chain.request('anvil_setCode', [address, code])
  })

  it('puts the contract at its one address, once, however many ask at the same time', async () => {
    const deployers = [alice, bob, deployer].map(({ privateKey }) =>
      deployPayChan({ ...options, privateKey }),
    )
    expect(await Promise.all(deployers)).toEqual(Array(3).fill(PAY_CHAN_ADDRESS))
    const before = await chain.request('eth_getBalance', [alice.address, 'latest'])
    expect(await deployPayChan(options)).toBe(PAY_CHAN_ADDRESS)
    expect(await chain.request('eth_getBalance', [alice.address, 'latest'])).toBe(before)
  })
})

describe('connectEvm', () => {
  it('names ledger and account, and knows the scale of ether', async () => {
    await using(connectEvm(options), (ledger) => {
      expect(ledger.name).toBe(`evm:4242:${PAY_CHAN_ADDRESS}`)
      expect(ledger.account).toBe(alice.address)
      expect(ledger.scheme.claimKey).toBe(alice.address)
      expect(ledger.assetScale('native')).toBe(18)
      expect(() => ledger.assetScale(bob.address)).toThrow(UsageError)
    })
  })

  it('signs claims with another key where it is given one', async () => {
    await using(connectEvm({ ...options, claimKey: bob.privateKey }), (ledger) => {
      expect(ledger.account).toBe(alice.address)
      expect(ledger.scheme.claimKey).toBe(bob.address)
    })
  })

  it('says where nobody answers, without what the URL keeps secret', async () => {
    const rpcUrl = 'http://user:password@127.0.0.1:1/key'
    const { code, message } = await failing(connectEvm({ ...options, rpcUrl }))
    expect(code).toBe('unreachable')
    expect(message).toMatch(/^no EVM node answers at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/)
  })

  it.each(['hang', 'bad-gateway', 'lose-answer'] as const)(
    'gives up on a node whose answers %s',
    async (fate) => {
      const node = await FlakyNode.start(chain.url)
      node.fate = () => fate
      try {
        const error = await failing(connectEvm({ ...options, rpcUrl: node.url, requestTimeoutMs: 100 }))
        expect(error.code).toBe('unreachable')
        expect(node.methods.length).toBeGreaterThan(1)
      } finally {
        await node.stop()
      }
    },
  )

  it('says which chain it found instead', async () => {
    const { code, message } = await failing(connectEvm({ ...options, chainId: 1 }))
    expect([code, message]).toEqual(['wrong-chain', expect.stringContaining('serves chain 4242, not 1')])
  })

  it.each([
    ['nothing', bob.address],
    ['another contract', '0x4e59b44847b379578588920cA78FbF26c0B4956C'],
  ])('wants PayChan where there is %s', async (_, contract) => {
    expect((await failing(connectEvm({ ...options, contract }))).code).toBe('no-contract')
  })

  it.each([
    ['nothing', bob.address],
    ['no token', PAY_CHAN_ADDRESS],
  ])('wants a token where there is %s', async (_, token) => {
    expect((await failing(connectEvm({ ...options, tokens: [token] }))).code).toBe('no-token')
  })

  it('refuses malformed keys, addresses and URLs, and repeats no key', async () => {
    const privateKey = alice.privateKey.slice(0, -1)
    const error: unknown = await connectEvm({ ...options, privateKey }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UsageError)
    expect(String(error)).not.toContain(privateKey.slice(2, 20))
    await expect(connectEvm({ ...options, contract: alice.address.replace('f', 'F') })).rejects.toThrow(
      UsageError,
    )
    for (const claimKey of ['key', `0x${'0'.repeat(64)}`, `0x${'f'.repeat(64)}`]) {
      await expect(connectEvm({ ...options, claimKey })).rejects.toThrow(UsageError)
    }
    for (const rpcUrl of ['node', 'ws://127.0.0.1:8545']) {
      await expect(connectEvm({ ...options, rpcUrl })).rejects.toThrow(UsageError)
    }
  })
})
