/** A link over HTTP under test, and the messages that tests send it. Layer 2, testing. */
import type { LinkOutput } from '@hourglass/link'
import { type Instant, TIMEOUT } from '@hourglass/sansio'
import { nodeRng } from '@hourglass/sansio/io'
import { expect } from 'vitest'
import { HttpLink, type HttpLinkOptions } from '../http-link.ts'
import type { HttpRequest, HttpResponse, HttpWireIn, HttpWireOut } from '../wire.ts'

export const NOW: Instant = 1_900_000_000_000
export const DEADLINE_MS = 30_000
export const PREPARE: Uint8Array = Uint8Array.of(12, 1, 7)
export const FULFILL: Uint8Array = Uint8Array.of(13, 1, 9)
export const REJECT: Uint8Array = Uint8Array.of(14, 1, 8)
export const NOTHING: Uint8Array = new Uint8Array(0)
export const ILP = 'application/octet-stream'
export const ID = '42ee09c8-a6de-4ae3-8a47-4732b0cbb07b'
export const ORIGIN = 'https://peer.example:8443'
export const CALLBACK = 'https://peer.example:8443/replies'

export type Wire<Kind extends HttpWireOut['kind']> = Extract<HttpWireOut, { kind: Kind }>
export type Output = Exclude<LinkOutput<HttpWireOut>, { kind: 'wire' }> | HttpWireOut

/** A link that is up, and what it puts out, wires bare. */
export class Bench {
  now: Instant = NOW
  readonly link: HttpLink
  #exchange = 1000

  constructor(options: Partial<HttpLinkOptions> = {}) {
    this.link = new HttpLink({ rng: nodeRng, peerOrigin: ORIGIN, mode: 'sync', ...options })
    this.wire({ kind: 'opened' })
    this.take()
  }

  wire(wire: HttpWireIn): void {
    this.link.handle({ kind: 'wire', wire }, this.now)
  }

  /** The post that a request of ours makes. */
  request(id = 1, protocol = 'ilp', body: Uint8Array = PREPARE): Wire<'post'> {
    const deadline = this.now + DEADLINE_MS
    this.link.handle({ kind: 'request', id, protocol, body, deadline }, this.now)
    return this.only('post')
  }

  answer({ exchange }: { exchange: number }, response: Partial<HttpResponse>): Output[] {
    this.wire({ status: 200, body: NOTHING, ...response, kind: 'response', exchange })
    return this.take()
  }

  /** Nothing is answered. */
  silence({ exchange }: { exchange: number }, isSent = true): Output[] {
    this.wire({ kind: 'unanswered', exchange, isSent })
    return this.take()
  }

  /** What comes of a post of the peer's. */
  post(request: Partial<HttpRequest> = {}): Output[] {
    this.wire({ kind: 'request', exchange: ++this.#exchange, contentType: ILP, body: PREPARE, ...request })
    return this.take()
  }

  reply(id: number, body: Uint8Array = FULFILL): Output[] {
    this.link.handle({ kind: 'reply', id, body }, this.now)
    return this.take()
  }

  /** Lets time pass; what comes of it. */
  wait(ms: number): Output[] {
    this.now += ms
    this.link.handle(TIMEOUT, this.now)
    return this.take()
  }

  take(): Output[] {
    const outputs: Output[] = []
    for (let output = this.link.poll(); output !== undefined; output = this.link.poll()) {
      outputs.push(output.kind === 'wire' ? output.wire : output)
    }
    return outputs
  }

  only<Kind extends HttpWireOut['kind']>(kind: Kind): Wire<Kind> {
    const [output, ...more] = this.take()
    expect([output?.kind, more]).toEqual([kind, []])
    return output as Wire<Kind>
  }
}

/** The word by which a peer says that it knows requests again. */
export const EPOCH = '0123456789abcdef'

/** Our link to a peer that knows requests again. */
export function knownAgain(options: Partial<HttpLinkOptions> = {}): Bench {
  const bench = new Bench(options)
  bench.answer(bench.request(0), { epoch: EPOCH, body: REJECT })
  return bench
}

export const statuses = (outputs: readonly Output[]): unknown[] =>
  outputs.map((output) => (output.kind === 'respond' ? output.status : output.kind))
