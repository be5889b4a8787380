/** The adapter when things go wrong: nodes that lose answers, chains that reorganise, transactions that stick. */
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DEV_ACCOUNTS, type DevChain, startDevChain } from '@hourglass/evm-devchain'
import type { ChannelTerms } from '@hourglass/ledger'
import { encodeChannelId } from '@hourglass/ledger-evm'
import { type EvmOptions, connectEvm, deployPayChan } from '@hourglass/ledger-evm/io'
import { privateKeyToAccount } from 'viem/accounts'
import { Client, termsBetween } from '@hourglass/ledger/testing'
import { FlakyNode } from './flaky-node.ts'

const [aliceAccount, bobAccount, deployer] = DEV_ACCOUNTS
const UNIT = 10n ** 15n

let chain: DevChain
let node: FlakyNode
let alice: Client
let bob: Client

beforeAll(async () => {
  chain = await startDevChain({ slotsInEpoch: 2 })
  await deployPayChan({ rpcUrl: chain.url, privateKey: deployer.privateKey })
})
afterAll(() => chain.stop())

beforeEach(async () => {
  node = await FlakyNode.start(chain.url)
  alice = await connect(aliceAccount.privateKey)
  bob = await connect(bobAccount.privateKey)
})
afterEach(async () => {
  await Promise.all([alice.ledger.close(), bob.ledger.close()])
  await node.stop()
  await chain.request('evm_setAutomine', [true])
})

async function connect(privateKey: string, options: Partial<EvmOptions> = {}): Promise<Client> {
  const timing = { pollMs: 10, requestTimeoutMs: 200, resendAfterMs: 100 }
  return new Client(
    await connectEvm({ rpcUrl: node.url, privateKey, confirmations: 1, ...timing, ...options }),
  )
}

async function reconnect(client: Client, options: Partial<EvmOptions>): Promise<Client> {
  await client.ledger.close()
  return connect(client === alice ? aliceAccount.privateKey : bobAccount.privateKey, options)
}

async function nonceOf(address: string): Promise<number> {
  return Number(await chain.request('eth_getTransactionCount', [address, 'latest']))
}

interface Pool {
  readonly pending: Readonly<Record<string, Readonly<Record<string, PooledTransaction>>>>
}

interface PooledTransaction {
  readonly hash: string
  readonly maxFeePerGas: string
}

/** Transactions of an account that wait for a block. */
async function pooled(address: string): Promise<PooledTransaction[]> {
  const { pending } = await chain.request<Pool>('txpool_content')
  return Object.values(pending[address] ?? pending[address.toLowerCase()] ?? {})
}

/** Waits until the world is so. */
async function until<Result>(look: () => Promise<Result | undefined>): Promise<Result> {
  for (;;) {
    const result = await look()
    if (result !== undefined) return result
    await wait(5)
  }
}

const open = (terms: ChannelTerms, deposit = UNIT) => ({ kind: 'open', terms, deposit }) as const

describe('a node that loses answers', () => {
  it.each(['lose-answer', 'lose-request', 'bad-gateway', 'hang'] as const)(
    'does not make an action happen twice, nor fail (%s)',
    async (fate) => {
      const before = await nonceOf(alice.ledger.account)
      const lost = new Map<string, number>()
      node.fate = (method) => {
        const times = (lost.get(method) ?? 0) + 1
        lost.set(method, times)
        return times === 1 ? fate : 'pass'
      }
      const terms = termsBetween(alice.ledger, bob.ledger)
      const { channelId } = await alice.succeed(open(terms))
      await alice.succeed({ kind: 'fund', channelId, deposit: 3n * UNIT })
      expect(alice.state(channelId)?.deposit).toBe(3n * UNIT)
      expect((await nonceOf(alice.ledger.account)) - before).toBe(2)
    },
  )

  it('is waited for, and what happened meanwhile is told when it is back', async () => {
    const { channelId } = await alice.succeed(open(termsBetween(alice.ledger, bob.ledger)))
    await bob.succeed({ kind: 'watch', channelId })
    const direct = new Client(
      await connectEvm({
        rpcUrl: chain.url,
        privateKey: aliceAccount.privateKey,
        confirmations: 1,
        pollMs: 10,
      }),
    )
    try {
      node.fate = () => 'lose-request'
      await direct.succeed({ kind: 'fund', channelId, deposit: 2n * UNIT })
      await direct.succeed({ kind: 'request-close', channelId })
      expect(bob.state(channelId)).toMatchObject({ deposit: UNIT, closesAt: undefined })
      node.fate = () => 'pass'
      await bob.see(channelId, (state) => state.deposit === 2n * UNIT && state.closesAt !== undefined)
    } finally {
      await direct.ledger.close()
    }
  })

  it('makes a question for a balance fail in the end, which may be asked again', async () => {
    alice = await reconnect(alice, { patienceMs: 50 })
    node.fate = () => 'lose-request'
    await expect(alice.ledger.balance('native')).rejects.toThrow('no EVM node answers')
    node.fate = () => 'pass'
    expect(await alice.ledger.balance('native')).toBeGreaterThan(0n)
  })
})

describe('confirmations', () => {
  it('are waited for, by who acts and by who watches', async () => {
    alice = await reconnect(alice, { confirmations: 3 })
    bob = await reconnect(bob, { confirmations: 3 })
    const terms = termsBetween(alice.ledger, bob.ledger)
    const channelId = encodeChannelId(terms)!
    const before = await nonceOf(alice.ledger.account)
    const opened = alice.succeed(open(terms))
    await until(async () => (await nonceOf(alice.ledger.account)) > before || undefined)
    const watched = bob.succeed({ kind: 'watch', channelId })
    for (let block = 2; block <= 3; block++) {
      await wait(50)
      expect([alice.state(channelId), bob.state(channelId)]).toEqual([undefined, undefined])
      await chain.mine()
    }
    await Promise.all([opened, watched])
    expect(bob.state(channelId)?.deposit).toBe(UNIT)
  })

  it('may be those of the chain itself', async () => {
    alice = await reconnect(alice, { confirmations: 'finalized' })
    const opened = alice.succeed(open(termsBetween(alice.ledger, bob.ledger)))
    let blocks = 0
    for (; alice.events.length === 0; blocks++) {
      await wait(50)
      await chain.mine()
    }
    await opened
    // Epochs of this chain have two slots, and `finalized` lies two epochs back.
    expect(blocks).toBeGreaterThanOrEqual(4)
  })

  it('keep an action alive whose block the chain drops: it is done once', async () => {
    alice = await reconnect(alice, { confirmations: 4 })
    const terms = termsBetween(alice.ledger, bob.ledger)
    const before = await nonceOf(alice.ledger.account)
    const opened = alice.succeed(open(terms))
    await until(async () => (await nonceOf(alice.ledger.account)) > before || undefined)
    await chain.mine()
    // The transaction is neither in a block nor waiting for one.
    await chain.reorganise(2)
    expect(await nonceOf(alice.ledger.account)).toBe(before)
    await until(async () => (await nonceOf(alice.ledger.account)) > before || undefined)
    expect(alice.events).toEqual([])
    await chain.mine(3)
    const { channelId } = await opened
    expect(alice.state(channelId)?.deposit).toBe(UNIT)
    expect(await nonceOf(alice.ledger.account)).toBe(before + 1)
  })
})

describe('a transaction that gets into no block', () => {
  const noBlocks = (): Promise<unknown> => chain.request('evm_setAutomine', [false])

  it('is sent again for more, and replaces itself', async () => {
    await noBlocks()
    const opened = alice.succeed(open(termsBetween(alice.ledger, bob.ledger)))
    const first = await until(async () => (await pooled(alice.ledger.account))[0])
    const later = await until(async () => {
      const [only, ...others] = await pooled(alice.ledger.account)
      expect(others).toEqual([])
      return only !== undefined && only.hash !== first.hash ? only : undefined
    })
    expect(BigInt(later.maxFeePerGas) * 8n).toBeGreaterThanOrEqual(BigInt(first.maxFeePerGas) * 9n)
    await chain.request('evm_setAutomine', [true])
    await chain.mine()
    const { transaction } = await opened
    expect(transaction).toMatch(/^0x[0-9a-f]{64}$/)
  })

  it('is not sent twice by who forgot it in a crash', async () => {
    const terms = termsBetween(alice.ledger, bob.ledger)
    const { channelId } = await alice.succeed(open(terms))
    await noBlocks()
    void alice.perform({ kind: 'fund', channelId, deposit: 5n * UNIT })
    await until(async () => (await pooled(alice.ledger.account))[0])
    alice = await reconnect(alice, {})
    const again = alice.succeed({ kind: 'fund', channelId, deposit: 5n * UNIT })
    await wait(300)
    await chain.request('evm_setAutomine', [true])
    await chain.mine()
    await again
    expect(alice.state(channelId)?.deposit).toBe(5n * UNIT)
  })

  it('gives way to another one of its key, and is planned anew', async () => {
    alice = await reconnect(alice, { resendAfterMs: 60_000 })
    await noBlocks()
    const opened = alice.succeed(open(termsBetween(alice.ledger, bob.ledger)))
    await until(async () => (await pooled(alice.ledger.account))[0])
    const rival = await privateKeyToAccount(aliceAccount.privateKey).signTransaction({
      chainId: chain.chainId,
      nonce: await nonceOf(alice.ledger.account),
      to: bobAccount.address,
      gas: 21_000n,
      maxFeePerGas: 90_000_000_000n,
      maxPriorityFeePerGas: 50_000_000_000n,
    })
    await chain.request('eth_sendRawTransaction', [rival])
    await chain.request('evm_setAutomine', [true])
    await chain.mine()
    const { channelId } = await opened
    expect(alice.state(channelId)?.deposit).toBe(UNIT)
  })
})

it('a crowd of actions goes out one by one, and none is lost', async () => {
  const before = await nonceOf(alice.ledger.account)
  const crowd = Array.from({ length: 20 }, () => termsBetween(alice.ledger, bob.ledger))
  const ends = await Promise.all(crowd.map((terms) => alice.succeed(open(terms))))
  expect(new Set(ends.map(({ channelId }) => channelId)).size).toBe(20)
  expect(new Set(ends.map(({ transaction }) => transaction)).size).toBe(20)
  expect((await nonceOf(alice.ledger.account)) - before).toBe(20)
})

it('the same action asked for by many at once costs one transaction', async () => {
  const before = await nonceOf(alice.ledger.account)
  const terms = termsBetween(alice.ledger, bob.ledger)
  const ends = await Promise.all([1, 2, 3, 4].map(() => alice.succeed(open(terms))))
  expect(ends.filter(({ transaction }) => transaction !== undefined)).toHaveLength(1)
  expect((await nonceOf(alice.ledger.account)) - before).toBe(1)
})

it('a source may close when its time has come, though no block has come since', async () => {
  const terms = termsBetween(alice.ledger, bob.ledger, { settleDelayMs: 1000 })
  const { channelId } = await alice.succeed(open(terms))
  await alice.succeed({ kind: 'request-close', channelId })
  const { closesAt } = alice.state(channelId)!
  await wait(closesAt! - Date.now())
  await alice.succeed({ kind: 'close', channelId })
  expect(alice.state(channelId)?.closed).toBe(true)
})

it('after `close` nothing of it is left: no timer, no socket, nobody to tell', async () => {
  const resources = (): string[] =>
    process
      .getActiveResourcesInfo()
      .filter((name) => /TCP|Timeout/.test(name))
      .sort()
  const before = resources()
  const client = await connect(bobAccount.privateKey)
  const { channelId } = await client.succeed(open(termsBetween(client.ledger, alice.ledger)))
  node.fate = () => 'hang'
  void client.perform({ kind: 'fund', channelId, deposit: 2n * UNIT })
  const balance = client.ledger.balance('native').catch((error: unknown) => String(error))
  await wait(20)
  const heard = client.events.length
  await client.ledger.close()
  client.session.perform({ kind: 'watch', id: 99, channelId })
  expect(await balance).toContain('closed')
  node.fate = () => 'pass'
  await until(async () => {
    await wait(1)
    return resources().length <= before.length || undefined
  })
  expect(client.events).toHaveLength(heard)
})
