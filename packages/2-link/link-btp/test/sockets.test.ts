import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  Credentials,
  type Frame,
  FRAME_BYTES_MAX,
  FrameType,
  decodeFrame,
  encodeFrame,
} from '@hourglass/link-btp'
import {
  type BtpServer,
  type ConnectBtpOptions,
  LinkError,
  type ListenBtpOptions,
  connectBtp,
  decodeBtpUrl,
  listenBtp,
} from '@hourglass/link-btp/io'
import { encodeUtf8 } from '@hourglass/oer'
import { digestToken } from '@hourglass/link'
import { nodeCrypto } from '@hourglass/sansio/io'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { DrivenLink, Reports } from './driven-link.ts'
import { TEST_CERTIFICATE, TEST_KEY } from '@hourglass/link/testing'

const HOST = '127.0.0.1'
const AUTH = authFrame('alice', 'secret')

/** Undone after each test, last first. */
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A server with one account, alice. */
async function startServer(options: Partial<ListenBtpOptions> = {}): Promise<{
  server: BtpServer
  link: DrivenLink
  reports: Reports<LinkError>
}> {
  const link = new DrivenLink({ role: 'server' })
  const reports = new Reports<LinkError>()
  const tokenDigest = digestToken(nodeCrypto, 'secret')
  const credentials = new Credentials(nodeCrypto, [{ account: 'alice', tokenDigest }])
  const server = await listenBtp({
    host: HOST,
    port: 0,
    authenticate: (claim) => credentials.find(claim),
    receive: (_account, wire) => link.receive(wire),
    report: reports.report,
    ...options,
  })
  link.send = (wire) => server.send('alice', wire)
  cleanups.push(() => link.stop())
  cleanups.push(() => server.close())
  return { server, link, reports }
}

function startClient(
  text: string,
  more: Partial<ConnectBtpOptions> = {},
): { link: DrivenLink; reports: Reports<LinkError> } {
  const { url, username, token } = decodeBtpUrl(text)
  const link = new DrivenLink({ role: 'client', username, token })
  const reports = new Reports<LinkError>()
  const client = connectBtp({ url, receive: link.receive, report: reports.report, ...more })
  link.send = (wire) => client.send(wire)
  cleanups.push(() => link.stop())
  cleanups.push(() => client.close())
  return { link, reports }
}

/** A WebSocket without our machine behind it. */
async function openRaw(port: number, options: object = {}): Promise<WebSocket> {
  const webSocket = new WebSocket(`ws://${HOST}:${port}/`, options)
  cleanups.push(() => webSocket.terminate())
  await once(webSocket, 'open')
  return webSocket
}

/** Frames that arrive from now on. */
function framesOf(webSocket: WebSocket): Reports<Frame> {
  const frames = new Reports<Frame>()
  webSocket.on('message', (bytes: Buffer) => frames.report(decodeFrame(new Uint8Array(bytes))))
  return frames
}

function authFrame(username: string, token: string): Uint8Array {
  const part = (protocolName: string, value: string) => ({
    protocolName,
    contentType: 1,
    data: encodeUtf8(value),
  })
  const protocolData = [part('auth', ''), part('auth_username', username), part('auth_token', token)]
  return encodeFrame({ type: FrameType.Message, requestId: 1, protocolData })
}

describe('a client and a server', () => {
  it('carry requests both ways, once authenticated (BTP-28)', async () => {
    const { server, link: alice } = await startServer()
    const { link: us } = startClient(`btp+ws://alice:secret@${HOST}:${server.port}/`)
    await Promise.all([alice.take('up'), us.take('up')])
    for (const [asker, answerer] of [
      [us, alice],
      [alice, us],
    ] as const) {
      asker.request(1, 'ilp', Uint8Array.of(12, 1))
      const request = await answerer.take('request')
      expect(request).toMatchObject({ protocol: 'ilp', body: Uint8Array.of(12, 1) })
      answerer.reply(request.id, Uint8Array.of(13, 2))
      expect(await asker.take('reply')).toEqual({ kind: 'reply', id: 1, body: Uint8Array.of(13, 2) })
    }
  })

  it('carry thousands of requests at once', async () => {
    const { server, link: alice } = await startServer()
    const { link: us } = startClient(`btp+ws://alice:secret@${HOST}:${server.port}/`)
    await us.take('up')
    const count = 5000
    for (let id = 0; id < count; id++) us.request(id, 'ilp', Uint8Array.of(12, id >> 8, id & 0xff))
    for (let i = 0; i < count; i++) {
      const { id, body } = await alice.take('request')
      alice.reply(id, body.with(0, 13))
    }
    for (let id = 0; id < count; id++) {
      const reply = await us.take('reply')
      expect(reply).toEqual({ kind: 'reply', id, body: Uint8Array.of(13, id >> 8, id & 0xff) })
    }
  })

  it('fail what is under way when the socket goes, and come up again (BTP-27, BTP-51)', async () => {
    const { server, link: alice } = await startServer()
    const { link: us, reports } = startClient(`btp+ws://alice:secret@${HOST}:${server.port}/`)
    await us.take('up')
    us.request(1, 'ilp', Uint8Array.of(12))
    await alice.take('request')
    server.send('alice', { kind: 'close', reason: 'not-btp' })
    expect(await us.take('failed')).toEqual({ kind: 'failed', id: 1, failure: 'lost' })
    expect(await reports.next()).toMatchObject({ code: 'closed' })
    await us.take('up')
  })

  it('speak wss where the server has a certificate that the client trusts (BTP-47)', async () => {
    const { server } = await startServer({ tls: { cert: TEST_CERTIFICATE, key: TEST_KEY } })
    const url = `btp+wss://alice:secret@${HOST}:${server.port}/`
    const { link } = startClient(url, { ca: TEST_CERTIFICATE })
    await link.take('up')
    const { reports } = startClient(url)
    expect(await reports.next()).toMatchObject({
      code: 'unreachable',
      message: `wss://${HOST}:${server.port}/ cannot be reached: its certificate is signed by nobody we trust`,
    })
  })

  it('stop when told to, whatever they were doing', async () => {
    const { server, link } = await startServer()
    const { link: us } = startClient(`btp+ws://alice:secret@${HOST}:${server.port}/`)
    await us.take('up')
    await server.close()
    await link.take('down')
    await us.take('down')
    const refused = startClient(`btp+ws://alice:secret@${HOST}:${server.port}/`)
    expect(await refused.reports.next()).toMatchObject({ code: 'unreachable' })
  })
})

describe('a client', () => {
  it('says once that the peer cannot be reached, and is up as soon as it can', async () => {
    const first = await startServer()
    const { port } = first.server
    await first.server.close()
    const { link, reports } = startClient(`btp+ws://alice:secret@${HOST}:${port}/`)
    const error = await reports.next()
    expect(error.code).toBe('unreachable')
    expect(error.message).toBe(`ws://${HOST}:${port}/ cannot be reached: nobody listens there`)
    await startServer({ port })
    await link.take('up')
    expect(reports.all).toHaveLength(1)
  })

  it('says once that its token is refused, keeps trying, and never shows the token', async () => {
    const { server, reports: refusals } = await startServer()
    const { link, reports } = startClient(`btp+ws://alice:wrong@${HOST}:${server.port}/`)
    expect(await reports.next()).toMatchObject({ code: 'token-refused' })
    for (let i = 0; i < 3; i++) expect(await refusals.next()).toMatchObject({ code: 'token-refused' })
    expect(reports.all).toHaveLength(1)
    expect(link.outputs).toEqual([])
    for (const { message } of [...reports.all, ...refusals.all]) expect(message).not.toContain('wrong')
  })

  it('says that what answers is no WebSocket', async () => {
    const web = createServer((_request, response) => response.writeHead(404).end())
    web.listen(0, HOST)
    await once(web, 'listening')
    cleanups.push(() => web.close())
    const { port } = web.address() as AddressInfo
    const { reports } = startClient(`btp+ws://alice:secret@${HOST}:${port}/`)
    const error = await reports.next()
    expect(error.code).toBe('not-websocket')
    expect(error.message).toBe(`ws://${HOST}:${port}/ answers with HTTP 404 instead of a WebSocket`)
  })

  it('gives up a peer that answers no pings (BTP-48)', async () => {
    const { server, link: alice } = await startServer()
    const { link, reports } = startClient(`btp+ws://alice:secret@${HOST}:${server.port}/`, {
      keepAliveMs: 50,
    })
    await alice.take('up')
    await link.take('up')
    cleanups.push(stopAnsweringPings())
    expect(await reports.next()).toMatchObject({ code: 'stalled' })
    await link.take('down')
  })
})

/** No WebSocket of this process answers pings until undone. */
function stopAnsweringPings(): () => void {
  const own = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'pong')!
  WebSocket.prototype.pong = () => {}
  return () => Object.defineProperty(WebSocket.prototype, 'pong', own)
}

describe('a server', () => {
  it('gives equal answers to a wrong token and to an unknown user name (BTP-22)', async () => {
    const { server } = await startServer()
    const answers: Frame[] = []
    for (const claim of [authFrame('alice', 'wrong'), authFrame('nobody', 'wrong')]) {
      const webSocket = await openRaw(server.port)
      const frames = framesOf(webSocket)
      webSocket.send(claim)
      await once(webSocket, 'close')
      answers.push(await frames.next())
    }
    const [first, second] = answers
    expect(first).toMatchObject({ type: FrameType.Error, error: { code: 'F00', data: {} } })
    expect(second).toEqual({
      ...first,
      error: { ...errorOf(first), triggeredAt: errorOf(second).triggeredAt },
    })
  })

  it('keeps frames that come before authentication is decided (BTP-26)', async () => {
    const { promise, resolve: decide } = Promise.withResolvers<string>()
    const { server, link } = await startServer({ authenticate: () => promise })
    const webSocket = await openRaw(server.port)
    const protocolData = [{ protocolName: 'ilp', contentType: 0, data: Uint8Array.of(12, 7) }]
    webSocket.send(AUTH)
    webSocket.send(encodeFrame({ type: FrameType.Message, requestId: 2, protocolData }))
    webSocket.ping()
    await once(webSocket, 'pong')
    expect(link.outputs).toEqual([])
    decide('alice')
    expect(await link.take('request')).toMatchObject({ body: Uint8Array.of(12, 7) })
  })

  it('refuses where it cannot find out whose a token is', async () => {
    const { server, reports } = await startServer({
      authenticate: () => Promise.reject(new Error('the database is away')),
    })
    const webSocket = await openRaw(server.port)
    webSocket.send(AUTH)
    await once(webSocket, 'close')
    expect(await reports.next()).toMatchObject({
      code: 'authentication-failed',
      message: expect.stringContaining('the database is away') as string,
    })
  })

  it('closes a socket that says nothing (BTP-24)', async () => {
    const { server, reports } = await startServer()
    await once(await openRaw(server.port), 'close')
    expect(await reports.next()).toMatchObject({ code: 'no-answer' })
  })

  it('lets the newest connection of an account replace the older, and says so (BTP-50, SEC-20)', async () => {
    const { server, link, reports } = await startServer()
    const older = await openRaw(server.port)
    older.send(AUTH)
    await link.take('up')
    link.request(1, 'ilp', Uint8Array.of(12))
    const newer = await openRaw(server.port)
    const frames = framesOf(newer)
    newer.send(AUTH)
    await once(older, 'close')
    expect(await reports.next()).toMatchObject({ code: 'replaced' })
    expect(link.outputs).toEqual([
      { kind: 'down' },
      { kind: 'failed', id: 1, failure: 'lost' },
      { kind: 'up' },
    ])
    link.request(2, 'ilp', Uint8Array.of(12))
    expect(await frames.next()).toMatchObject({ type: FrameType.Response, requestId: 1 })
    expect(await frames.next()).toMatchObject({ type: FrameType.Message })
  })

  it.each<readonly [string, string, (webSocket: WebSocket) => void]>([
    ['text (BTP-01)', 'not-btp', (webSocket) => webSocket.send('text')],
    [
      'a frame above the limit (BTP-55)',
      'too-large',
      (webSocket) => webSocket.send(new Uint8Array(FRAME_BYTES_MAX + 1)),
    ],
  ])('closes a socket that sends %s', async (_, code, send) => {
    const { server, link, reports } = await startServer()
    const webSocket = await openRaw(server.port)
    webSocket.send(AUTH)
    await link.take('up')
    send(webSocket)
    await once(webSocket, 'close')
    expect(await reports.next()).toMatchObject({ code })
    await link.take('down')
  })

  it('refuses web pages of origins that it does not know (BTP-54, SEC-17)', async () => {
    const { server, reports } = await startServer({ allowedOrigins: ['https://wallet.example'] })
    await openRaw(server.port, { origin: 'https://wallet.example' })
    await expect(openRaw(server.port, { origin: 'https://evil.example' })).rejects.toThrow('403')
    expect(await reports.next()).toMatchObject({ code: 'foreign-origin' })
  })

  it('serves its path alone, where it has one (BTP-52)', async () => {
    const { server, reports } = await startServer({ path: '/accounts/alice/ilp/btp' })
    const origin = `alice:secret@${HOST}:${server.port}`
    const { link } = startClient(`btp+ws://${origin}/accounts/alice/ilp/btp`)
    await link.take('up')
    const { reports: errors } = startClient(`btp+ws://${origin}/btp`)
    expect(await errors.next()).toMatchObject({ code: 'not-websocket' })
    expect(await reports.next()).toMatchObject({ code: 'wrong-path' })
  })

  it('says why it cannot listen', async () => {
    const { server } = await startServer()
    await expect(startServer({ port: server.port })).rejects.toThrow(
      new LinkError('cannot-listen', `cannot listen on ${HOST}:${server.port}: the port is taken`),
    )
  })

  it('gives up a peer that answers no pings (BTP-48)', async () => {
    const { server, link, reports } = await startServer({ keepAliveMs: 50 })
    const webSocket = await openRaw(server.port, { autoPong: false })
    webSocket.send(AUTH)
    await link.take('up')
    expect(await reports.next()).toMatchObject({ code: 'stalled' })
    await link.take('down')
  })

  it('takes no more requests for a peer that does not read, until it does', async () => {
    const { server, link } = await startServer()
    const webSocket = await openRaw(server.port)
    webSocket.send(AUTH)
    await link.take('up')
    webSocket.pause()
    const body = new Uint8Array(40_000)
    let sent = 0
    // Whole turns of the event loop in between, so that the system's buffers fill up as well.
    while (!link.outputs.some(({ kind }) => kind === 'failed')) {
      link.request(sent++, 'bulk', body)
      await new Promise(setImmediate)
    }
    expect(await link.take('failed')).toEqual({ kind: 'failed', id: sent - 1, failure: 'full' })
    let received = 0
    const allReceived = new Promise<void>((resolve) => {
      // The first message answers the authentication.
      webSocket.on('message', () => (++received === sent ? resolve() : undefined))
    })
    webSocket.resume()
    await allReceived
    link.request(sent, 'bulk', body)
    await once(webSocket, 'message')
  })

  it('gives up a peer that asks and asks without reading the answers', async () => {
    const { server, link, reports } = await startServer()
    const webSocket = await openRaw(server.port)
    webSocket.send(AUTH)
    await link.take('up')
    webSocket.pause()
    const protocolData = [{ protocolName: 'bulk', contentType: 0, data: new Uint8Array(0) }]
    for (let requestId = 0; requestId < 1000; requestId++) {
      webSocket.send(encodeFrame({ type: FrameType.Message, requestId, protocolData }))
    }
    const answer = new Uint8Array(40_000)
    const answering = (async () => {
      for (;;) link.reply((await link.take('request')).id, answer)
    })()
    await Promise.race([answering, link.take('down')])
    expect(await reports.next()).toMatchObject({ code: 'stalled' })
  })
})

function errorOf(frame: Frame | undefined): {
  readonly triggeredAt: number | undefined
} {
  if (frame?.type !== FrameType.Error) throw new Error('expected an Error frame')
  return frame.error
}
