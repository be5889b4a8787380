/** Another config for a program that runs, by its command line, while packets flow. */
import { setTimeout } from 'node:timers/promises'
import { afterAll, expect, it, vi } from 'vitest'
import { loadConfig } from '../src/config.ts'
import { askRejections } from '../src/explain.ts'
import { submitConfig } from '../src/live-commands.ts'
import { Peer } from './peer.ts'
import { type AccountInput, Programs, child, connectorOf, findPorts } from './programs.ts'

/** Between two payments: the programs of this test share a processor. */
const PAUSE_MS = 10

const programs = new Programs()
const peers: Peer[] = []

afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.close()))
  await programs.clear()
})

it('plans and applies a config, explains refusals, and loses no packet meanwhile: CONN-40, CONN-41', async () => {
  const [port = 0] = await findPorts(1)
  const write = (accounts: AccountInput[]): string => {
    return programs.file('node.json', { ...connectorOf(accounts, `./data-${port}`), admin: { port } })
  }
  const file = write([child('alice'), child('bob')])
  const program = await programs.start(file)
  const connect = async (id: string): Promise<Peer> => {
    const peer = await Peer.connect(id, program.port)
    peers.push(peer)
    return peer
  }
  const alice = await connect('alice')
  const bob = await connect('bob')
  const over = new AbortController()
  const outcomes = new Set<string>()
  const paying = (async () => {
    while (!over.signal.aborted) {
      outcomes.add(await alice.pay('test.acme.bob', 1n))
      await setTimeout(PAUSE_MS)
    }
  })()

  // Time enough for a slow machine to take a config while a packet waits.
  const carols = child('carol', { balance: { max: '50' }, rules: { holdTimeMsMax: 50_000 } })
  write([child('alice'), child('bob'), carols])
  const changes = ['+ account carol: child, USD/6']
  expect(await submitConfig(file, 'plan')).toEqual({ changes, problems: [] })
  expect((await program.accounts()).has('carol')).toBe(false)
  expect(await programs.run(['apply', file])).toMatchObject({ exitCode: 0, stdout: `${changes[0]!}\n` })
  const carol = await connect('carol')
  expect(await carol.pay('test.acme.bob', 20n)).toBe('fulfilled')
  expect(await carol.pay('test.acme.bob', 31n)).toBe('T04')
  const [why] = await askRejections(loadConfig(file), { packet: undefined, account: 'carol' })
  expect(why?.sentence).toContain('The account owes 20, 0 of its packets are on hold')

  const last = carol.pay('test.acme.bob.held', 7n, 55_000)
  await bob.holds(1)
  over.abort()
  await paying
  expect(outcomes).toEqual(new Set(['fulfilled']))
  write([child('alice'), carols])
  expect(await submitConfig(file, 'apply')).toMatchObject({ problems: [] })
  const leaving = await program.accounts()
  expect(leaving.get('bob')).toMatchObject({ state: 'leaving', up: true })
  expect(await alice.pay('test.acme.bob', 1n)).toBe('F02')
  const released = bob.release('fulfill')
  expect(await last).toBe('fulfilled')
  await released
  await vi.waitUntil(async () => (await program.accounts()).get('bob')?.state === 'retired', {
    timeout: 30_000,
  })
  const accounts = await program.accounts()
  const [paid, received] = [accounts.get('carol')!, accounts.get('bob')!]
  expect([paid.incoming, paid.heldIncoming, received.heldOutgoing]).toEqual(['27', '0', '0'])
  expect(BigInt(received.outgoing)).toBe(BigInt(accounts.get('alice')!.incoming) + 27n)
  expect(await program.assets()).toMatchObject([{ sum: '0' }])
  expect((await program.end('SIGTERM')).exitCode).toBe(0)
})
