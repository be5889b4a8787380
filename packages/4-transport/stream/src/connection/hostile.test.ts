/** Ends and connectors that break the rules: nobody sends more than agreed, nobody counts what it was not paid. */
import { type Address, PacketType, type Prepare, type Reply, encodePrepare } from '@hourglass/ilp'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConnectionKeys } from '../keys.ts'
import { Pair, type PairOptions } from '../testing/pair.ts'
import { octets, send } from '../testing/traffic.ts'
import { type Frame, type StreamPacket, decodeStreamPacket, encodeStreamPacket } from '../wire/packet.ts'
import { StreamConnection } from './connection.ts'
import type { ConnectionOutput } from './face.ts'

const NOW = 1_700_000_000_000
const SECRET = new Uint8Array(32).fill(9)
const keys = new ConnectionKeys(nodeCrypto, SECRET)

/** The same reply with other words of the receiver's. */
function reworded(reply: Reply, change: (packet: StreamPacket) => StreamPacket): Reply {
  const packet = change(decodeStreamPacket(keys.open(reply.data)!))
  return { ...reply, data: keys.seal(encodeStreamPacket(packet), nodeRng) }
}

/** Money that the client reports as sent. */
function reported(pair: Pair): bigint {
  const last = new Map(pair.of('client', 'sent').map(({ streamId, sent }) => [streamId, sent]))
  return [...last.values()].reduce((total, sent) => total + sent, 0n)
}

describe('a connector in the middle', () => {
  it('that shaves, delays, drops, doubles and breaks packets moves no money unseen: STR-108, STR-124, SEC-54', () => {
    const kind = fc.constantFrom('none', 'shave', 'cut', 'pad', 'flip', 'double', 'strip', 'swap', 'retype')
    const options = fc.record({
      kinds: fc.array(kind, { minLength: 5, maxLength: 5 }),
      lossPerMille: fc.integer({ min: 0, max: 300 }),
      delayMs: fc.integer({ min: 1, max: 300 }),
      seed: fc.integer({ min: 1, max: 2 ** 31 }),
    })
    const totals = fc.array(fc.bigInt({ min: 1n, max: 1_000_000n }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(options, totals, ({ kinds, ...path }, wanted) => {
        const pair = new Pair({ ...path, ...middleOf(kinds) })
        for (const total of wanted) send(pair, total)
        pair.run({ ms: 60_000 })
        expect(pair.charged.client <= wanted.reduce((sum, total) => sum + total, 0n)).toBe(true)
        expect(reported(pair)).toBe(pair.charged.client)
        expect(pair.ends.server.received).toBe(pair.paid.server)
        const counted = pair.of('server', 'money').reduce((sum, { amount }) => sum + amount, 0n)
        expect(counted).toBe(pair.paid.server)
      }),
      { numRuns: 200 },
    )
  })

  it('cannot take an answer for another packet: STR-15, STR-38', () => {
    let first: Uint8Array | undefined
    const pair = new Pair({
      tamperReply: (reply) => {
        if (reply.type !== PacketType.Fulfill) return reply
        first ??= reply.data
        return { ...reply, data: first }
      },
    })
    const streamId = send(pair, 10n)
    pair.run()
    pair.hand('client', { kind: 'send', streamId, total: 20n })
    pair.run()
    expect(pair.of('client', 'stopped')[0]).toMatchObject({ outcome: 'receiver-violation' })
    expect(reported(pair)).toBe(pair.charged.client)
  })

  it('cannot make a Reject of a Fulfill’s words: STR-16, STR-17, X-STR', () => {
    const pair = new Pair({
      tamperReply: (reply, _to, index) =>
        index === 1 && reply.type === PacketType.Fulfill
          ? { type: PacketType.Reject, code: 'T00', triggeredBy: '', message: '', data: reply.data }
          : reply,
    })
    send(pair, 10n)
    pair.run()
    expect(pair.charged.client).toBe(10n)
    expect(reported(pair)).toBe(10n)
  })
})

describe('a receiver', () => {
  it('that takes the money and says nothing, or less than it must, gets no more: STR-39, STR-40, STR-41', () => {
    const lies: NonNullable<PairOptions['tamperReply']>[] = [
      (reply) => (reply.type === PacketType.Fulfill ? { ...reply, data: new Uint8Array(0) } : reply),
      (reply) =>
        reply.type === PacketType.Fulfill
          ? reworded(reply, (packet) => ({ ...packet, prepareAmount: 1n }))
          : reply,
    ]
    for (const tamperReply of lies) {
      const pair = new Pair({ tamperReply })
      const streamId = send(pair, 1000n)
      pair.run()
      expect(pair.of('client', 'stopped')[0]).toMatchObject({ outcome: 'receiver-violation' })
      expect(pair.charged.client).toBe(1000n)
      // What it must have taken at least.
      expect(pair.of('client', 'sent')).toEqual([{ kind: 'sent', streamId, sent: 1000n, delivered: 990n }])
    }
  })

  it('that never says a word of its own is not asked for ever: STR-38, STR-106', () => {
    const pair = new Pair({ tamperReply: (reply) => ({ ...reply, data: new Uint8Array(0) }) })
    const streamId = pair.ends.client.open()!
    pair.run()
    expect(pair.prepares.client.length).toBeLessThan(3)
    pair.hand('client', { kind: 'write', streamId, data: octets(5) })
    pair.run()
    expect(pair.of('client', 'closed')[0]).toMatchObject({ message: 'nobody answers' })
  })

  it('that claims more than it got changes nothing about what is sent: STR-42, SEC-50', () => {
    const pair = new Pair({
      tamperReply: (reply) =>
        reply.type === PacketType.Fulfill
          ? reworded(reply, (packet) => ({ ...packet, prepareAmount: packet.prepareAmount * 1000n }))
          : reply,
    })
    send(pair, 1000n)
    pair.run()
    expect(pair.charged.client).toBe(1000n)
  })

  it('that never says its totals grow is paid all the same: STR-113, X-STR8', () => {
    const stateless = (frame: Frame): Frame =>
      frame.type === 0x12 ? { ...frame, totalReceived: 0n, receiveMax: 2n ** 64n - 1n } : frame
    const pair = new Pair({
      tamperReply: (reply) =>
        reworded(reply, (packet) => ({ ...packet, frames: packet.frames.map(stateless) })),
    })
    const streamId = send(pair, 1000n)
    pair.run()
    pair.hand('client', { kind: 'send', streamId, total: 5000n })
    pair.run()
    expect(pair.charged.client).toBe(5000n)
  })
})

describe('a payer', () => {
  function newServer(): StreamConnection {
    const asset = { assetCode: 'EUR', assetScale: 2 }
    const world = {
      crypto: nodeCrypto,
      rng: nodeRng,
      address: 'test.server' as Address,
      sharedSecret: SECRET,
    }
    return new StreamConnection({ ...world, ...asset, role: 'server' })
  }

  /** Hands in a packet with these frames; returns what comes of it. */
  function take(
    server: StreamConnection,
    frames: readonly Frame[],
    amount = 0n,
    condition?: Uint8Array,
  ): ConnectionOutput[] {
    const data = keys.seal(encodeStreamPacket({ type: 12, sequence: 1n, prepareAmount: 0n, frames }), nodeRng)
    const executionCondition = condition ?? keys.condition(keys.fulfillment(data))
    const prepare = {
      amount,
      expiresAt: NOW + 30_000,
      executionCondition,
      destination: 'test.server' as Address,
      data,
    }
    expect(encodePrepare(prepare).length).toBeLessThan(33_000)
    server.handle({ kind: 'prepare', id: 1, prepare }, NOW)
    const outputs: ConnectionOutput[] = []
    for (let output = server.poll(); output !== undefined; output = server.poll()) outputs.push(output)
    return outputs
  }

  function replyOf(outputs: readonly ConnectionOutput[]): Reply {
    const last = outputs.findLast((output) => output.kind === 'reply')
    return last!.reply
  }

  it.each<[string, (index: number) => Frame]>([
    ['StreamMoney', (index) => ({ type: 0x11, streamId: BigInt(1 + 2 * (index % 10)), shares: 1n })],
    [
      'StreamMoneyBlocked',
      (index) => ({ type: 0x13, streamId: BigInt(1 + 2 * (index % 10)), sendMax: 1n, totalSent: 1n }),
    ],
    ['StreamDataBlocked', (index) => ({ type: 0x16, streamId: BigInt(1 + 2 * (index % 10)), maxOffset: 1n })],
    [
      'StreamClose',
      (index) => ({ type: 0x10, streamId: BigInt(1 + 2 * (index % 10)), code: 1, message: '' }),
    ],
    ['ConnectionStreamIdBlocked', () => ({ type: 0x06, maxStreamId: 1n })],
    [
      'empty StreamData',
      (index) => ({ type: 0x14, streamId: 1n, offset: BigInt(index), data: new Uint8Array(0) }),
    ],
    [
      'one octet of StreamData each',
      (index) => ({ type: 0x14, streamId: 1n, offset: BigInt(3 * index + 1), data: octets(1) }),
    ],
  ])('that floods with %s gets a small answer, and little is kept: SEC-53', (_name, frame) => {
    const server = newServer()
    const frames = Array.from({ length: 2500 }, (_, index) => frame(index))
    const outputs = take(server, frames, 1000n)
    expect(replyOf(outputs).data.length).toBeLessThan(1500)
    expect(outputs.length).toBeLessThan(50)
  })

  it('that cannot be fulfilled is heard all the same, but for its data: STR-37, X-STR10', () => {
    const server = newServer()
    const data: Frame = { type: 0x14, streamId: 1n, offset: 0n, data: octets(5) }
    const address: Frame = { type: 0x02, address: 'test.client' }
    const outputs = take(server, [data, address], 0n, nodeRng.bytes(32))
    expect(replyOf(outputs)).toMatchObject({ type: PacketType.Reject, code: 'F99' })
    expect(outputs.find(({ kind }) => kind === 'data')).toBeUndefined()
    server.handle({ kind: 'send', streamId: server.open()!, total: 10n }, NOW)
    expect(server.poll()).toMatchObject({
      kind: 'prepare',
      prepare: { destination: 'test.client', amount: 0n },
    })
  })

  it('that closes a stream with its last packet loses nothing of it: STR-77', () => {
    const server = newServer()
    const frames: Frame[] = [
      { type: 0x10, streamId: 1n, code: 1, message: '' },
      { type: 0x14, streamId: 1n, offset: 0n, data: octets(5) },
      { type: 0x11, streamId: 1n, shares: 1n },
    ]
    const refused = take(server, frames, 10n, nodeRng.bytes(32))
    expect(refused.map(({ kind }) => kind)).toEqual(['opened', 'reply'])
    const taken = take(server, frames, 10n)
    expect(taken.map(({ kind }) => kind)).toEqual(['money', 'data', 'streamClosed', 'reply'])
    expect(replyOf(take(server, frames, 10n))).toMatchObject({ type: PacketType.Reject }) // STR-76
    expect(server.received).toBe(10n)
  })

  it('that replays a packet pays again, and that is what is counted: STR-124', () => {
    const server = newServer()
    const money: Frame[] = [{ type: 0x11, streamId: 1n, shares: 1n }]
    take(server, money, 10n)
    take(server, money, 10n)
    expect(server.received).toBe(20n)
  })

  it('that says anything at all gets an answer, and no throw: STR-81, STR-82, STR-83', () => {
    const number = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    const id = fc.oneof(fc.constantFrom(1n, 2n, 3n, 19n, 20n, 21n), number)
    const code = fc.nat(255)
    const small = fc.oneof(fc.bigInt({ min: 0n, max: 100n }), number)
    const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
      fc.record({ type: fc.constant(0x01 as const), code, message: fc.string() }),
      fc.record({ type: fc.constant(0x02 as const), address: fc.oneof(fc.constant('test.a'), fc.string()) }),
      fc.record({ type: fc.constantFrom(0x03 as const, 0x04 as const), maxOffset: number }),
      fc.record({ type: fc.constantFrom(0x05 as const, 0x06 as const), maxStreamId: number }),
      fc.record({ type: fc.constant(0x07 as const), assetCode: fc.string(), assetScale: code }),
      fc.record({ type: fc.constant(0x10 as const), streamId: id, code, message: fc.string() }),
      fc.record({ type: fc.constant(0x11 as const), streamId: id, shares: number }),
      fc.record({
        type: fc.constant(0x12 as const),
        streamId: id,
        receiveMax: number,
        totalReceived: number,
      }),
      fc.record({ type: fc.constant(0x13 as const), streamId: id, sendMax: number, totalSent: number }),
      fc.record({
        type: fc.constant(0x14 as const),
        streamId: id,
        offset: small,
        data: fc.uint8Array({ maxLength: 50 }),
      }),
      fc.record({ type: fc.constantFrom(0x15 as const, 0x16 as const), streamId: id, maxOffset: number }),
      fc.record({
        type: fc.constant(0x17 as const),
        streamId: id,
        receipt: fc.uint8Array({ maxLength: 60 }),
      }),
    )
    const packets = fc.array(fc.record({ frames: fc.array(anyFrame, { maxLength: 6 }), amount: small }), {
      maxLength: 6,
    })
    fc.assert(
      fc.property(packets, (list) => {
        const server = newServer()
        let paid = 0n
        for (const { frames, amount } of list) {
          const reply = replyOf(take(server, frames, amount))
          if (reply.type === PacketType.Fulfill) paid += amount
        }
        expect(server.received).toBe(paid)
      }),
      { numRuns: 2000 },
    )
  })
})

/** What a connector makes of every fifth packet, by kind. */
function middleOf(kinds: readonly string[]): PairOptions {
  const kindOf = (index: number): string | undefined =>
    index === 0 ? undefined : kinds[index % kinds.length]
  let before: Uint8Array | undefined
  return {
    copies: (index) => (kindOf(index) === 'double' ? 3 : 1),
    tamper: (prepare, _from, index) => breakPrepare(prepare, kindOf(index)),
    tamperReply: (reply, _to, index) => {
      const { data } = reply
      const swapped = before ?? data
      before = data
      switch (kindOf(index)) {
        case 'strip':
          return { ...reply, data: new Uint8Array(0) }
        case 'swap':
          return { ...reply, data: swapped }
        case 'retype':
          return { type: PacketType.Reject, code: 'F99', triggeredBy: '', message: '', data }
        default:
          return reply
      }
    },
  }
}

function breakPrepare(prepare: Prepare, kind: string | undefined): Prepare {
  const { amount, data } = prepare
  switch (kind) {
    case 'shave':
      return { ...prepare, amount: (amount * 95n) / 100n }
    case 'cut':
      return { ...prepare, data: data.subarray(0, -1) }
    case 'pad':
      return { ...prepare, data: Uint8Array.of(...data, 0) }
    case 'flip':
      return { ...prepare, data: data.map((octet, index) => (index === 40 ? octet ^ 1 : octet)) }
    default:
      return prepare
  }
}
