import { once } from 'node:events'
import { Agent, type IncomingMessage, createServer, request as requestHttp } from 'node:http'
import { connect as connectHttp2, constants } from 'node:http2'
import { type AddressInfo, connect as connectSocket } from 'node:net'
import { MESSAGE_BYTES_MAX } from '@hourglass/link-http'
import { HttpError, listenHttp } from '@hourglass/link-http/io'
import { afterEach, describe, expect, it } from 'vitest'
import { HOST, HttpNode } from './nodes.ts'
import { TEST_CERTIFICATE, TEST_KEY } from '@hourglass/link/testing'

const PREPARE = Uint8Array.of(12, 1, 7)
const FULFILL = Uint8Array.of(13, 1, 9)
const REQUEST_ID = '42ee09c8-a6de-4ae3-8a47-4732b0cbb07b'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

type Options = Parameters<HttpNode['peerWith']>[1]

/** Two nodes that are one another's peers. */
async function startPair(
  options: Options = {},
  tls?: { cert: string; key: string },
): Promise<{ us: HttpNode; peer: HttpNode }> {
  const nodes = await Promise.all([0, 1].map(() => HttpNode.listen(tls && { tls })))
  const [us, peer] = nodes as [HttpNode, HttpNode]
  for (const node of nodes) cleanups.push(() => node.close())
  const scheme = tls === undefined ? 'http' : 'https'
  us.peerWith(`${scheme}://${HOST}:${peer.server.port}/ilp`, options)
  peer.peerWith(`${scheme}://${HOST}:${us.server.port}/ilp`, options)
  await Promise.all([us.take('up'), peer.take('up')])
  return { us, peer }
}

/** A node that a test posts to by hand. */
async function startNode(): Promise<{ node: HttpNode; port: number }> {
  const node = await HttpNode.listen()
  cleanups.push(() => node.close())
  node.peerWith(`http://${HOST}:1/`)
  await node.take('up')
  return { node, port: node.server.port }
}

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

async function post(port: number, body: Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
  const agent = new Agent()
  const authorization = 'Bearer secret'
  const request = requestHttp({
    host: HOST,
    port,
    agent,
    method: 'POST',
    headers: { authorization, 'content-type': 'application/octet-stream', ...headers },
  })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }
}

const TLS = { cert: TEST_CERTIFICATE, key: TEST_KEY }

describe('two nodes', () => {
  it.each<readonly [string, Options, typeof TLS | undefined]>([
    ['HTTP/1.1, synchronously', {}, undefined],
    ['HTTP/2, synchronously', { http2: true }, undefined],
    ['HTTP/2 by ALPN, synchronously (HTTP-01, HTTP-02)', { ca: TEST_CERTIFICATE }, TLS],
    ['HTTP/1.1, asynchronously', { mode: 'async' }, undefined],
    ['HTTP/2, asynchronously', { http2: true, mode: 'async' }, undefined],
  ])('ask and answer over %s', async (_, options, tls) => {
    const { us, peer } = await startPair(options, tls)
    for (const [asker, answerer] of [
      [us, peer],
      [peer, us],
    ] as const) {
      for (let id = 1; id <= 20; id++) asker.request(id, Uint8Array.of(12, id))
      for (let i = 0; i < 20; i++) {
        const { id, body } = await answerer.take('request')
        answerer.reply(id, body.with(0, 13))
      }
      const replies = await Promise.all(Array.from({ length: 20 }, () => asker.take('reply')))
      expect(new Map(replies.map(({ id, body }) => [id, [...body]]))).toEqual(
        new Map(Array.from({ length: 20 }, (_, i) => [i + 1, [13, i + 1]])),
      )
      const bulk = new Uint8Array(MESSAGE_BYTES_MAX).fill(5)
      asker.request(99, bulk, 'bulk')
      const { id, protocol, body } = await answerer.take('request')
      expect([protocol, body.length]).toEqual(['bulk', MESSAGE_BYTES_MAX])
      answerer.reply(id, body)
      expect(Buffer.compare((await asker.take('reply')).body, bulk)).toBe(0)
    }
  })

  it('tell that nobody is there, once, and that it is not sent (HTTP-31)', async () => {
    const { node } = await startNode()
    for (const id of [1, 2]) {
      node.request(id, PREPARE)
      expect(await node.take('failed')).toEqual({ kind: 'failed', id, failure: 'down' })
    }
    expect(await node.error()).toMatchObject({
      code: 'unreachable',
      message: `http://${HOST}:1 cannot be reached: nobody listens there`,
    })
    expect(node.errors).toEqual([])
  })

  it.each([{ http2: true }, { http2: false }])(
    'tell a request that a peer took and did not answer from one that it never had: %o',
    async (options) => {
      const { us, peer } = await startPair(options)
      us.request(1, PREPARE)
      await peer.take('request')
      await peer.close()
      expect(await us.take('failed')).toEqual({ kind: 'failed', id: 1, failure: 'lost' })
      us.request(2, PREPARE)
      expect(await us.take('failed')).toEqual({ kind: 'failed', id: 2, failure: 'down' })
    },
  )

  it('say that a token is refused, and never show it (HTTP-29)', async () => {
    const { us, peer } = await startPair({ token: 'wrong' })
    us.request(1, PREPARE)
    expect(await us.take('failed')).toEqual({ kind: 'failed', id: 1, failure: 'refused' })
    const refused = await us.error()
    expect(refused).toMatchObject({ code: 'token-refused' })
    const stranger = await peer.error()
    expect(stranger).toMatchObject({ code: 'stranger' })
    for (const { message } of [refused, stranger]) expect(message).not.toContain('wrong')
  })
})

describe('a server', () => {
  it('answers a packet in its own exchange, as all peers of today send it (HTTP-23)', async () => {
    const { node, port } = await startNode()
    const answer = post(port, PREPARE)
    const { id, body } = await node.take('request')
    expect(body).toEqual(PREPARE)
    node.reply(id, FULFILL)
    const { status, headers, body: reply } = await answer
    expect(status).toBe(200)
    expect(headers).toMatchObject({ 'content-type': 'application/octet-stream', 'cache-control': 'no-store' })
    expect(new Uint8Array(reply)).toEqual(FULFILL)
  })

  it('takes each of the tokens that an account has, so that they can be changed (HTTP-36)', async () => {
    const { node, port } = await startNode()
    for (const token of ['secret', 'next']) {
      const answer = post(port, PREPARE, { authorization: `Bearer ${token}` })
      node.reply((await node.take('request')).id, FULFILL)
      expect((await answer).status).toBe(200)
    }
  })

  it.each([
    ['no token', { authorization: '' }],
    ['a wrong token', { authorization: 'Bearer wrong' }],
    ['a token and more', { authorization: 'Bearer secret secret' }],
    ['a password (HTTP-03)', { authorization: `Basic ${Buffer.from('peer:secret').toString('base64')}` }],
  ])('answers 401 to %s before it reads the body, and nothing else happens: HTTP-04', async (_, headers) => {
    const { node, port } = await startNode()
    const socket = connectSocket(port, HOST)
    cleanups.push(() => socket.destroy())
    const head = `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: ${headers.authorization}\r\nContent-Length: 100\r\n\r\n`
    socket.write(head)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 401 .*\r\nwww-authenticate: Bearer\r\n/is)
    expect(node.outputs).toEqual([])
  })

  it.each([
    ['says it is larger', { 'content-length': '1000000' }, 0],
    ['turns out to be larger', { 'transfer-encoding': 'chunked' }, MESSAGE_BYTES_MAX + 1],
  ])('answers 413 to a body above the limit, where it %s (HTTP-33, SEC-28)', async (_, more, bytes) => {
    const { node, port } = await startNode()
    const headers = { authorization: 'Bearer secret', 'content-type': 'application/octet-stream', ...more }
    const request = requestHttp({ host: HOST, port, method: 'POST', agent: new Agent(), headers })
    request.on('error', () => undefined)
    request.flushHeaders()
    if (bytes > 0) request.write(new Uint8Array(bytes).fill(12))
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(413)
    response.destroy()
    expect(node.outputs).toEqual([])
  })

  it('answers 413 on HTTP/2 as well, and serves the same connection on', async () => {
    const { node, port } = await startNode()
    const session = connectHttp2(`http://${HOST}:${port}`)
    cleanups.push(() => session.destroy())
    const headers = {
      ':method': 'POST',
      authorization: 'Bearer secret',
      'content-type': 'application/octet-stream',
    }
    const large = session.request(headers)
    large.on('error', () => undefined)
    large.write(new Uint8Array(MESSAGE_BYTES_MAX + 1).fill(12))
    const [head] = (await once(large, 'response')) as [Record<string, unknown>]
    expect(head[':status']).toBe(413)
    const small = session.request(headers)
    small.end(PREPARE)
    node.reply((await node.take('request')).id, FULFILL)
    const [answer] = (await once(small, 'response')) as [Record<string, unknown>]
    expect(answer[':status']).toBe(200)
  })

  it('ends requests whose bodies come too slowly, in both versions of HTTP', async () => {
    const node = await HttpNode.listen({ readMs: 50 })
    cleanups.push(() => node.close())
    node.peerWith(`http://${HOST}:1/`)
    await node.take('up')
    const { port } = node.server
    const headers = { authorization: 'Bearer secret', 'content-length': '100' }
    const request = requestHttp({ host: HOST, port, method: 'POST', agent: new Agent(), headers })
    request.flushHeaders()
    const [cut] = (await once(request, 'error')) as [Error & { code: string }]
    expect(cut.code).toBe('ECONNRESET')
    expect(await node.error()).toMatchObject({ code: 'not-http' })
    const session = connectHttp2(`http://${HOST}:${port}`)
    cleanups.push(() => session.destroy())
    const stream = session.request({ ':method': 'POST', ...headers }, { endStream: false })
    stream.on('error', () => undefined)
    await once(stream, 'close')
    expect(await node.error()).toMatchObject({ code: 'not-http' })
    expect(node.outputs).toEqual([])
  })

  it('takes no request of HTTP/2 that is cut off, and answers none that is gone', async () => {
    const { node, port } = await startNode()
    const [cutting, session] = [0, 1].map(() => connectHttp2(`http://${HOST}:${port}`))
    for (const each of [cutting!, session!]) {
      each.on('error', () => undefined)
      cleanups.push(() => each.destroy())
    }
    const authorization = 'Bearer secret'
    const headers = { ':method': 'POST', authorization, 'content-type': 'application/octet-stream' }
    const cut = cutting!.request(headers, { endStream: false })
    cut.on('error', () => undefined)
    cut.write(PREPARE, () => cutting!.socket.destroy())
    await once(cut, 'close')
    const gone = session!.request(headers)
    gone.end(PREPARE)
    const { id } = await node.take('request')
    gone.close(constants.NGHTTP2_CANCEL)
    await once(gone, 'close')
    node.reply(id, FULFILL)
    const whole = session!.request(headers)
    whole.end(PREPARE)
    node.reply((await node.take('request')).id, FULFILL)
    const [answer] = (await once(whole, 'response')) as [Record<string, unknown>]
    expect(answer[':status']).toBe(200)
    expect(node.outputs).toEqual([])
  })

  it('tells whoever looks that it is there, and serves nothing but POST (HTTP-40)', async () => {
    const { port } = await startNode()
    const statusOf = async (method: string): Promise<number | undefined> => {
      const request = requestHttp({ host: HOST, port, method, agent: new Agent() })
      request.end()
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      response.resume()
      return response.statusCode
    }
    expect([await statusOf('GET'), await statusOf('PUT')]).toEqual([200, 405])
  })

  it('serves a request once that comes twice at once, and answers both (HTTP-20)', async () => {
    const { node, port } = await startNode()
    const headers = { 'request-id': REQUEST_ID }
    const answers = [post(port, PREPARE, headers), post(port, PREPARE, headers)]
    const { id } = await node.take('request')
    node.reply(id, FULFILL)
    for (const { status, body } of await Promise.all(answers)) {
      expect([status, new Uint8Array(body)]).toEqual([200, FULFILL])
    }
    expect(node.outputs).toEqual([])
  })

  it('says why it cannot listen', async () => {
    const { port } = await startNode()
    const options = { host: HOST, port, authenticate: () => undefined, receive: () => undefined }
    await expect(listenHttp(options)).rejects.toThrow(
      new HttpError('cannot-listen', `cannot listen on ${HOST}:${port}: the port is taken`),
    )
  })
})

describe('a client', () => {
  it('says what IL-RFC 35 asks for: HTTP-05, HTTP-06, HTTP-34', async () => {
    const requests: { method: string | undefined; url: string | undefined; headers: object; body: Buffer }[] =
      []
    const peer = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { method, url, headers } = request
        requests.push({ method, url, headers, body: Buffer.concat(chunks) })
        response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(FULFILL)
      })
    })
    peer.listen(0, HOST)
    await once(peer, 'listening')
    cleanups.push(() => peer.close())
    cleanups.push(() => peer.closeAllConnections())
    const { port } = peer.address() as AddressInfo
    const node = await HttpNode.listen()
    cleanups.push(() => node.close())
    node.peerWith(`http://${HOST}:${port}/accounts/us/ilp?version=1`)
    await node.take('up')
    node.request(1, PREPARE)
    expect(await node.take('reply')).toEqual({ kind: 'reply', id: 1, body: FULFILL })
    expect(requests).toMatchObject([
      {
        method: 'POST',
        url: '/accounts/us/ilp?version=1',
        headers: {
          authorization: 'Bearer secret',
          'content-type': 'application/octet-stream',
          accept: 'application/octet-stream',
          'content-length': '3',
        },
      },
    ])
    expect(new Uint8Array(requests[0]!.body)).toEqual(PREPARE)
    expect(requests[0]!.headers).not.toHaveProperty('cache-control')
  })
})
