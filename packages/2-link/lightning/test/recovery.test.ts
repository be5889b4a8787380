/** A journal that cannot be written, and one that is older than what the peer has seen. */
import { execFileSync } from 'node:child_process'
import { copyFile, rm, stat } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CAPACITY_SAT, FUNDS_SAT, type Party, Rig, isUsable, keysend, outboundMsat } from './rig.ts'
import { expectExact, settled } from './settled.ts'

const PAYMENT_MSAT = 10_000_000n

let rig: Rig
let alice: Party
let bob: Party

beforeEach(async () => {
  rig = await Rig.start()
  ;[alice, bob] = await Promise.all([rig.open('alice'), rig.open('bob')])
  await rig.fund(alice, bob)
  await rig.openChannel(alice, bob)
}, 300_000)
afterEach(async () => rig.stop())

const hasSaid = (name: string, words: string): boolean =>
  rig.logs.some((line) => line.startsWith(name) && line.includes(words))

describe('a journal on a full disk', { timeout: 300_000 }, () => {
  const limitFiles = (bytes: string): void => {
    execFileSync('prlimit', ['--pid', String(alice.node.pid), `--fsize=${bytes}:`])
  }

  it('stops the node, which says so, and goes on without loss when there is room again, or after a kill', async () => {
    const before = await outboundMsat(alice)
    limitFiles(String((await stat(`${rig.file('alice')}-wal`)).size))
    let ended = 0
    const payments = Array.from({ length: 3 }, async () => {
      await keysend(alice, bob, PAYMENT_MSAT)
      ended++
    })
    await rig.until(() => hasSaid('alice', 'the journal:'))
    expect(ended).toBe(0)
    expect(await bob.node.receipts()).toEqual([])
    limitFiles('unlimited')
    await Promise.all(payments)
    expect(hasSaid('alice', 'the journal is written again')).toBe(true)
    await rig.until(async () => before - (await outboundMsat(alice)) === 3n * PAYMENT_MSAT)

    // Once more, but it is killed before there is room.
    rig.logs.length = 0
    limitFiles(String((await stat(`${rig.file('alice')}-wal`)).size))
    const lost = keysend(alice, bob, PAYMENT_MSAT)
    await rig.until(() => hasSaid('alice', 'the journal:'))
    process.kill(alice.node.pid!, 'SIGKILL')
    await expect(lost).rejects.toMatchObject({ code: 'unavailable' })
    await rig.until(async () => isUsable(alice, (await bob.node.info()).nodeId).catch(() => false))
    expect(await bob.node.receipts()).toHaveLength(3)
    expect(await keysend(alice, bob, PAYMENT_MSAT)).toMatchObject({ kind: 'sent' })
    await rig.until(async () => before - (await outboundMsat(alice)) === 4n * PAYMENT_MSAT)
  })
})

describe('a journal that was copied back', { timeout: 300_000 }, () => {
  it('closes no channel with an old state; the peer does, and all of the money is there', async () => {
    const file = rig.file('alice')
    await alice.node.close()
    await copyFile(file, `${file}.old`)
    alice = await rig.open('alice')
    await rig.until(async () => isUsable(alice, (await bob.node.info()).nodeId))
    for (let i = 0; i < 3; i++) await keysend(alice, bob, PAYMENT_MSAT)
    await alice.node.close()
    await Promise.all([`${file}-wal`, `${file}-shm`].map((name) => rm(name, { force: true })))
    await copyFile(`${file}.old`, file)

    alice = await rig.open('alice')
    await rig.until(() => hasSaid('alice', 'is old: it is left to the peer to close it'))
    await rig.until(async () => (await bob.node.channels()).length === 0)
    await rig.until(async () => (await alice.node.channels().catch(() => [{}])).length === 0)
    expectExact(await settled(rig, [alice, bob]))
    // What was paid stays paid, and each pays a part of the fees.
    const due = FUNDS_SAT + CAPACITY_SAT / 2n + (3n * PAYMENT_MSAT) / 1000n
    expect(await bob.node.walletSat()).toBeGreaterThan(due - COST_SAT)
    expect(await bob.node.walletSat()).toBeLessThanOrEqual(due)
  })
})

/** A commitment, what pays for it, and a sweep. */
const COST_SAT = 20_000n
