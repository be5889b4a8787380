/** Node's own client and server, and nothing else: no token, no limits. Tooling. */
import { Agent, createServer, request as requestHttp } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import type { Readable } from 'node:stream'
import type { HttpSubject } from '../../benches/http.ts'
import { fulfill } from '../../load.ts'

const HOST = '127.0.0.1'

export const subject: HttpSubject = {
  open: (version) => (version === 1 ? openHttp1() : openHttp2()),
}

async function openHttp1(): ReturnType<HttpSubject['open']> {
  const server = createServer((request, response) => {
    void read(request).then((body) => response.end(fulfill(body)))
  })
  const port = await listen(server)
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  return (packet) =>
    new Promise((resolve, reject) => {
      const request = requestHttp({ host: HOST, port, agent, method: 'POST' }, (response) => {
        void read(response).then(resolve)
      })
      request.on('error', reject).end(packet)
    })
}

async function openHttp2(): ReturnType<HttpSubject['open']> {
  const server = createHttp2Server({ settings: { maxConcurrentStreams: 1000 } })
  server.on('stream', (stream) => {
    void read(stream).then((body) => {
      stream.respond({ ':status': 200 })
      stream.end(fulfill(body))
    })
  })
  const port = await listen(server)
  const session = connect(`http://${HOST}:${port}`)
  return (packet) => {
    const stream = session.request({ ':method': 'POST' })
    stream.end(packet)
    return read(stream)
  }
}

async function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, HOST, () => resolve((server.address() as AddressInfo).port))
  })
}

function read(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
  })
}
