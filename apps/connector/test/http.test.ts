/** Two connectors that peer over HTTP, one synchronously and one asynchronously, with a customer each over BTP. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Peer } from './peer.ts'
import { type AccountInput, type Program, Programs, child, findPorts } from './programs.ts'

const programs = new Programs()
const peers: Peer[] = []
let acme: Program
let bolt: Program
let alice: Peer
let carol: Peer
let bob: Peer

beforeAll(async () => {
  const [acmePort, boltPort] = (await findPorts(2)) as [number, number]
  const configOf = (name: string, customer: string, port: number, other: AccountInput): object => ({
    address: `test.${name}`,
    data: `./${name}`,
    durability: 'process',
    listen: { port },
    admin: { port: 0 },
    accounts: [child(customer), child('carol'), other],
    routes: [
      { prefix: `test.${other.id}`, account: other.id },
      { prefix: 'test.shop', account: other.id, weight: 9 },
      { prefix: 'test.shop', account: 'carol' },
    ],
  })
  const peering = (id: string, url: string, link: Partial<AccountInput['link']>): AccountInput => ({
    id,
    relation: 'peer',
    asset: { code: 'USD', scale: 6 },
    link: { kind: 'http', url, ...link } as AccountInput['link'],
    balance: { max: '1000' },
  })
  const boltUrl = `http://127.0.0.1:${boltPort}/accounts/acme/ilp`
  const acmeUrl = `http://127.0.0.1:${acmePort}/ilp`
  const toBolt = {
    token: 'acme-hush',
    peerTokens: ['last-year', 'bolt-hush'],
    mode: 'async',
    callbackUrl: acmeUrl,
  }
  const toAcme = { token: 'bolt-hush', peerTokens: ['acme-hush'], http2: true }
  const files = [
    programs.file('acme.json', configOf('acme', 'alice', acmePort, peering('bolt', boltUrl, toBolt))),
    programs.file('bolt.json', configOf('bolt', 'bob', boltPort, peering('acme', acmeUrl, toAcme))),
  ]
  ;[acme, bolt] = (await Promise.all(files.map((file) => programs.start(file)))) as [Program, Program]
  alice = await Peer.connect('alice', acmePort)
  carol = await Peer.connect('carol', acmePort)
  bob = await Peer.connect('bob', boltPort)
  peers.push(alice, bob, carol)
})

afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.close()))
  await programs.clear()
})

it('they pay one another, their balances mirror, and both are told that (CONN-05, ILP-66)', async () => {
  for (let i = 1; i <= 20; i++) {
    expect(await alice.pay('test.bolt.bob', 10n)).toBe('fulfilled')
    expect(await bob.pay('test.acme.alice', 7n)).toBe('fulfilled')
  }
  const [toBolt, toAcme] = await Promise.all([
    acme.accounts().then((accounts) => accounts.get('bolt')),
    bolt.accounts().then((accounts) => accounts.get('acme')),
  ])
  expect(toBolt).toMatchObject({ up: true, balance: '-60', incoming: '140', outgoing: '200' })
  expect(toAcme).toMatchObject({ up: true, balance: '60', incoming: '200', outgoing: '140' })
})

it('they ask one another what became of packets, as over any other link', async () => {
  const reconcile = async (program: Program, id: string): Promise<void> => {
    await program.order(id, 'reconcile')
    await vi.waitUntil(async () => (await program.accounts()).get(id)?.reconciles === true, {
      timeout: 30_000,
    })
  }
  await reconcile(acme, 'bolt')
  await reconcile(bolt, 'acme')
})

it('a peer that is gone is T01 and costs nothing', async () => {
  await bolt.end('SIGKILL')
  expect(await alice.pay('test.bolt.bob', 10n)).toBe('T01')
  expect(await acme.accounts().then((accounts) => accounts.get('bolt'))).toMatchObject({
    balance: '-60',
    heldOutgoing: '0',
  })
})

it('a peer that is gone leaves its share of the packets to the other next hops', async () => {
  for (let i = 0; i < SHOPS; i++) {
    const pay = async (): Promise<boolean> => (await alice.pay(`test.shop.${i}`, 1n)) === 'fulfilled'
    await vi.waitUntil(pay, { timeout: 30_000, interval: 1 })
  }
  expect(carol.packets).toBe(SHOPS)
})

/** Addresses, each of which has one way at a time: nine of ten by the peer that is gone. */
const SHOPS = 20
