/** npm's peers in processes of their own, packets both ways. Details of them stand in files of their own. */
import { setTimeout as wait } from 'node:timers/promises'
import { createRequire } from 'node:module'
import type { RunningConnector } from '@hourglass/connector-app'
import { listenBtp } from '@hourglass/link-btp/io'
import { BtpPlugin } from '@hourglass/plugin-btp'
import { type Connection, type DataAndMoneyStream, createConnection, createServer } from 'ilp-protocol-stream'
import { afterEach, describe, expect, it } from 'vitest'
import { HOST, addressOf, childOf, cleanups, dispose, isUp, pay, server, startNode } from './one-connector.ts'
import { OurEnd, connectOurEnd } from './our-end.ts'
import { outcome, prepare, serve } from './packets.ts'
import { PeerProcess, type PeerPlan, startProgram } from './peer-process.ts'

const require = createRequire(import.meta.url)

afterEach(dispose)

async function start(plan: PeerPlan): Promise<PeerProcess> {
  const peer = await PeerProcess.start(plan)
  cleanups.push(() => peer.stop())
  return peer
}

function connect(port: number, username: string, token: string): OurEnd {
  const { end, close } = connectOurEnd({ url: `ws://${HOST}:${port}/`, username, token })
  cleanups.push(close)
  end.serve = serve
  return end
}

async function ask(end: OurEnd, packet: Buffer): Promise<Buffer | string> {
  const answer = await end.ask(packet)
  if (!('body' in answer)) throw new Error(`no answer: ${answer.failure}`)
  return outcome(answer.body)
}

interface ExchangeOptions {
  readonly ourAddress: string
  readonly theirAddress: string
  /** As much as fits for them. */
  readonly theirDataMax?: number
}

/** A Fulfill with as much data as fits, and a Reject, in both directions. */
async function exchange(
  ours: OurEnd,
  theirs: PeerProcess,
  { ourAddress, theirAddress, theirDataMax = 32_767 }: ExchangeOptions,
): Promise<void> {
  const data = Buffer.alloc(32_767, 5)
  const theirData = data.subarray(0, theirDataMax)
  expect(await ask(ours, prepare(theirAddress, '10', theirData))).toEqual(theirData)
  expect(await ask(ours, prepare(`${theirAddress}.nobody`, '10'))).toBe('F02')
  expect(outcome(await theirs.sendData(prepare(ourAddress, '10', data)))).toEqual(data)
  expect(outcome(await theirs.sendData(prepare(`${ourAddress}.nobody`, '10')))).toBe('F02')
}

describe('interop: ilp-plugin-btp as client of our server', () => {
  it('exchanges packets both ways', async () => {
    const ours = new OurEnd({ role: 'server' })
    ours.serve = serve
    const listening = await listenBtp({
      ...{ host: HOST, port: 0 },
      authenticate: ({ username, token }) => (username === 'peer' && token === 'hush' ? 'peer' : undefined),
      receive: (_account, wire) => ours.receive(wire),
    })
    ours.send = (wire) => listening.send('peer', wire)
    cleanups.push(
      () => listening.close(),
      () => ours.stop(),
    )
    const options = { server: `btp+ws://peer:hush@${HOST}:${listening.port}` }
    const theirs = await start({ module: require.resolve('ilp-plugin-btp'), options })
    await Promise.all([theirs.connect(), ours.up()])
    await exchange(ours, theirs, { ourAddress: 'test.ours', theirAddress: 'test.theirs' })
  })
})

describe('interop: ilp-plugin-btp as server of our client', () => {
  it('exchanges packets both ways', async () => {
    const options = { listener: { port: 1, secret: 'hush' } }
    const theirs = await start({ module: require.resolve('ilp-plugin-btp'), options, listensBy: 'listener' })
    const connected = theirs.connect()
    const ours = connect(theirs.port, '', 'hush')
    await Promise.all([connected, ours.up()])
    await exchange(ours, theirs, { ourAddress: 'test.ours', theirAddress: 'test.theirs' })
  })
})

describe('interop: ilp-plugin-mini-accounts as parent of our client', () => {
  const debugHostIldcpInfo = { clientAddress: 'test.parent', assetCode: 'XRP', assetScale: 9 }

  it('gives us an address by IL-DCP, and exchanges packets both ways', async () => {
    const options = { debugHostIldcpInfo, generateAccount: true }
    const theirs = await start({
      module: require.resolve('ilp-plugin-mini-accounts'),
      options,
      listensBy: '',
    })
    await theirs.connect()
    // The account is what the token makes it: two tokens, two children.
    const [ours, other] = ['hush', 'psst'].map((token) => connect(theirs.port, '', token))
    await Promise.all([ours!.up(), other!.up()])
    const addresses = await Promise.all([ours!, other!].map((child) => addressOf(child)))
    expect(new Set(addresses).size).toBe(2)
    for (const address of addresses) expect(address).toMatch(/^test\.parent\.[\w-]{43}$/)
    await exchange(ours!, theirs, { ourAddress: addresses[0]!, theirAddress: 'test.elsewhere' })
    await exchange(other!, theirs, { ourAddress: addresses[1]!, theirAddress: 'test.elsewhere' })
  })
})

describe('interop: ilp-plugin-http as peer of our connector', () => {
  it.each([{ http2: false }, { http2: true }])(
    'exchanges packets both ways, its own over HTTP/2: $http2',
    async ({ http2 }) => {
      const theirs = await start({
        module: require.resolve('ilp-plugin-http'),
        options: { incoming: { staticToken: 'to-them' } },
        listensBy: 'incoming',
      })
      const url = `http://${HOST}:${theirs.port}/ilp`
      const acme = await startNode('acme', 'alice', {
        link: { kind: 'http', url, token: 'to-them', peerTokens: ['to-us'] },
      })
      const ourUrl = `http://${HOST}:${acme.port ?? 0}/ilp`
      await theirs.connect({ outgoing: { url: ourUrl, staticToken: 'to-us', name: 'theirs', http2 } })
      const alice = await childOf(acme, 'alice')
      // A whole packet has no more octets there than the data of one may have.
      const theirAddress = 'test.theirs'
      const theirDataMax = 32_767 - (prepare(theirAddress, '10', Buffer.alloc(1000)).length - 1000)
      await exchange(alice, theirs, { ourAddress: 'test.acme.alice', theirAddress, theirDataMax })
      expect(await ask(alice, prepare(theirAddress, '10', Buffer.alloc(theirDataMax + 1)))).toBe('F00')
    },
  )
})

/** The peer of `test.a` and `test.b`, with a plugin for each. */
async function throughIlpConnector(plugins: { readonly a: string; readonly b: string }): Promise<void> {
  const nodes = {
    a: await startNode('a', 'alice', server('to-a')),
    b: await startNode('b', 'bob', server('to-b')),
  }
  const account = (name: 'a' | 'b'): object => ({
    relation: 'peer',
    plugin: require.resolve(plugins[name]),
    ...{ assetCode: 'USD', assetScale: 6, sendRoutes: false, receiveRoutes: false },
    balance: { maximum: '1000000', minimum: '-1000000' },
    options: { server: `btp+ws://peer:to-${name}@${HOST}:${nodes[name].port ?? 0}` },
  })
  const program = startProgram(require.resolve('ilp-connector'), {
    CONNECTOR_ENV: 'test',
    CONNECTOR_ILP_ADDRESS: 'test.c',
    CONNECTOR_BACKEND: 'one-to-one',
    CONNECTOR_SPREAD: '0',
    CONNECTOR_ADMIN_API: 'false',
    CONNECTOR_ROUTE_BROADCAST_ENABLED: 'true',
    CONNECTOR_ACCOUNTS: JSON.stringify({ a: account('a'), b: account('b') }),
    CONNECTOR_ROUTES: JSON.stringify(['a', 'b'].map((id) => ({ targetPrefix: `test.${id}`, peerId: id }))),
  })
  cleanups.push(() => program.stop())
  const [alice, bob] = [await childOf(nodes.a, 'alice'), await childOf(nodes.b, 'bob')]
  while (!isUp(nodes.a) || !isUp(nodes.b)) await wait(10)
  // Connected is not ready: until its routes are loaded it knows of nobody.
  while ((await pay(alice, 'test.b.bob', '1')) !== '1') await wait(10)
  while ((await pay(bob, 'test.a.alice', '1')) !== '1') await wait(10)
  expect(await pay(alice, 'test.b.bob', '700')).toBe('700')
  expect(await pay(bob, 'test.a.alice', '300')).toBe('300')
  expect(await pay(alice, 'test.b.nobody', '5')).toBe('F02')
  expect(await pay(alice, 'test.d.somebody', '5')).toBe('F02')
}

describe('interop: ilp-connector as neighbour of our connectors', () => {
  it('forwards packets both ways between two of them', () =>
    throughIlpConnector({ a: 'ilp-plugin-btp', b: 'ilp-plugin-btp' }))
})

describe('interop: ilp-connector as runner of our plugin-btp', () => {
  it('forwards packets both ways between it and its own plugin', () =>
    throughIlpConnector({ a: '@hourglass/plugin-btp', b: 'ilp-plugin-btp' }))
})

describe('interop: ilp-protocol-stream as runner of our plugin-btp', () => {
  it('sends money from one child of our connectors to another', async () => {
    const bolt = await startNode('bolt', 'bob', server('between'))
    const url = `btp+ws://peer@${HOST}:${bolt.port ?? 0}`
    const acme = await startNode('acme', 'alice', { link: { kind: 'btp-client', url, token: 'between' } })
    while (!isUp(acme) || !isUp(bolt)) await wait(10)
    const plugin = (name: string, { port = 0 }: RunningConnector): BtpPlugin =>
      new BtpPlugin({ server: `btp+ws://${name}:${name}@${HOST}:${port}` })
    // Both ends probe the way to the other.
    const receiver = await createServer({ plugin: plugin('bob', bolt) })
    cleanups.push(() => receiver.close())
    const received = new Promise<string>((resolve) => {
      receiver.on('connection', (connection: Connection) => {
        connection.on('stream', (stream: DataAndMoneyStream) => {
          stream.setReceiveMax('1000000')
          stream.on('end', () => resolve(stream.totalReceived))
        })
      })
    })
    const sender = await createConnection({
      plugin: plugin('alice', acme),
      ...receiver.generateAddressAndSecret(),
    })
    cleanups.push(() => sender.destroy())
    const stream = sender.createStream()
    await stream.sendTotal('1000')
    stream.end()
    expect(await received).toBe('1000')
  })
})
