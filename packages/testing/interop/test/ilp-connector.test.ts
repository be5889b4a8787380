/**
 * Routes with ilp-connector 23.0.2, learnt and withdrawn in both directions, and packets over them:
 *
 *   alice ─ leaf ══ ours ═BTP═ theirs ── carol ─ bob          two connectors of ours, two of theirs; nothing is set
 */
import { hash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import {
  type ConfigInput,
  type RunningConnector,
  checkConfig,
  startConnector,
} from '@hourglass/connector-app'
import {
  type Reply,
  PacketType,
  decodePrepare,
  decodeReply,
  encodeFulfill,
  encodePrepare,
  toAddress,
} from '@hourglass/ilp'
import plugin from 'ilp-plugin-btp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DirectLink, DirectPlugin, type PacketHandler, startIlpConnector } from './ilp-connector.ts'

const require = createRequire(import.meta.url)
const PluginBtp = plugin.default
const HOST = '127.0.0.1'
const OURS = 'test.ours'
const directory = mkdtempSync(join(tmpdir(), 'hourglass-routes-'))
/** Undone at the end, last first. */
const cleanups: (() => unknown)[] = [() => rmSync(directory, { recursive: true })]

const asset = { code: 'USD', scale: 9 }
const balance = { max: '1000000000000' }

async function startOurs(address: string, accounts: ConfigInput['accounts']): Promise<RunningConnector> {
  const data = join(directory, address)
  const config = {
    address,
    data,
    accounts,
    durability: 'process',
    listen: { port: 0 },
    admin: { port: 0 },
    routing: {},
    logLevel: 'silent',
  }
  const connector = await startConnector(checkConfig(config, address))
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= connector.stop())
  cleanups.push(stop)
  return { ...connector, stop }
}

/** Fulfills with what the packet's data carries. */
const fulfill: PacketHandler = (packet) =>
  Promise.resolve(
    Buffer.from(encodeFulfill({ fulfillment: decodePrepare(packet).data.slice(0, 32), data: NOTHING })),
  )
const NOTHING = new Uint8Array(0)

/** What becomes of a packet. */
async function pay(send: PacketHandler, destination: string): Promise<Reply> {
  const data = randomBytes(32)
  const packet = encodePrepare({
    amount: 1000n,
    expiresAt: Date.now() + 30_000,
    executionCondition: hash('sha256', data, 'buffer'),
    destination: toAddress(destination),
    data,
  })
  return decodeReply(await send(Buffer.from(packet)))
}

/** Sends packets until one ends like that. */
async function payUntil(
  send: PacketHandler,
  destination: string,
  isEnd: (reply: Reply) => boolean,
): Promise<Reply> {
  for (;;) {
    const reply = await pay(send, destination)
    if (isEnd(reply)) return reply
    await wait(50)
  }
}

const isFulfilled = ({ type }: Reply): boolean => type === PacketType.Fulfill
const isUnreachableAt =
  (address: string) =>
  (reply: Reply): boolean =>
    reply.type === PacketType.Reject && reply.code === 'F02' && reply.triggeredBy === address

// It gives up on a peer that once is slow to answer, until it is asked again after the hold-down time.
describe('interop: ilp-connector as teller and hearer of routes', { timeout: 180_000 }, () => {
  let ours: RunningConnector
  let leaf: RunningConnector
  let alice: InstanceType<typeof PluginBtp>
  const bob = new DirectPlugin(true)
  const link = new DirectLink()
  const fromAlice: PacketHandler = (packet) => alice.sendData(packet)
  const fromBob: PacketHandler = (packet) => bob.incoming(packet)

  beforeAll(async () => {
    const peer = { relation: 'peer', asset, balance } as const
    ours = await startOurs(OURS, [
      { ...peer, id: 'theirs', link: { kind: 'btp-server', token: 'hush' } },
      { ...peer, id: 'leaf', link: { kind: 'btp-server', token: 'hush' } },
    ])
    const url = `btp+ws://leaf@${HOST}:${ours.port ?? 0}`
    leaf = await startOurs('test.leaf', [
      { ...peer, id: 'ours', link: { kind: 'btp-client', url, token: 'hush' } },
      { ...peer, id: 'alice', relation: 'child', link: { kind: 'btp-server', token: 'hush' } },
    ])
    alice = new PluginBtp({ server: `btp+ws://alice:hush@${HOST}:${leaf.port ?? 0}` })
    alice.registerDataHandler(fulfill)
    await alice.connect()
    cleanups.push(() => alice.disconnect())
    bob.outgoing = fulfill
    const [toCarol, toTheirs] = link.ends
    cleanups.push(
      await startIlpConnector('test.theirs', {
        ours: {
          relation: 'peer',
          plugin: require.resolve('ilp-plugin-btp'),
          options: { server: `btp+ws://theirs:hush@${HOST}:${ours.port ?? 0}` },
        },
        carol: { relation: 'peer', plugin: toCarol },
      }),
      await startIlpConnector('test.carol', {
        theirs: { relation: 'peer', plugin: toTheirs },
        bob: { relation: 'child', plugin: bob, sendRoutes: false, receiveRoutes: false },
      }),
    )
    link.setConnected(true)
  })

  afterAll(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
  })

  it('are learnt in both directions, and packets pass each way over them: CCP-06, CCP-43', async () => {
    await payUntil(fromAlice, 'test.carol.bob', isFulfilled)
    await payUntil(fromBob, 'test.leaf.alice', isFulfilled)
    const response = await fetch(`http://${HOST}:${leaf.adminPort ?? 0}/routes`)
    const routes = (await response.json()) as { prefix: string }[]
    const [viaOurs, bare] = [
      { account: 'ours', isUsable: true },
      { isUsable: true, weight: 1 },
    ]
    expect(routes).toEqual([
      {
        prefix: 'test.carol',
        origin: 'learnt',
        nextHops: [{ ...viaOurs, path: [OURS, 'test.theirs', 'test.carol'] }],
      },
      { prefix: 'test.leaf', origin: 'own', nextHops: [] },
      { prefix: 'test.leaf.alice', origin: 'set', nextHops: [{ ...bare, account: 'alice' }] },
      { prefix: OURS, origin: 'learnt', nextHops: [{ ...viaOurs, path: [OURS] }] },
      { prefix: 'test.theirs', origin: 'learnt', nextHops: [{ ...viaOurs, path: [OURS, 'test.theirs'] }] },
    ])
  })

  it('are withdrawn by them, and told again: CCP-31, CCP-56', async () => {
    link.setConnected(false)
    await payUntil(fromAlice, 'test.carol.bob', isUnreachableAt('test.leaf'))
    expect(ours.node.connector.routing?.table.get('test.carol')).toBeUndefined()
    link.setConnected(true)
    await payUntil(fromAlice, 'test.carol.bob', isFulfilled)
  })

  it('are withdrawn by us: CCP-31, CCP-56', async () => {
    await leaf.stop()
    await payUntil(fromBob, 'test.leaf.alice', isUnreachableAt('test.carol'))
  })
})
