/** What a node takes of memory does not grow with what it has paid. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Party, Rig, keysend } from './rig.ts'

/** Copies of a channel's state that nobody frees are 30 KB and more for each payment that comes in. */
const GROWTH_BYTES_MAX = 10_000
const PAYMENTS = 600
const AT_ONCE = 30
const PROGRAM = new URL('./measured-worker.ts', import.meta.url)

let rig: Rig
beforeEach(async () => {
  rig = await Rig.start()
})
afterEach(async () => rig.stop())

async function pay(from: Party, to: Party): Promise<void> {
  let left = PAYMENTS
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

it('keeps nothing of a payment that is over', { timeout: 300_000 }, async () => {
  const told: number[] = []
  const hear = (message: string): void => {
    if (/^\d+$/.test(message)) told.push(Number(message))
  }
  const [alice, bob] = await Promise.all([
    rig.open('alice'),
    rig.open('bob', { program: PROGRAM, log: hear }),
  ])
  await rig.fund(alice, bob)
  await rig.openChannel(alice, bob)
  const bytesOf = async (): Promise<number> => {
    const known = told.length
    process.kill(bob.node.pid!, 'SIGUSR2')
    await rig.until(() => told.length > known)
    return told.at(-1)!
  }
  // Until the heaps are as large as they get.
  await pay(alice, bob)
  const before = await bytesOf()
  await pay(alice, bob)
  const growth = ((await bytesOf()) - before) / PAYMENTS
  expect(growth).toBeLessThan(GROWTH_BYTES_MAX)
})
