/**
 * Two connectors, real programs with a channel between them on a real chain. Bolt trusts acme with nothing: acme pays
 * ahead, and every packet is bought with money that bolt has had before.
 *
 *   alice ── acme ══ bolt ── bob
 */
import { DEV_ACCOUNTS, type DevChain, startDevChain } from '@hourglass/evm-devchain'
import { deployPayChan } from '@hourglass/ledger-evm/io'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { ConfigInput } from '../src/config.ts'
import type { AccountReport } from '../src/reports.ts'
import { Peer } from './peer.ts'
import { type AccountInput, type Program, Programs, child, findPorts } from './programs.ts'

const ASSET = { code: 'ETH', scale: 9 }
/** What bolt holds of acme's for packets to come, at most. */
const WINDOW = 1_000_000n
/** As much as half of the window is there whatever went before. */
const PACKET = WINDOW / 2n
/** The window has to be filled up again and again. */
const PACKETS = 8
/** Wei: many windows of 10^15. */
const DEPOSIT = String(10n ** 17n)
const PATIENCE = { timeout: 60_000, interval: 50 }

const programs = new Programs()
let chain: DevChain
let acme: Program
let bolt: Program
let acmeConfig: string
let alice: Peer
let bob: Peer

function nodeOf(name: string, owner: 0 | 1, port: number): Omit<ConfigInput, 'accounts'> {
  const { privateKey } = DEV_ACCOUNTS[owner]
  return {
    ...{ address: `test.${name}`, data: `./${name}`, durability: 'process' },
    ...{ listen: { port }, admin: { port: 0 } },
    ledgers: { evm: { kind: 'evm', rpcUrl: chain.url, privateKey, confirmations: 1, pollMs: 100 } },
  }
}

function peer(id: string, link: AccountInput['link'], balance: AccountInput['balance']): AccountInput {
  const settlement = { kind: 'channel', ledger: 'evm', deposit: DEPOSIT } as const
  return { id, relation: 'peer', asset: ASSET, link, balance, settlement }
}

beforeAll(async () => {
  chain = await startDevChain()
  await deployPayChan({ rpcUrl: chain.url, privateKey: DEV_ACCOUNTS.at(-1)!.privateKey })
  const [acmePort, boltPort] = (await findPorts(2)) as [number, number]
  const toBolt = { kind: 'btp-client', url: `btp+ws://acme@127.0.0.1:${boltPort}`, token: 'hush' } as const
  acmeConfig = programs.file('acme.json', {
    ...nodeOf('acme', 0, acmePort),
    accounts: [
      child('alice', { asset: ASSET }),
      peer('bolt', toBolt, { max: String(WINDOW), prepay: String(WINDOW) }),
    ],
    routes: [{ prefix: 'test.bolt', account: 'bolt' }],
  } satisfies ConfigInput)
  const boltConfig = programs.file('bolt.json', {
    ...nodeOf('bolt', 1, boltPort),
    accounts: [
      child('bob', { asset: ASSET }),
      peer('acme', { kind: 'btp-server', token: 'hush' }, { max: '0' }),
    ],
  } satisfies ConfigInput)
  ;[acme, bolt] = await Promise.all([programs.start(acmeConfig), programs.start(boltConfig)])
  ;[alice, bob] = await Promise.all([Peer.connect('alice', acmePort), Peer.connect('bob', boltPort)])
}, 120_000)

afterAll(async () => {
  await Promise.all([alice.close(), bob.close()])
  await programs.clear()
  await chain.stop()
})

async function reportOf(program: Program, id: string): Promise<AccountReport> {
  return (await program.accounts()).get(id)!
}

/** Resolves when bolt has had the whole window, and nothing is on its way. */
async function filledUp(paid: bigint): Promise<void> {
  const settled = String(paid + WINDOW)
  await vi.waitUntil(async () => (await reportOf(bolt, 'acme')).received === settled, PATIENCE)
  await vi.waitUntil(async () => (await reportOf(acme, 'bolt')).settled === settled, PATIENCE)
}

/** Pays one packet after the other; each as soon as there is money for it. */
async function pay(packets: number): Promise<void> {
  for (let i = 0; i < packets; i++) {
    await vi.waitUntil(async () => {
      await alice.up()
      // Money may be on its way still, or the link be.
      return (await alice.pay('test.bolt.bob', PACKET)) === 'fulfilled'
    }, PATIENCE)
    expect(await reportOf(bolt, 'acme')).toMatchObject({ receivable: '0' })
  }
}

function expectMirror(ours: AccountReport, theirs: AccountReport, paid: bigint): void {
  const atRest = { settling: '0', heldIncoming: '0', heldOutgoing: '0', writtenOff: '0' }
  const [moved, held] = [String(paid), String(paid + WINDOW)]
  expect(ours).toMatchObject({ ...atRest, outgoing: moved, settled: held, balance: String(WINDOW) })
  expect(theirs).toMatchObject({ ...atRest, incoming: moved, received: held, balance: String(-WINDOW) })
}

it('who is paid ahead is never owed a unit, also when its payer is killed (RISK-11, RISK-12)', async () => {
  await filledUp(0n)
  await pay(PACKETS)
  await filledUp(alice.books.paid)
  await acme.end('SIGKILL')
  acme = await programs.start(acmeConfig)
  await pay(PACKETS)
  const { paid } = alice.books
  expect(paid).toBe(2n * BigInt(PACKETS) * PACKET)
  await filledUp(paid)
  expectMirror(await reportOf(acme, 'bolt'), await reportOf(bolt, 'acme'), paid)
  expect(bob.books.earned).toBe(paid)
}, 120_000)
