/** The development chain comes up, does as told, and leaves nothing behind however its parent ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DEV_ACCOUNTS, type DevChain, startDevChain } from '@hourglass/evm-devchain'

interface Block {
  readonly number: string
  readonly hash: string
  readonly timestamp: string
}

const ether = 10n ** 18n

const block = (chain: DevChain, tag: string): Promise<Block> =>
  chain.request('eth_getBlockByNumber', [tag, false])

const balance = async (chain: DevChain, address: string): Promise<bigint> =>
  BigInt(await chain.request<string>('eth_getBalance', [address, 'latest']))

/** Resolves when nobody listens there any more. Its process id is no sign: a zombie keeps it for a while. */
async function gone(url: string): Promise<void> {
  try {
    for (;;) await (await fetch(url)).text()
  } catch {
    return
  }
}

describe('a development chain', () => {
  it('funds its accounts, mines, jumps in time and reorganises as told', async () => {
    const chain = await startDevChain({ chainId: 4242, slotsInEpoch: 2 })
    try {
      expect(await chain.request('eth_chainId')).toBe('0x1092')
      for (const { address } of DEV_ACCOUNTS) expect(await balance(chain, address)).toBe(10_000n * ether)

      await chain.mine(10)
      expect((await block(chain, 'latest')).number).toBe('0xa')
      expect((await block(chain, 'safe')).number).toBe('0x8')
      expect((await block(chain, 'finalized')).number).toBe('0x6')

      const before = await block(chain, 'latest')
      await chain.advanceTime(1000)
      const after = await block(chain, 'latest')
      expect(Number(after.timestamp) - Number(before.timestamp)).toBeGreaterThanOrEqual(1000)

      await chain.reorganise(3)
      const replaced = await block(chain, before.number)
      expect(replaced.hash).not.toBe(before.hash)

      await chain.setBalance('0x0000000000000000000000000000000000000bad', 5n)
      expect(await balance(chain, '0x0000000000000000000000000000000000000bad')).toBe(5n)
      await expect(chain.request('eth_nonsense')).rejects.toThrow('eth_nonsense')
    } finally {
      await chain.stop()
    }
  })

  it('is gone when `stop` resolves, and a second `stop` does nothing', async () => {
    const chain = await startDevChain()
    await chain.stop()
    expect(() => process.kill(chain.pid, 0)).toThrow('ESRCH')
    await chain.stop()
  })

  it('goes on where it stopped, on the same port, when it has a state file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'dev-chain-'))
    try {
      const stateFile = join(directory, 'state.json')
      const first = await startDevChain({ stateFile })
      await first.setBalance(DEV_ACCOUNTS[0].address, 7n)
      await first.mine(3)
      await first.stop()
      const second = await startDevChain({ stateFile, port: Number(new URL(first.url).port) })
      try {
        expect(await balance(second, DEV_ACCOUNTS[0].address)).toBe(7n)
        expect((await block(second, 'latest')).number).toBe('0x3')
      } finally {
        await second.stop()
      }
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('says why it does not start', async () => {
    const chain = await startDevChain()
    try {
      const port = Number(new URL(chain.url).port)
      await expect(startDevChain({ port })).rejects.toThrow(/anvil ended with code \d+: .*in use/i)
    } finally {
      await chain.stop()
    }
  })

  it.for(['SIGKILL', 'SIGTERM', 'SIGINT', 'exit', 'throw'])(
    'does not outlive a parent that ends by %s',
    async (ending) => {
      const parent = spawn(
        process.execPath,
        ['--conditions=@hourglass/source', join(import.meta.dirname, 'parent.ts'), ending],
        { stdio: ['pipe', 'pipe', 'ignore'] },
      )
      const [line] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string]
      const url = line.trim()
      expect((await fetch(url)).ok).toBe(false) // anvil answers a GET, if only with a complaint
      const ended = once(parent, 'exit')
      if (ending.startsWith('SIG')) parent.kill(ending as NodeJS.Signals)
      else parent.stdin.end()
      await ended
      await gone(url)
    },
  )
})
