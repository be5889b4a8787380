/** What a node takes of memory does not grow with what it has paid. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Party, Rig, keysend } from './rig.ts'

/** Copies of a channel's state that nobody frees are 30 KB and more for each payment that comes in. */
const GROWTH_KB_MAX = 24
const PAYMENTS = 3000
const AT_ONCE = 20

let rig: Rig
beforeEach(async () => {
  rig = await Rig.start()
})
afterEach(async () => rig.stop())

async function residentKb({ node }: Party): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(node.pid)])
  return Number(stdout)
}

async function pay(from: Party, to: Party, count: number): Promise<void> {
  let left = count
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const end = await keysend(from, to, 1000n)
      expect(end).toMatchObject({ kind: 'sent' })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  // As a settlement does.
  const receipts = await to.node.receipts()
  await to.node.forgetReceipts(receipts.map(({ index }) => index))
}

it('stays flat over thousands of payments', { timeout: 300_000 }, async () => {
  const [alice, bob] = await Promise.all([rig.open('alice'), rig.open('bob')])
  await rig.fund(alice, bob)
  await rig.openChannel(alice, bob)
  // Until the heaps are as large as they get.
  await pay(alice, bob, PAYMENTS)
  const before = await residentKb(bob)
  await pay(alice, bob, PAYMENTS)
  expect((await residentKb(bob)) - before).toBeLessThan(PAYMENTS * GROWTH_KB_MAX)
})
