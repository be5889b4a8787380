import { linkSuite } from '@hourglass/link/testing'
import { nodeRng } from '@hourglass/sansio/io'
import { HttpLink, type HttpLinkOptions } from './http-link.ts'
import type { HttpWireIn, HttpWireOut } from './wire.ts'

/** What one link's shell hears of what the other does. */
function carry(wire: HttpWireOut): HttpWireIn | undefined {
  switch (wire.kind) {
    case 'post':
      return { ...wire, kind: 'request' }
    case 'respond':
      return { ...wire, kind: 'response' }
    case 'cancel':
      return undefined
  }
}

for (const mode of ['sync', 'async'] as const) {
  linkSuite<HttpWireIn, HttpWireOut>(`HttpLink, ${mode},`, () => {
    const options: HttpLinkOptions = { rng: nodeRng, peerOrigin: 'https://peer.example', mode }
    return {
      a: new HttpLink({ ...options, requestsMax: 50 }),
      b: new HttpLink(options),
      opened: { kind: 'opened' },
      closed: { kind: 'closed' },
      carry,
      requestsMax: 50,
    }
  })
}
