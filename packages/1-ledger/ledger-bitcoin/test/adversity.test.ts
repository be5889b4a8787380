/** Nodes that are away, strange or lie, and processes that die: no payment is lost, and none is made twice. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { UsageError } from '@hourglass/sansio'
import { type Fate, FlakyNode } from './flaky-node.ts'
import { OwnJournal, Rig, until } from './rig.ts'

let rig: Rig
let node: FlakyNode
let seed = 101

beforeAll(async () => {
  rig = await Rig.start()
})
afterAll(() => rig.stop())
beforeEach(async () => {
  node = await FlakyNode.start(rig.chain.url)
})
afterEach(async () => {
  await rig.closeWallets()
  await node.stop()
})

describe('a wallet does not open', () => {
  it('where no node is, or none that answers', async () => {
    await expect(rig.open(seed, { url: 'http://127.0.0.1:1' })).rejects.toMatchObject({ code: 'unreachable' })
    node.fate = () => 'bad-gateway'
    await expect(rig.open(seed, { url: node.url })).rejects.toMatchObject({ code: 'unreachable' })
    node.fate = () => 'hang'
    const options = { url: node.url, requestTimeoutMs: 50, patienceMs: 60 }
    await expect(rig.open(seed, options)).rejects.toMatchObject({ code: 'unreachable' })
    await expect(rig.open(seed, { url: 'ws://127.0.0.1' })).rejects.toThrow(UsageError)
  })

  it('with a wrong password, and does not say which it was', async () => {
    const url = new URL(rig.chain.url)
    url.password = 'wrong-password'
    const error: unknown = await rig.open(seed, { url: url.href }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'unauthorized' })
    expect(String(error)).not.toContain('wrong-password')
  })

  it('on another network', async () => {
    const opening = rig.open(seed, { network: 'mainnet' })
    await expect(opening).rejects.toThrow(/is part of regtest, not mainnet/)
    node.fate = ({ method }) => (method === 'getblockchaininfo' ? { result: { chain: 'main' } } : 'pass')
    await expect(rig.open(seed, { url: node.url })).rejects.toMatchObject({ code: 'wrong-network' })
  })
})

describe('a node that', () => {
  it('is starting up is waited for', async () => {
    let patience = 3
    node.fate = () => (patience-- > 0 ? 'warm-up' : 'pass')
    const wallet = await rig.open(seed++, { url: node.url, patienceMs: 5000 })
    expect(wallet.height).toBe(await rig.chain.height())
  })

  it.for(['lose-request', 'bad-gateway', 'hang', 'refuse', 'warm-up'] as const)(
    'is away (%s) takes a payment when it is back, and is caught up with',
    async (fate) => {
      const alice = await rig.funded(seed++, 300_000n, { url: node.url, requestTimeoutMs: 100 })
      node.fate = () => fate
      const result = await alice.pay({
        reference: 'rent',
        to: [{ address: alice.address(7), sats: 100_000n }],
      })
      expect(result).toMatchObject({ kind: 'accepted' })
      await rig.chain.mine(3)
      expect(alice.payment('rent')).toMatchObject({ state: 'sent' })
      node.fate = () => 'pass'
      const { transaction } = alice.payment('rent')!
      await until(async () => (await rig.mempool()).includes(transaction))
      await rig.chain.mine()
      expect(await alice.confirmed('rent', 1)).toMatchObject({ transaction })
    },
  )

  it('does as told and loses the answer is told again, which is harmless', async () => {
    const alice = await rig.funded(seed++, 300_000n, { url: node.url })
    let losses = 2
    node.fate = ({ method }) => (method === 'sendrawtransaction' && losses-- > 0 ? 'lose-answer' : 'pass')
    await alice.pay({ reference: 'rent', to: [{ address: alice.address(7), sats: 100_000n }] })
    await until(() => losses < 0)
    await rig.chain.mine()
    await alice.sync()
    expect(alice.payment('rent')).toMatchObject({ state: 'mined', objection: undefined })
  })

  it('lags behind is no reorganisation', async () => {
    const alice = await rig.funded(seed++, 300_000n, { url: node.url })
    const height = alice.height
    const before = (await rig.chain.request<string>('getblockhash', [height - 1])) satisfies string
    node.fate = ({ method, params }): Fate => {
      if (method === 'getbestblockhash') return { result: before }
      return method === 'getblockhash' && Number(params[0]) >= height ? { result: null } : 'pass'
    }
    await alice.sync()
    expect(alice.height).toBe(height)
    expect(alice.balance.confirmed).toBe(300_000n)
    expect(rig.traces.some((trace) => trace.includes('lags behind'))).toBe(true)
    node.fate = () => 'pass'
    await rig.chain.mine()
    await alice.sync()
    expect(alice.height).toBe(height + 1)
  })

  it('hands out a block that is not what it is called, or lies on another, is not believed', async () => {
    const alice = await rig.funded(seed++, 300_000n, { url: node.url })
    const { height } = alice
    const old = await rig.chain.request<string>('getblock', [await rig.chain.request('getblockhash', [1]), 0])
    await rig.chain.mine()
    for (const result of [old, 'zz', 7, '00'.repeat(90)]) {
      node.fate = ({ method }) => (method === 'getblock' ? { result } : 'pass')
      await alice.sync()
      expect(alice.height).toBe(height)
    }
    node.fate = () => 'pass'
    await alice.sync()
    expect(alice.height).toBe(height + 1)
  })

  it('tells nonsense of fees is not followed beyond the limit', async () => {
    await rig.chain.setFees({ estimate: 90_000_000 })
    const alice = await rig.funded(seed++, 300_000n, { satsPerVbyteMax: 25n })
    await rig.chain.setFees({})
    expect(alice.satsPerVbyte).toBe(25n)
    const result = await alice.pay({ reference: 'rent', to: [{ address: alice.address(7), sats: 100_000n }] })
    if (result.kind === 'refused') throw new Error(result.message)
    expect(result.payment.fee).toBeLessThan(25n * 150n)
    expect(await alice.bump('rent')).toMatchObject({ refusal: 'not-possible' })
  })
})

describe('a wallet that ends', () => {
  it('between writing down and sending: the payment goes out when it is there again, once', async () => {
    const journal = new OwnJournal()
    const alice = await rig.funded(seed, 300_000n, { journal, url: node.url })
    node.fate = ({ method }) => (method === 'sendrawtransaction' ? 'hang' : 'pass')
    const payment = { reference: 'rent', to: [{ address: alice.address(7), sats: 100_000n }] }
    await alice.pay(payment)
    await alice.close()
    await expect(alice.pay(payment)).rejects.toMatchObject({ code: 'closed' })
    const again = await rig.open(seed++, { journal })
    const { transaction } = again.payment('rent')!
    await until(async () => (await rig.mempool()).includes(transaction))
    expect(await again.pay(payment)).toMatchObject({ payment: { transaction } })
    await rig.mine()
    expect(again.payment('rent')).toMatchObject({ state: 'mined', transaction })
  })

  it('tells those who wait for confirmations', async () => {
    const alice = await rig.funded(seed++, 300_000n)
    await alice.pay({ reference: 'rent', to: [{ address: alice.address(7), sats: 100_000n }] })
    const waiting = expect(alice.confirmed('rent')).rejects.toMatchObject({ code: 'closed' })
    await alice.close()
    await waiting
  })

  it('by kill -9 at any point, again and again: each payment is made once', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'hourglass-bitcoin-'))
    try {
      const payee = await rig.open(seed++)
      const target = payee.address()
      const payer = await rig.open(77)
      const own = payer.address()
      await payer.close()
      for (let coin = 0; coin < 8; coin++) await rig.chain.send(own, 1_000_000n)
      await rig.chain.mine()
      const file = join(directory, 'journal')
      // Each life gets a little further than the one before: at last one comes to its end.
      for (let last = 0; !(await live({ file, target, last })); last += 3) {
        if (last % 2 === 0) await rig.chain.mine()
      }
      await rig.mine()
      const amounts = payee.coins().map(({ sats }) => Number(sats))
      expect(amounts.toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: PAYMENTS }, (_, index) => 10_000 + index),
      )
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

const PAYMENTS = 25

interface Life {
  readonly file: string
  readonly target: string
  /** Soon after that payment it is killed. */
  readonly last: number
}

/** Lets the payer live for so long. True: it came to its end. */
async function live({ file, target, last }: Life): Promise<boolean> {
  const program = join(import.meta.dirname, 'payer.ts')
  const payer = spawn(
    process.execPath,
    ['--conditions=@hourglass/source', program, rig.chain.url, file, target, String(PAYMENTS)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let output = ''
  payer.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    // Later each time, by some milliseconds: so that it dies in other places.
    if (output.split('\n').includes(String(last))) setTimeout(() => payer.kill('SIGKILL'), last)
  })
  await once(payer, 'close')
  return output.endsWith('end\n')
}
