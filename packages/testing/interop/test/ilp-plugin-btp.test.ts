/** BTP with ilp-plugin-btp 1.5.0, the JavaScript world's own: in both roles, requests in both directions. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type LinkError, listenBtp } from '@hourglass/link-btp/io'
import { now } from '@hourglass/sansio/io'
import { serializeIlpFulfill, serializeIlpPrepare, serializeIlpReject } from 'ilp-packet'
import plugin from 'ilp-plugin-btp'
import { afterEach, describe, expect, it } from 'vitest'
import { OurEnd, connectOurEnd } from './our-end.ts'

/** By its types a module with a default, at run time the class that is its own default. */
const PluginBtp = plugin.default
type Plugin = InstanceType<typeof PluginBtp>

const HOST = '127.0.0.1'
const PREPARE = serializeIlpPrepare({
  amount: '100',
  expiresAt: new Date(now() + 60_000),
  executionCondition: Buffer.alloc(32, 7),
  destination: 'test.bob.1234',
  data: Buffer.alloc(32_767, 1),
})
const FULFILL = serializeIlpFulfill({ fulfillment: Buffer.alloc(32, 9), data: Buffer.from('thanks') })
const REJECT = serializeIlpReject({
  code: 'F02',
  triggeredBy: 'test',
  message: 'no route',
  data: Buffer.alloc(0),
})

/** Undone after each test, last first. */
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Ends {
  readonly ours: OurEnd
  readonly theirs: Plugin
}

/** The plugin connects to our server. */
async function pluginAsClient(): Promise<Ends & { readonly dropSocket: () => void }> {
  const ours = new OurEnd({ role: 'server' })
  ours.serve = () => FULFILL
  cleanups.push(() => ours.stop())
  const server = await listenBtp({
    host: HOST,
    port: 0,
    authenticate: ({ username, token }) => (username === 'alice' && token === 'secret' ? 'alice' : undefined),
    receive: (_account, wire) => ours.receive(wire),
  })
  cleanups.push(() => server.close())
  ours.send = (wire) => server.send('alice', wire)
  const theirs = new PluginBtp({ server: `btp+ws://alice:secret@${HOST}:${server.port}` })
  cleanups.push(() => theirs.disconnect())
  await Promise.all([theirs.connect(), ours.up()])
  return { ours, theirs, dropSocket: () => server.send('alice', { kind: 'close', reason: 'not-btp' }) }
}

/** We connect to the plugin's `listener`. */
async function pluginAsServer(): Promise<Ends> {
  const { theirs, url } = await listeningPlugin()
  const ours = connectOurs(url, 'secret', () => undefined)
  await Promise.all([theirs.connect(), ours.up()])
  return { ours, theirs }
}

async function listeningPlugin(): Promise<{ theirs: Plugin; url: string }> {
  const httpServer = createServer()
  // The plugin has it listen on its own port when it connects; it is known before that way.
  httpServer.listen(0, HOST)
  await once(httpServer, 'listening')
  const { port } = httpServer.address() as AddressInfo
  httpServer.listen = () => httpServer
  const theirs = new PluginBtp({ listener: { port, secret: 'secret', wsOpts: { server: httpServer } } })
  cleanups.push(() => theirs.disconnect())
  return { theirs, url: `ws://${HOST}:${port}/` }
}

function connectOurs(url: string, token: string, report: (error: LinkError) => void): OurEnd {
  const { end, close } = connectOurEnd({ url, username: '', token, report })
  end.serve = () => FULFILL
  cleanups.push(close)
  return end
}

describe.each<readonly [string, () => Promise<Ends>]>([
  ['ilp-plugin-btp as client of our server', pluginAsClient],
  ['ilp-plugin-btp as server of our client', pluginAsServer],
])('%s', (_, connect) => {
  it('gets our replies to its packets: a Fulfill, a Reject, at any size (BTP-12, BTP-13)', async () => {
    const { ours, theirs } = await connect()
    const served: Uint8Array[] = []
    for (const reply of [FULFILL, REJECT]) {
      ours.serve = (packet) => {
        served.push(packet)
        return reply
      }
      expect(await theirs.sendData(PREPARE)).toEqual(reply)
    }
    expect(served.map((packet) => Buffer.from(packet))).toEqual([PREPARE, PREPARE])
  })

  it('answers our packets (BTP-15)', async () => {
    const { ours, theirs } = await connect()
    theirs.registerDataHandler((packet) => Promise.resolve(packet.equals(PREPARE) ? FULFILL : REJECT))
    expect(await ours.ask(PREPARE)).toMatchObject({ body: new Uint8Array(FULFILL) })
    expect(await ours.ask(PREPARE.subarray(0, 50))).toMatchObject({ body: new Uint8Array(REJECT) })
  })

  it('keeps hundreds of packets apart, both ways at once', async () => {
    const { ours, theirs } = await connect()
    const echo = (packet: Uint8Array): Buffer => Buffer.from([13, ...packet.subarray(1)])
    ours.serve = echo
    theirs.registerDataHandler((packet) => Promise.resolve(echo(packet)))
    const packets = Array.from({ length: 500 }, (_, i) => Buffer.from([12, i >> 8, i & 0xff]))
    const [toThem, toUs] = await Promise.all([
      Promise.all(packets.map((packet) => ours.ask(packet))),
      Promise.all(packets.map((packet) => theirs.sendData(packet))),
    ])
    expect(toUs).toEqual(packets.map(echo))
    expect(toThem.map((answer) => 'body' in answer && Buffer.from(answer.body))).toEqual(packets.map(echo))
  })

  it('learns why we do not serve a request (BTP-33, BTP-34)', async () => {
    const { ours, theirs } = await connect()
    ours.serve = () => 'not today'
    await expect(theirs.sendData(PREPARE)).rejects.toThrow(/F00.*NotAcceptedError.*not today/)
  })

  it('refuses what it does not serve: packets without a handler, other protocols', async () => {
    const { ours, theirs } = await connect()
    expect(await ours.ask(PREPARE)).toMatchObject({ failure: 'refused' })
    theirs.registerDataHandler(() => Promise.resolve(FULFILL))
    expect(await ours.ask(Uint8Array.of(1, 2, 3), 'channel')).toMatchObject({ failure: 'refused' })
  })
})

describe('authentication with ilp-plugin-btp', () => {
  it('is refused by our server where its token is wrong (BTP-21)', async () => {
    const server = await listenBtp({
      host: HOST,
      port: 0,
      authenticate: () => undefined,
      receive: () => undefined,
    })
    cleanups.push(() => server.close())
    const theirs = new PluginBtp({ server: `btp+ws://alice:wrong@${HOST}:${server.port}` })
    await expect(theirs.connect()).rejects.toThrow('connection aborted')
  })

  it('is refused by its server where our token is wrong', async () => {
    const { theirs, url } = await listeningPlugin()
    const { promise: error, resolve } = Promise.withResolvers<LinkError>()
    connectOurs(url, 'wrong', resolve)
    // It has no account until somebody's token is right.
    theirs.connect().catch(() => undefined)
    expect(await error).toMatchObject({ code: 'token-refused' })
  })
})

describe('ilp-plugin-btp whose socket is cut', () => {
  it('connects again and goes on (BTP-27)', async () => {
    const { ours, theirs, dropSocket } = await pluginAsClient()
    dropSocket()
    await ours.up(2)
    expect(await theirs.sendData(PREPARE)).toEqual(FULFILL)
  })
})
