/**
 * Three connectors in a line, real processes over BTP with journals and channels on a real chain, killed under load
 * again and again: at every named point (`points.ts`), at random moments, and in the middle of recovering from the
 * last time. Once they are left in peace, all is as it should be, to the last unit:
 *
 * - nothing is held, and every asset of every node adds up to zero;
 * - each side's view of an account is the other side's, turned around;
 * - the payers know as paid exactly the packets that the payees fulfilled, and owe as much; where a member was away for
 *   longer than a packet lives, it has written off what it posted, and nobody else has lost anything;
 * - what one settled the other received and the chain has paid, over one channel; not a wei is anywhere else.
 *
 * HOURGLASS_CRASHES says how many kills there are at least. Default 60, of which most are at named points: a minute
 * on two processors with little else to do. 300 take five.
 */
import type { DevChain } from '@hourglass/evm-devchain'
import type { Ledger } from '@hourglass/ledger'
import { now } from '@hourglass/sansio/io'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { checkBooks, checkChain, comeToRest } from './audit.ts'
import { type Line, MEMBERS, type Member } from './line.ts'
import { ALL_POINTS } from './points.ts'
import { Stage } from './stage.ts'
import { AT_RANDOM, Storm } from './storm.ts'

const CRASHES_DEFAULT = 60
const crashes = Number(process.env['HOURGLASS_CRASHES'] ?? CRASHES_DEFAULT)
/** For starts on a machine that is busy with something else. */
const PATIENCE_MS = 900_000 + crashes * 5000
const SHORT_TIMEOUT_MS = 6000

let stage: Stage
let chain: DevChain
let ledger: Ledger
let line: Line

beforeAll(async () => {
  stage = await Stage.open('bolt')
  ;({ chain, ledger, line } = stage)
})

afterAll(async () => stage.close())

async function checkAtRest(line: Line): Promise<void> {
  await comeToRest(line, ledger)
  await checkBooks(line)
  await checkChain(line, ledger, chain)
}

it(
  'connectors that are killed anywhere forget nothing and pay nothing twice (PCS-24, HTLA-08, HTLA-09)',
  { timeout: PATIENCE_MS, retry: 0 },
  async () => {
    const peace = new AbortController()
    const load = line.load(peace.signal)
    const kills = await new Storm(line, crashes).rage()
    peace.abort()
    await load
    await checkAtRest(line)
    expect(new Set(kills.keys())).toEqual(new Set([...ALL_POINTS, AT_RANDOM]))
    expect(line.alice.books.conditions.paid.size).toBeGreaterThan(0)
  },
)

it('what a payee can show is paid, however long its connector was away (PCS-24)', { retry: 0 }, async () => {
  const [acme, bolt, cord] = MEMBERS.map((name) => line.member(name)) as [Member, Member, Member]
  await cord.kill()
  const life = cord.launch({ point: 'heard.wire.fulfill', pass: 1 })
  const paidBefore = line.alice.books.conditions.paid.size
  const died = life.ended.then(async () => Promise.all([acme.kill(), bolt.kill()]))
  let outcome: string | undefined
  while (outcome !== 'lost') outcome = await line.alice.pay('test.cord.bob', 1_000_000n, SHORT_TIMEOUT_MS)
  await died
  await Promise.all([acme.start(), bolt.start()])
  const holdsOf = async ({ program }: Member): Promise<string[]> =>
    (await program.holds()).map(({ state, expiresAt }) => `${state} ${Date.parse(expiresAt) > now()}`)
  await vi.waitUntil(async () => String(await holdsOf(acme)) === 'unknown false', { timeout: 60_000 })
  // Nobody guesses: not even when asked again.
  await acme.program.order('bolt', 'reconcile')
  expect([await holdsOf(acme), await holdsOf(bolt)]).toEqual([['unknown false'], ['unknown false']])
  expect(line.alice.books.undecided).toBe(1)
  await cord.start()
  await line.alice.reconciled()
  expect(line.alice.books.conditions.paid.size).toBe(paidBefore + 1)
  await checkAtRest(line)
})
