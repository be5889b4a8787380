/**
 * One settlement at a time, cut off at each step by the death of who takes it, and then left alone: it goes on by
 * itself, without a packet more, and is paid once.
 *
 *   intended → channel decided, opened, filled up → claim signed, durable, sent → confirmed by the peer → redeemed
 *
 * `crash.test.ts` kills more, but under load, where the next settlement may carry what the last one forgot.
 */
import type { DevChain } from '@hourglass/evm-devchain'
import type { Ledger } from '@hourglass/ledger'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { checkBooks, checkChain, comeToRest, isSettled } from './audit.ts'
import { type Line, type Member, type MemberName } from './line.ts'
import type { Peer } from './peer.ts'
import { POINTS } from './points.ts'
import { Stage } from './stage.ts'

/** More than a settlement needs to be due, and soon expired where it is cut off. */
const AMOUNT = 1_500_000n
const TIMEOUT_MS = 5000
const PATIENCE = { timeout: 120_000, interval: 100 }

let stage: Stage
let chain: DevChain
let ledger: Ledger
let line: Line

beforeAll(async () => {
  stage = await Stage.open('ends')
  ;({ chain, ledger, line } = stage)
})

afterAll(async () => stage.close())

/** Pays packet after packet until `isOver`. */
async function payUntil(payer: Peer, to: string, isOver: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(async () => {
    if (await isOver()) return true
    await payer.up()
    await payer.pay(to, AMOUNT, TIMEOUT_MS)
    return isOver()
  }, PATIENCE)
}

/** Waits until all that was ordered is sent and received, with nobody paying meanwhile. */
async function settled(): Promise<void> {
  await vi.waitUntil(async () => isSettled(line), PATIENCE)
}

/** Lets a member die at one point after the other while alice pays; it is up again after that. */
async function crashAt(name: MemberName, ...points: readonly string[]): Promise<void> {
  const member = line.member(name)
  await member.kill()
  for (const point of points) {
    const life = member.launch({ point, pass: 1 })
    let isOver = false
    const over = life.ended.then(() => (isOver = true))
    const paying = payUntil(line.alice, 'test.cord.bob', () => isOver)
    await Promise.race([over, paying])
    await over
  }
  await member.start()
}

/** Whether the chain has a transaction of the member's that is not in a block. */
async function hasUnmined({ address }: Member): Promise<boolean> {
  const { pending } = await chain.request<{ pending: Record<string, unknown> }>('txpool_content')
  return Object.keys(pending).some((from) => from.toLowerCase() === address.toLowerCase())
}

describe('a settlement goes on by itself, and is paid once, where', { retry: 0 }, () => {
  it('the payer dies at each step of opening its channel, in one go', async () => {
    await crashAt('acme', ...POINTS.opening)
    await settled()
  })

  it.each(POINTS.paying)('the payer dies at %s', async (point) => {
    await crashAt('acme', point)
    await settled()
  })

  it.each(POINTS.paid)('the payee dies at %s', async (point) => {
    await crashAt('cord', point)
    await settled()
  })

  it.each([
    { name: 'cord', what: 'opens a channel', payer: () => line.bob, to: 'test.acme.alice' },
    { name: 'acme', what: 'fills up a channel', payer: () => line.alice, to: 'test.cord.bob' },
    { name: 'cord', what: 'redeems a claim', payer: () => line.alice, to: 'test.cord.bob' },
  ] as const)('$name dies while the transaction that $what is in no block', async ({ name, payer, to }) => {
    const member = line.member(name)
    await chain.request('evm_setAutomine', [false])
    await payUntil(payer(), to, async () => hasUnmined(member))
    await member.kill()
    await member.start()
    await chain.request('evm_setAutomine', [true])
    await chain.mine()
    await settled()
  })
})

it('after all of that, books and chain agree to the last unit', async () => {
  await Promise.all([line.alice.reconciled(), line.bob.reconciled()])
  await comeToRest(line, ledger)
  await checkBooks(line)
  await checkChain(line, ledger, chain)
})
