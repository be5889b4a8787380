/**
 * A connector that is killed under load, again and again, and started on the same books: none is forgotten.
 *
 * One asset, no spread, a payer and a payee. Each life of the connector ends by SIGKILL. The next one asks the payee
 * what became of the packets that it held, and is asked by the payer what became of those that were cut off. Then
 *
 *   what the payer knows to have paid  =  its `incoming`  =  the payee's `outgoing`  =  what the payee has fulfilled
 *
 * to the packet, and nothing is held. A fulfillment that the payer had seen is among them (commit before reveal), and
 * so is one that the connector had read and not booked, or never read: the payee can still show it.
 *
 * Packets expire soon, for one that never reached its next peer is held until it can no longer be taken there.
 */
import { randomInt } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { afterAll, expect, it, vi } from 'vitest'
import { Peer } from './peer.ts'
import { type Program, Programs, child, connectorOf, findPorts } from './programs.ts'

const KILLS = 6
const PACKETS_IN_FLIGHT = 200
/** A life ends when the payer has seen some number of fulfillments, up to so many. */
const FULFILLMENTS_MAX = 3000
const AMOUNT_MAX = 1000
/** Turns of the event loop before the next payment, at most: else all packets go in step, and all kills alike. */
const PAUSE_TURNS_MAX = 5
const TIMEOUT_MS = 5000
/** Until all that can expire has, and the connector has asked once more after that. */
const PATIENCE_MS = 4 * TIMEOUT_MS

const programs = new Programs()
const peers: Peer[] = []

afterAll(async () => {
  await Promise.all(peers.map(async (peer) => peer.close()))
  await programs.clear()
})

/** Pays without a pause; kills the connector as soon as so many fulfillments have been seen. */
async function payUntilKilled(program: Program, payer: Peer, fulfillmentsMax: number): Promise<void> {
  let fulfillments = 0
  const keepPaying = async (): Promise<string> => {
    for (;;) {
      for (let turns = randomInt(0, PAUSE_TURNS_MAX); turns > 0; turns--) await setImmediate()
      const outcome = await payer.pay('test.acme.payee', BigInt(randomInt(1, AMOUNT_MAX)), TIMEOUT_MS)
      if (outcome !== 'fulfilled') return outcome
      if (++fulfillments === fulfillmentsMax) process.kill(program.pid, 'SIGKILL')
    }
  }
  const outcomes = await Promise.all(Array.from({ length: PACKETS_IN_FLIGHT }, keepPaying))
  await program.ended
  // The kill ended all of them, and nothing else did.
  expect(outcomes.filter((outcome) => outcome !== 'lost' && outcome !== 'down')).toEqual([])
}

/** Waits until nothing is held; the books of all three say the same then. */
async function checkBooks(program: Program, payer: Peer, payee: Peer): Promise<void> {
  await payer.reconciled()
  await vi.waitUntil(async () => (await program.holds()).length === 0, { timeout: PATIENCE_MS })
  const { paid, conditions } = payer.books
  expect(conditions.paid).toEqual(payee.books.conditions.earned)
  expect(payee.books.earned).toBe(paid)
  const accounts = await program.accounts()
  const nothing = { heldIncoming: '0', heldOutgoing: '0', writtenOff: '0', settled: '0', received: '0' }
  const [incoming, outgoing] = [String(paid), String(-paid)]
  expect(accounts.get('payer')).toMatchObject({ ...nothing, incoming, outgoing: '0', balance: incoming })
  expect(accounts.get('payee')).toMatchObject({
    ...nothing,
    incoming: '0',
    outgoing: incoming,
    balance: outgoing,
  })
  expect(await program.assets()).toMatchObject([{ assetCode: 'USD', exchange: '0', sum: '0' }])
}

it(
  'a connector killed under load books exactly what was fulfilled, once it has asked (PCS-24)',
  { timeout: 120_000, retry: 0 },
  async () => {
    const [port] = (await findPorts(1)) as [number]
    const node = { ...connectorOf([child('payer'), child('payee')], './data'), listen: { port } }
    // The disk is waited for at each commit, which leaves the most time to be killed between commit and reveal.
    const config = programs.file('node.json', { ...node, durability: 'power' })
    let program = await programs.start(config)
    const payer = await Peer.connect('payer', port)
    const payee = await Peer.connect('payee', port)
    peers.push(payer, payee)
    for (let kill = 1; kill <= KILLS; kill++) {
      await payUntilKilled(program, payer, randomInt(1, FULFILLMENTS_MAX))
      program = await programs.start(config)
      await Promise.all([payer.up(), payee.up()])
      await checkBooks(program, payer, payee)
    }
    expect(await payer.pay('test.acme.payee', 1n)).toBe('fulfilled')
    await checkBooks(program, payer, payee)
    expect((await program.end('SIGTERM')).exitCode).toBe(0)
  },
)
