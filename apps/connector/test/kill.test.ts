/**
 * A connector that is killed under load, again and again, and started on the same books: commit before reveal.
 *
 * One asset, no spread, a payer and a payee. Between two readings of the books, with one life of the connector
 * between them that ended by SIGKILL:
 *
 *   seen   ≤  the payer's `incoming`  =  the payee's `outgoing`  ≤  given  ≤  sent
 *
 * - seen: Prepares whose fulfillment reached the payer. The connector commits before it reveals, so each of them
 *   is in the books: else the payer would have its proof and owe nothing.
 * - Both accounts of a packet are booked in one transaction, so no kill comes between them.
 * - given: Prepares that the payee fulfilled. The books owe the payee no packet that it did not fulfill. They may
 *   owe less than it gave: a Fulfill that had not been read or committed when the connector died counts for nobody,
 *   which is as if it had come too late. Nobody has seen it further up, so the payer does not owe it either.
 * - sent: Prepares that the payer handed to its link.
 *
 * Holds are not kept: what is unanswered at the kill is void, for no session is left in which it could be answered.
 */
import { randomInt } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { Peer } from './peer.ts'
import { type Program, Programs, child, connectorOf } from './programs.ts'

const KILLS = 8
const PACKETS_IN_FLIGHT = 200
/** A life ends when the payer has seen some number of fulfillments, up to so many. */
const FULFILLMENTS_MAX = 3000
const AMOUNT_MAX = 1000
/** Turns of the event loop before the next payment, at most: else all packets go in step, and all kills alike. */
const PAUSE_TURNS_MAX = 5

const programs = new Programs()

afterAll(async () => programs.clear())

interface Life {
  readonly seen: bigint
  readonly given: bigint
  readonly sent: bigint
}

/** Pays without a pause; kills the connector as soon as so many fulfillments have been seen. */
async function payUntilKilled(program: Program, fulfillmentsMax: number): Promise<Life> {
  const payer = await Peer.connect('payer', program.port)
  const payee = await Peer.connect('payee', program.port)
  let fulfillments = 0
  let seen = 0n
  let sent = 0n

  const keepPaying = async (): Promise<string> => {
    for (;;) {
      for (let turns = randomInt(0, PAUSE_TURNS_MAX); turns > 0; turns--) await setImmediate()
      const amount = BigInt(randomInt(1, AMOUNT_MAX))
      sent += amount
      const outcome = await payer.pay('test.acme.payee', amount)
      if (outcome !== 'fulfilled') return outcome
      seen += amount
      if (++fulfillments === fulfillmentsMax) process.kill(program.pid, 'SIGKILL')
    }
  }
  const outcomes = await Promise.all(Array.from({ length: PACKETS_IN_FLIGHT }, keepPaying))
  await Promise.all([program.ended, payer.lost, payee.lost])
  // The kill ended all of them, and nothing else did.
  expect(outcomes.filter((outcome) => outcome !== 'lost' && outcome !== 'down')).toEqual([])
  await Promise.all([payer.close(), payee.close()])
  return { seen, given: payee.fulfilled, sent }
}

/** What the payer has paid and the payee been paid, as the books tell. */
async function readBooks(program: Program): Promise<{ readonly paid: bigint; readonly owed: bigint }> {
  const accounts = await program.accounts()
  const payer = accounts.get('payer')!
  const payee = accounts.get('payee')!
  expect(payer).toMatchObject({ balance: payer.incoming, outgoing: '0', heldIncoming: '0' })
  expect(payee).toMatchObject({ balance: `-${payee.outgoing}`, incoming: '0', heldOutgoing: '0' })
  return { paid: BigInt(payer.incoming), owed: BigInt(payee.outgoing) }
}

it('a connector killed under load has booked each fulfillment that it revealed (PCS-24)', async () => {
  const accounts = [child('payer'), child('payee')]
  // The disk is waited for at each commit, which leaves the most time to be killed between commit and reveal.
  const config = programs.file('node.json', { ...connectorOf(accounts, './data'), durability: 'power' })
  let program = await programs.start(config)
  let paidBefore = 0n
  for (let kill = 1; kill <= KILLS; kill++) {
    const fulfillments = randomInt(1, FULFILLMENTS_MAX)
    const { seen, given, sent } = await payUntilKilled(program, fulfillments)
    program = await programs.start(config)
    const { paid, owed } = await readBooks(program)
    expect(owed).toBe(paid)
    const life = `killed after ${fulfillments} fulfillments`
    expect(paid - paidBefore, life).toBeGreaterThanOrEqual(seen)
    expect(paid - paidBefore, life).toBeLessThanOrEqual(given)
    expect(given, life).toBeLessThanOrEqual(sent)
    paidBefore = paid
  }
  const payer = await Peer.connect('payer', program.port)
  const payee = await Peer.connect('payee', program.port)
  expect(await payer.pay('test.acme.payee', 1n)).toBe('fulfilled')
  expect(await readBooks(program)).toEqual({ paid: paidBefore + 1n, owed: paidBefore + 1n })
  await Promise.all([payer.close(), payee.close()])
  expect((await program.end('SIGTERM')).exitCode).toBe(0)
})
