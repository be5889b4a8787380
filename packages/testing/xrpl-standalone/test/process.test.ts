/**
 * The ledger as a process of its own.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { spawnXrplStandalone } from '../src/index.ts'
import { connectRaw } from './raw-client.ts'

const ALICE = 'rNdqqRwdD5xVhoPds7UtojrfmJwJJsajFd'

test('a process of its own listens, has a faucet and a clock, and is gone when it is stopped', async () => {
  const ledger = await spawnXrplStandalone({ closeMs: 60_000, fixCleanup3_2_0: true })
  await ledger.fund(ALICE, 5_000_000n)
  const client = await connectRaw(ledger.url)
  const before = await client.ask({ id: 1, command: 'ledger', ledger_index: 'validated', api_version: 2 })
  await ledger.advanceTime(86_400)
  await client.ask({ id: 2, command: 'ledger_accept' })
  const after = await client.ask({ id: 3, command: 'ledger', ledger_index: 'validated', api_version: 2 })
  // The first ledger may have closed by the wall clock, whose ten seconds may end meanwhile.
  expect(closeTimeIn(after) - closeTimeIn(before)).toBeOneOf([86_400, 86_410])
  const info = await client.ask({ id: 4, command: 'account_info', account: ALICE, ledger_index: 'validated' })
  expect(info).toMatchObject({ result: { account_data: { Balance: '5000000' }, validated: true } })
  client.close()
  await expect(ledger.fund(ALICE, 200_000_000_000_000_000n)).rejects.toThrow("Invalid field 'drops'")
  await ledger.stop()
  await ledger.stop()
  expect(isAlive(ledger.pid)).toBe(false)
})

test('a process of its own is gone with the one that started it, even if that is killed', async () => {
  const program = new URL('parent.ts', import.meta.url).pathname
  const parent = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(parent.stdout, 'data')) as [unknown]
  const pid = Number(String(line))
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await expect.poll(() => isAlive(pid), { timeout: 60_000 }).toBe(false)
})

function closeTimeIn(answer: unknown): number {
  return (answer as { result: { ledger: { close_time: number } } }).result.ledger.close_time
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
