/**
 * Exchanges with Rafiki and interledger-rs, which are not on npm. Not recorded: written by hand from what their sources
 * say they send (Rafiki: packages/backend/src/payment-method/ilp/connector/core; interledger-rs:
 * crates/interledger-http). Packets are stand-ins, and versions in headers are examples.
 */
import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { HOST, HttpNode } from './nodes.ts'

const PREPARE = '\x0c\x01\x07'
const FULFILL = '\x0d\x01\x09'
const REJECT = '\x0e\x01\x08'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

function http(lines: readonly string[], body: string): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1')
}

/** What comes until the text holds `end`. */
async function readUntil(socket: Socket, end: string): Promise<string> {
  let text = ''
  while (!text.includes(end)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    text += chunk.toString('latin1')
  }
  return text
}

describe('a request as it is sent by', () => {
  it.each([
    [
      'Rafiki (axios)',
      [
        'POST / HTTP/1.1',
        'Accept: application/json, text/plain, */*',
        'Content-Type: application/octet-stream',
        'Authorization: Bearer secret',
        'User-Agent: axios/1.8.2',
        'Content-Length: 3',
        'Accept-Encoding: gzip, compress, deflate, br',
        'Host: 127.0.0.1:3002',
        'Connection: keep-alive',
      ],
    ],
    [
      'interledger-rs (reqwest)',
      [
        'POST /accounts/rust/ilp HTTP/1.1',
        'content-type: application/octet-stream',
        'authorization: Bearer secret',
        'accept: */*',
        'host: 127.0.0.1:7770',
        'content-length: 3',
      ],
    ],
    [
      'ilp-plugin-http',
      [
        'POST /ilp HTTP/1.1',
        'Content-Type: application/ilp+octet-stream',
        'Authorization: Bearer secret',
        'ILP-Peer-Name: alice',
        'ILP-Destination: test.acme.alice',
        'Content-Length: 3',
        'Accept: */*',
        'Host: 127.0.0.1',
        'Connection: close',
      ],
    ],
  ])(
    '%s gets its answer with status 200, a Fulfill as a Reject (HTTP-23, HTTP-24, HTTP-35, HTTP-40)',
    async (_, head) => {
      const node = await HttpNode.listen()
      cleanups.push(() => node.close())
      node.peerWith(`http://${HOST}:1/`)
      await node.take('up')
      for (const answer of [FULFILL, REJECT]) {
        const socket = connect(node.server.port, HOST)
        cleanups.push(() => socket.destroy())
        socket.write(http(head, PREPARE))
        const { id, protocol, body } = await node.take('request')
        expect([protocol, body]).toEqual(['ilp', bytes(PREPARE)])
        node.reply(id, bytes(answer))
        const text = await readUntil(socket, `\r\n\r\n${answer}`)
        expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
        expect(text).toMatch(/\r\ncontent-type: application\/octet-stream\r\n/)
        expect(text).toMatch(/\r\ncontent-length: 3\r\n/)
      }
    },
  )
})

describe('an answer as it is sent by', () => {
  const rafiki = [
    'Vary: Origin',
    'Content-Type: application/octet-stream',
    'Content-Length: 3',
    'Date: Sat, 21 Nov 2026 12:00:00 GMT',
    'Connection: keep-alive',
    'Keep-Alive: timeout=5',
  ]
  const rust = [
    'content-type: application/octet-stream',
    'content-length: 3',
    'date: Sat, 21 Nov 2026 12:00:00 GMT',
  ]
  const text = (length: number): string[] => [
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${length}`,
  ]

  it.each([
    ['Rafiki: a Fulfill', ['HTTP/1.1 200 OK', ...rafiki], FULFILL, { kind: 'reply', body: bytes(FULFILL) }],
    ['Rafiki: a Reject', ['HTTP/1.1 200 OK', ...rafiki], REJECT, { kind: 'reply', body: bytes(REJECT) }],
    [
      'Rafiki: an unknown token',
      ['HTTP/1.1 401 Unauthorized', ...text(12)],
      'Unauthorized',
      { kind: 'failed', failure: 'refused' },
    ],
    [
      'interledger-rs: a Fulfill',
      ['HTTP/1.1 200 OK', ...rust],
      FULFILL,
      { kind: 'reply', body: bytes(FULFILL) },
    ],
    [
      'interledger-rs: a body that is no packet',
      ['HTTP/1.1 400 Bad Request', 'content-type: application/problem+json', 'content-length: 2'],
      '{}',
      { kind: 'failed', failure: 'refused' },
    ],
    [
      'a proxy in front of either',
      ['HTTP/1.1 502 Bad Gateway', 'Content-Type: text/html', 'Content-Length: 6'],
      '<html>',
      { kind: 'failed', failure: 'broken' },
    ],
  ])('%s is understood (HTTP-28, HTTP-29)', async (_, head, body, output) => {
    const peer = createServer((socket) => {
      cleanups.push(() => socket.destroy())
      void readUntil(socket, `\r\n\r\n${PREPARE}`).then(() => socket.write(http(head, body)))
    })
    peer.listen(0, HOST)
    await once(peer, 'listening')
    cleanups.push(() => peer.close())
    const node = await HttpNode.listen()
    cleanups.push(() => node.close())
    node.peerWith(`http://${HOST}:${(peer.address() as AddressInfo).port}/`)
    await node.take('up')
    node.request(1, bytes(PREPARE))
    expect(await node.take(output.kind as 'reply' | 'failed')).toEqual({ id: 1, ...output })
  })
})
