/** The client of web pages, which Node can run too: it has the same WebSocket. */
import { once } from 'node:events'
import { type BtpServer, type ListenBtpOptions, listenBtp } from '@hourglass/link-btp/io'
import { type LinkError, connectBtp } from '@hourglass/link-btp/web'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { DrivenLink, Reports } from './driven-link.ts'

const HOST = '127.0.0.1'

/** Undone after each test, last first. */
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A server with one account, alice. */
async function startServer(
  options: Partial<ListenBtpOptions> = {},
): Promise<{ server: BtpServer; link: DrivenLink }> {
  const link = new DrivenLink({ role: 'server' })
  const server = await listenBtp({
    host: HOST,
    port: 0,
    authenticate: ({ username, token }) => (`${username}:${token}` === 'alice:secret' ? 'alice' : undefined),
    receive: (_account, wire) => link.receive(wire),
    ...options,
  })
  link.send = (wire) => server.send('alice', wire)
  cleanups.push(() => link.stop())
  cleanups.push(() => server.close())
  return { server, link }
}

function startPage(port: number, token = 'secret'): { link: DrivenLink; reports: Reports<LinkError> } {
  const link = new DrivenLink({ role: 'client', username: 'alice', token })
  const reports = new Reports<LinkError>()
  const client = connectBtp({ url: `ws://${HOST}:${port}/`, receive: link.receive, report: reports.report })
  link.send = (wire) => client.send(wire)
  cleanups.push(() => link.stop())
  cleanups.push(() => client.close())
  return { link, reports }
}

describe('a web page’s client', () => {
  it('carries requests both ways, once authenticated (BTP-28)', async () => {
    const { server, link: alice } = await startServer()
    const { link: us } = startPage(server.port)
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

  it('fails what is under way when the socket goes, and comes up again (BTP-27, BTP-51)', async () => {
    const { server, link: alice } = await startServer()
    const { link: us, reports } = startPage(server.port)
    await us.take('up')
    us.request(1, 'ilp', Uint8Array.of(12))
    await alice.take('request')
    server.send('alice', { kind: 'close', reason: 'not-btp' })
    expect(await us.take('failed')).toEqual({ kind: 'failed', id: 1, failure: 'lost' })
    expect(await reports.next()).toMatchObject({ code: 'closed' })
    await us.take('up')
  })

  it('says once that the peer cannot be reached, and is up as soon as it can', async () => {
    const { server } = await startServer()
    const { port } = server
    await server.close()
    const { link: us, reports } = startPage(port)
    expect(await reports.next()).toMatchObject({ code: 'unreachable' })
    await startServer({ port })
    await us.take('up')
    expect(reports.all).toHaveLength(1)
  })

  it('says that its token is refused, and never shows it', async () => {
    const { server } = await startServer()
    const { reports } = startPage(server.port, 'wrong-one')
    const { code, message } = await reports.next()
    expect(code).toBe('token-refused')
    expect(message).not.toContain('wrong-one')
  })

  it('gives up who sends text where BTP has binary frames (BTP-01)', async () => {
    const server = new WebSocketServer({ host: HOST, port: 0 })
    cleanups.push(() => server.close())
    await once(server, 'listening')
    server.on('connection', (socket) => socket.send('hello'))
    const { reports } = startPage((server.address() as { port: number }).port)
    expect(await reports.next()).toMatchObject({ code: 'not-btp' })
  })
})
