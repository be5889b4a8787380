import type { Link, LinkInput, LinkOutput } from '@hourglass/link'
import { linkSuite } from '@hourglass/link/testing'
import { type Instant, Queue } from '@hourglass/sansio'
import { BtpLink, type BtpWireIn, type BtpWireOut } from './btp-link.ts'
import { ServerHandshake } from './server-handshake.ts'

const wires = {
  opened: { kind: 'opened' },
  closed: { kind: 'closed' },
  carry(wire: BtpWireOut): BtpWireIn | undefined {
    if (wire.kind === 'accepted') return undefined
    return wire.kind === 'frame' ? wire : { kind: 'closed' }
  },
  requestsMax: 50,
} as const

linkSuite<BtpWireIn, BtpWireOut>('BtpLink as server', () => ({
  a: new GreetingServer('secret', 50),
  b: new BtpLink({ role: 'client', username: '', token: 'secret' }),
  ...wires,
}))

linkSuite<BtpWireIn, BtpWireOut>('BtpLink as client', () => ({
  a: new BtpLink({ role: 'client', username: 'alice', token: 'secret', requestsMax: 50 }),
  b: new GreetingServer('secret', 50),
  ...wires,
}))

/** A server's link with the handshake in front of it, as `io/listen.ts` puts them together. Takes one token. */
class GreetingServer implements Link<BtpWireIn, BtpWireOut> {
  readonly #token: string
  readonly #link: BtpLink
  readonly #outputs = new Queue<LinkOutput<BtpWireOut>>()
  #handshake: ServerHandshake | undefined

  constructor(token: string, requestsMax: number) {
    this.#token = token
    this.#link = new BtpLink({ role: 'server', requestsMax })
  }

  handle(input: LinkInput<BtpWireIn>, now: Instant): void {
    if (input.kind === 'wire' && input.wire.kind === 'opened') {
      this.#link.handle({ kind: 'wire', wire: { kind: 'closed' } }, now)
      this.#handshake = new ServerHandshake(now)
    } else if (input.kind === 'wire' && input.wire.kind === 'frame' && this.#handshake !== undefined) {
      this.#handshake.handle(input.wire, now)
      this.#greet(this.#handshake, now)
    } else {
      if (input.kind === 'wire' && input.wire.kind === 'closed') this.#handshake = undefined
      this.#link.handle(input, now)
    }
  }

  poll(): LinkOutput<BtpWireOut> | undefined {
    return this.#outputs.shift() ?? this.#link.poll()
  }

  nextTimeout(): Instant | undefined {
    return this.#link.nextTimeout()
  }

  #greet(handshake: ServerHandshake, now: Instant): void {
    for (let output = handshake.poll(); output !== undefined; output = handshake.poll()) {
      switch (output.kind) {
        case 'frame':
          this.#outputs.push({ kind: 'wire', wire: output })
          break
        case 'authenticate':
          handshake.handle({ kind: 'decided', account: output.token === this.#token ? 'a' : undefined }, now)
          break
        case 'accepted':
          this.#handshake = undefined
          this.#link.handle({ kind: 'wire', wire: { kind: 'opened' } }, now)
          for (const bytes of output.early)
            this.#link.handle({ kind: 'wire', wire: { kind: 'frame', bytes } }, now)
          break
        case 'refused':
          this.#handshake = undefined
          break
      }
    }
  }
}
