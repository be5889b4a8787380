/** Our link at both ends, with tokens, limits and all. Tooling. */
import { type LinkInput, digestToken } from '@hourglass/link'
import { HttpLink, type HttpWireIn, type HttpWireOut, Tokens } from '@hourglass/link-http'
import { connectHttp, decodePeerUrl, listenHttp } from '@hourglass/link-http/io'
import { type Driver, drive, nodeCrypto, nodeRng, now } from '@hourglass/sansio/io'
import type { HttpSubject } from '../../benches/http.ts'
import { fulfill } from '../../load.ts'

const HOST = '127.0.0.1'
const TOKEN = 'a-token-of-thirty-two-octets-or-so'

export const subject: HttpSubject = {
  async open(version) {
    const answering = makeLink(`http://${HOST}`)
    const driver: Driver<LinkInput<HttpWireIn>> = drive(answering, (output) => {
      if (output.kind === 'request') driver.push({ kind: 'reply', id: output.id, body: fulfill(output.body) })
      else if (output.kind === 'wire') server.send(output.wire as Extract<HttpWireOut, { kind: 'respond' }>)
    })
    const tokens = new Tokens(nodeCrypto, [
      { account: 'alice', tokenDigests: [digestToken(nodeCrypto, TOKEN)] },
    ])
    const server = await listenHttp({
      host: HOST,
      port: 0,
      authenticate: (token) => tokens.find(token),
      receive: (_account, wire) => driver.push({ kind: 'wire', wire }),
    })
    driver.push({ kind: 'wire', wire: { kind: 'opened' } })
    return openClient(server.port, version === 2)
  },
}

function makeLink(peerOrigin: string): HttpLink {
  return new HttpLink({ rng: nodeRng, peerOrigin, mode: 'sync' })
}

function openClient(port: number, http2: boolean): ReturnType<HttpSubject['open']> {
  const url = decodePeerUrl(`http://${HOST}:${port}/ilp`)
  const waiting = new Map<number, (body: Uint8Array) => void>()
  let lastId = 0
  return new Promise((resolve) => {
    const asking = drive<LinkInput<HttpWireIn>, ReturnType<HttpLink['poll']>>(
      makeLink(url.origin),
      (output) => {
        if (output?.kind === 'wire') client.send(output.wire as Exclude<HttpWireOut, { kind: 'respond' }>)
        else if (output?.kind === 'up') resolve(ask)
        else if (output?.kind === 'failed') throw new Error(`a request is ${output.failure}`)
        else if (output?.kind === 'reply') {
          waiting.get(output.id)?.(output.body)
          waiting.delete(output.id)
        }
      },
    )
    const client = connectHttp({
      url,
      token: TOKEN,
      http2,
      receive: (wire) => asking.push({ kind: 'wire', wire }),
    })
    const ask = (body: Buffer): Promise<Uint8Array> =>
      new Promise((answered) => {
        const id = ++lastId
        waiting.set(id, answered)
        asking.push({ kind: 'request', id, protocol: 'ilp', body, deadline: now() + 30_000 })
      })
  })
}
