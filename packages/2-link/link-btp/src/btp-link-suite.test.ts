import { FaultyLink, type Link, type LinkInput, type LinkOutput, flipBit } from '@hourglass/link'
import { PairDriver, linkSuite, seededRng } from '@hourglass/link/testing'
import { type Instant, Queue } from '@hourglass/sansio'
import fc from 'fast-check'
import { expect, it } from 'vitest'
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

/** A link whose frames are lost, late, doubled, overtaken and changed: no socket does it, and no link may mind. */
function overBadWay(link: Link<BtpWireIn, BtpWireOut>, seed: number): Link<BtpWireIn, BtpWireOut> {
  return new FaultyLink(link, {
    faults: { loss: 0.05, doubling: 0.1, corruption: 0.1, detour: 0.1, detourMs: 500, jitterMs: 200 },
    rng: seededRng(seed),
    isForPeer: (wire) => wire.kind === 'frame',
    corrupt: (wire, rng) => (wire.kind === 'frame' ? { ...wire, bytes: flipBit(wire.bytes, rng) } : wire),
  })
}

it('BtpLink gives each request its one answer, over whatever way', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const driver = new PairDriver<BtpWireIn, BtpWireOut>({
        a: overBadWay(new BtpLink({ role: 'client', username: 'alice', token: 'secret' }), seed),
        b: overBadWay(new GreetingServer('secret', 50), seed + 1),
        ...wires,
      })
      driver.open()
      const answered: number[] = []
      for (let step = 0; step < 400; step++) {
        if (step < 40) driver.request('a', step, Uint8Array.of(12, step), 'ilp')
        driver.deliver()
        for (const output of driver.take('b')) {
          if (output.kind === 'request') driver.handle('b', { kind: 'reply', id: output.id, body: REPLY })
        }
        for (const output of driver.take('a')) {
          if (output.kind === 'reply' || output.kind === 'failed') answered.push(output.id)
        }
        driver.reach(driver.now + 100)
      }
      expect(answered.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, id) => id))
    }),
    { numRuns: 50 },
  )
})

const REPLY = Uint8Array.of(13)

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
