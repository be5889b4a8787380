import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Address, PacketType, type Reply } from '@hourglass/ilp'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Credentials } from './credentials.ts'
import { ConnectionKeys } from './keys.ts'
import {
  CONNECTION_IDLE_MS,
  StreamServer,
  type StreamServerOptions,
  type StreamServerOutput,
} from './server.ts'
import { type Frame, type StreamPacket, decodeStreamPacket, encodeStreamPacket } from './wire/packet.ts'

const NOW = 1_700_000_000_000
const CLOSING: Sent = {
  frames: [
    { type: 0x11, streamId: 1n, shares: 1n },
    { type: 0x01, code: 1, message: '' },
  ],
}
const MONEY: Frame = { type: 0x11, streamId: 1n, shares: 1n }

function newServer(options: Partial<StreamServerOptions> = {}): StreamServer {
  return new StreamServer({
    ...options,
    crypto: nodeCrypto,
    rng: nodeRng,
    serverSecret: new Uint8Array(32).fill(7),
    address: 'test.bob' as Address,
    assetCode: 'EUR',
    assetScale: 4,
  })
}

interface Sent {
  readonly amount?: bigint
  readonly min?: bigint
  readonly frames?: readonly Frame[]
  readonly type?: 12 | 13 | 14
  readonly isFulfillable?: boolean
  readonly expiresAt?: number
  readonly destination?: string
  readonly data?: Uint8Array
}

/** Hands in a packet of a payer; returns all outputs, and what the payer can read of the reply. */
function send(
  server: StreamServer,
  { destination, sharedSecret }: Credentials,
  sent: Sent = {},
  now = NOW,
): { outputs: StreamServerOutput[]; reply: Reply; packet: StreamPacket | undefined } {
  const keys = new ConnectionKeys(nodeCrypto, sharedSecret)
  const plain: StreamPacket = {
    type: sent.type ?? PacketType.Prepare,
    sequence: 5n,
    prepareAmount: sent.min ?? 0n,
    frames: sent.frames ?? [MONEY],
  }
  const data = sent.data ?? keys.seal(encodeStreamPacket(plain), nodeRng)
  const condition = sent.isFulfillable === false ? nodeRng.bytes(32) : keys.condition(keys.fulfillment(data))
  const prepare = {
    amount: sent.amount ?? 100n,
    expiresAt: sent.expiresAt ?? NOW + 5000,
    executionCondition: condition,
    destination: (sent.destination ?? destination) as Address,
    data,
  }
  server.handle({ kind: 'prepare', id: 1, prepare }, now)
  const outputs: StreamServerOutput[] = []
  for (let output = server.poll(); output !== undefined; output = server.poll()) outputs.push(output)
  const last = outputs.at(-1)
  if (last?.kind !== 'reply') throw new Error('no reply')
  const opened = keys.open(last.reply.data)
  return { outputs, reply: last.reply, packet: opened && decodeStreamPacket(opened) }
}

/** What is in use once all that nobody needs is collected. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe('STREAM server', () => {
  it('fulfills a packet, tells the money first, and says what arrived: STR-14, STR-19, STR-31, STR-66', () => {
    const server = newServer()
    const credentials = server.credentials()
    const { outputs, reply, packet } = send(server, credentials, { min: 100n })
    const connection = credentials.destination.slice('test.bob.'.length)
    expect(outputs[0]).toEqual({ kind: 'money', connection, streamId: 1n, amount: 100n, total: 100n })
    expect(reply.type).toBe(PacketType.Fulfill)
    expect(packet).toMatchObject({ type: PacketType.Fulfill, sequence: 5n, prepareAmount: 100n })
    expect(packet?.frames).toContainEqual({
      type: 0x12,
      streamId: 1n,
      receiveMax: 2n ** 64n - 1n,
      totalReceived: 100n,
    })
    expect(send(server, credentials).outputs[0]).toMatchObject({ total: 200n })
  })

  it('gives each payer its own address and secret, which any process with its secret serves: STR-03, STR-05', () => {
    const [a, b] = [newServer().credentials(), newServer().credentials()]
    expect(a.destination).not.toBe(b.destination)
    expect(a.sharedSecret).not.toEqual(b.sharedSecret)
    expect(send(newServer(), a).reply.type).toBe(PacketType.Fulfill)
  })

  it('takes an address with more behind the token: ADDR-21', () => {
    const server = newServer()
    const credentials = server.credentials()
    const destination = `${credentials.destination}.more.of~it`
    expect(send(server, credentials, { destination }).reply.type).toBe(PacketType.Fulfill)
  })

  it.each<[string, Sent]>([
    ['a condition that the secret does not give: STR-34', { isFulfillable: false }],
    ['less than the packet’s minimum: STR-85', { min: 101n }],
    ['money that no stream takes: STR-62, STR-63', { frames: [] }],
    ['shares of nothing: STR-62', { frames: [{ type: 0x11, streamId: 1n, shares: 0n }] }],
  ])('declines with F99 and an answer that only the payer can read: %s (STR-35, STR-119)', (_why, sent) => {
    const server = newServer()
    const { outputs, reply, packet } = send(server, server.credentials(), sent)
    expect(outputs).toHaveLength(1)
    expect(reply).toMatchObject({ type: PacketType.Reject, code: 'F99', message: '' })
    expect(packet).toMatchObject({ type: PacketType.Reject, sequence: 5n, prepareAmount: 100n })
  })

  it.each<[string, string, Sent]>([
    ['F06', 'random data: STR-29', { data: new Uint8Array(60).fill(9) }],
    ['F06', 'data too short to be an envelope: STR-11', { data: new Uint8Array(27) }],
    ['F06', 'a reply in place of a Prepare: STR-16, X-STR5', { type: 13 }],
    ['F02', 'another address', { destination: 'test.carol.x' }],
    ['F02', 'the bare address', { destination: 'test.bob' }],
    ['R00', 'a packet that is too late: STR-116', { expiresAt: NOW }],
  ])('rejects with %s: %s', (code, _why, sent) => {
    const server = newServer()
    const { outputs, reply } = send(server, server.credentials(), sent)
    expect(outputs).toHaveLength(1)
    expect(reply).toMatchObject({ type: PacketType.Reject, code })
  })

  it('keeps nothing of packets that it cannot open: STR-120, STR-121', () => {
    const server = newServer()
    for (let i = 0; i < 200; i++) {
      const stranger = { destination: `test.bob.t${i}` as Address, sharedSecret: new Uint8Array(32) }
      expect(send(server, stranger).reply).toMatchObject({ code: 'F06' })
      const guessing = { ...server.credentials(), sharedSecret: new Uint8Array(32) }
      expect(send(server, guessing).reply).toMatchObject({ code: 'F06' })
    }
    expect(server.nextTimeout()).toBeUndefined()
  })

  it('forgets a connection that has been idle: STR-114', () => {
    const server = newServer()
    const credentials = server.credentials()
    send(server, credentials)
    expect(server.nextTimeout()).toBe(NOW + CONNECTION_IDLE_MS)
    server.handle({ kind: 'timeout' }, NOW + CONNECTION_IDLE_MS)
    expect(server.nextTimeout()).toBeUndefined()
    expect(send(server, credentials).outputs[0]).toMatchObject({ total: 100n })
  })

  it('tells its asset to whoever says an address, even an empty one: STR-45, STR-46, STR-115', () => {
    const server = newServer()
    const frames: Frame[] = [{ type: 0x02, address: '' }]
    const { reply, packet } = send(server, server.credentials(), { amount: 0n, frames })
    expect(reply.type).toBe(PacketType.Fulfill)
    expect(packet?.frames).toContainEqual({ type: 0x07, assetCode: 'EUR', assetScale: 4 })
  })

  it('tells its asset in the first reply anyway, and once only: STR-51, STR-112', () => {
    const server = newServer()
    const credentials = server.credentials()
    const types = (): (number | undefined)[] | undefined =>
      send(server, credentials).packet?.frames.map(({ type }) => type)
    expect(types()).toEqual([0x07, 0x03, 0x12])
    expect(types()).toEqual([0x12])
  })

  it('takes what the credentials allow, a hundredth of the rest on top, and says so: STR-63, STR-64', () => {
    const server = newServer()
    const credentials = server.credentials({ receiveMax: 200n })
    expect(send(server, credentials, { amount: 203n }).reply).toMatchObject({ code: 'F99' })
    expect(send(server, credentials, { amount: 100n }).reply.type).toBe(PacketType.Fulfill)
    const declined = send(server, credentials, { amount: 102n })
    expect(declined.outputs).toHaveLength(1)
    expect(declined.packet?.frames).toEqual([
      { type: 0x12, streamId: 1n, receiveMax: 200n, totalReceived: 100n },
    ])
    expect(send(server, credentials, { amount: 101n }).reply.type).toBe(PacketType.Fulfill)
    expect(send(server, credentials, { amount: 1n }).reply).toMatchObject({ code: 'F99' })
    expect(send(server, credentials, { amount: 0n }).reply.type).toBe(PacketType.Fulfill) // STR-115
  })

  it('asks the application last, of money alone, and tells the payer its verdict: STR-117', () => {
    const asked: object[] = []
    const server = newServer({
      judge(offer) {
        asked.push(offer)
        return offer.amount > 500n ? 'decline' : offer.received >= 100n ? 'later' : 'take'
      },
    })
    const credentials = server.credentials({ connectionTag: 'invoice 7' })
    const connection = credentials.destination.slice('test.bob.'.length)
    const tries = [501n, 100n, 1n, 0n].map((amount) => send(server, credentials, { amount }))
    send(server, credentials, { amount: 50n, min: 51n })
    expect(tries.map(({ reply }) => ('code' in reply ? reply.code : 'fulfilled'))).toEqual([
      'F99',
      'fulfilled',
      'T99',
      'fulfilled',
    ])
    expect(tries[2]?.packet).toMatchObject({ type: PacketType.Reject, prepareAmount: 1n })
    expect(tries[2]?.outputs).toHaveLength(1)
    expect(asked).toEqual([
      { amount: 501n, received: 0n, connection, connectionTag: 'invoice 7' },
      { amount: 100n, received: 0n, connection, connectionTag: 'invoice 7' },
      { amount: 1n, received: 100n, connection, connectionTag: 'invoice 7' },
    ])
  })

  it('takes money, and ignores data that comes with it, where it takes none: STR-126', () => {
    const server = newServer()
    const credentials = server.credentials()
    const data: Frame = { type: 0x14, streamId: 1n, offset: 0n, data: new Uint8Array(30_000).fill(1) }
    for (const total of [100n, 200n]) {
      const { reply, outputs } = send(server, credentials, { frames: [MONEY, data] })
      expect(reply.type).toBe(PacketType.Fulfill)
      expect(outputs[0]).toMatchObject({ kind: 'money', total })
    }
  })

  it('never counts beyond what its replies can say: STR-26', () => {
    const server = newServer()
    const credentials = server.credentials()
    const amount = 2n ** 64n - 1n
    expect(send(server, credentials, { amount }).reply.type).toBe(PacketType.Fulfill)
    expect(send(server, credentials, { amount: 1n }).reply).toMatchObject({ code: 'F99' })
  })

  it('answers a packet full of frames with a small one', () => {
    const server = newServer()
    const frames: Frame[] = Array.from({ length: 4000 }, () => MONEY)
    const { reply } = send(server, server.credentials(), { frames })
    expect(reply.type).toBe(PacketType.Fulfill)
    expect(reply.data.length).toBeLessThan(100)
  })

  it('has room for so many connections; one that is idle makes way', () => {
    const connectionsMax = 20
    const server = newServer({ connectionsMax })
    for (let i = 0; i < connectionsMax; i++) send(server, server.credentials(), {}, NOW + i)
    const late = server.credentials()
    expect(send(server, late, {}, NOW + 100).packet?.frames).toEqual([{ type: 0x01, code: 3, message: '' }])
    const idle = NOW + CONNECTION_IDLE_MS
    expect(send(server, late, { expiresAt: idle + 1 }, idle).reply.type).toBe(PacketType.Fulfill)
  })

  it('remembers of a closed connection no more than that it is over, and that not for ever: STR-114', () => {
    const server = newServer({ connectionsMax: 2 })
    const all = Array.from({ length: 4 }, () => server.credentials())
    for (const credentials of all) send(server, credentials, CLOSING)
    const types = all.toReversed().map((credentials) => send(server, credentials, CLOSING).reply.type)
    expect(types).toEqual([14, 14, 13, 13]) // The two that were closed last are remembered.
    const later = NOW + CONNECTION_IDLE_MS
    expect(send(server, all[0]!, { expiresAt: later + 1 }, later).outputs[0]).toMatchObject({ total: 100n })
    expect(server.nextTimeout()).toBe(later + CONNECTION_IDLE_MS)
  })

  it('needs less than 20 kB of memory for a connection that rests', () => {
    const server = newServer()
    const open = (connections: number): void => {
      for (let i = 0; i < connections; i++) send(server, server.credentials())
    }
    open(500)
    const before = usedBytes()
    open(1000)
    expect((usedBytes() - before) / 1000).toBeLessThan(20_000) // About 3,000: nothing else comes near the limit.
    expect(server.nextTimeout()).toBeDefined() // It was in use until here.
  })

  it('answers any octets in any frame without a throw: STR-82, STR-83', () => {
    const server = newServer()
    const { destination, sharedSecret } = server.credentials()
    const keys = new ConnectionKeys(nodeCrypto, sharedSecret)
    const header = encodeStreamPacket({ type: 12, sequence: 1n, prepareAmount: 0n, frames: [] }).slice(0, -1)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), fc.uint8Array({ maxLength: 60 }), (count, bytes) => {
        const plaintext = Uint8Array.of(...header, count, ...bytes)
        const { reply } = send(server, { destination, sharedSecret }, { data: keys.seal(plaintext, nodeRng) })
        expect(reply.type === PacketType.Fulfill || ['F06', 'F99'].includes(reply.code)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it.each<[number, string, Frame]>([
    [8, 'a stream of the server’s numbers: STR-53', { type: 0x11, streamId: 2n, shares: 1n }],
    [5, 'a stream above the limit: STR-56', { type: 0x11, streamId: 999n, shares: 1n }],
  ])('closes the connection with code %s for %s', (code, _why, frame) => {
    const server = newServer()
    const credentials = server.credentials()
    const { reply, packet } = send(server, credentials, { frames: [MONEY, frame] })
    expect(reply).toMatchObject({ code: 'F99' })
    expect(packet?.frames).toEqual([{ type: 0x01, code, message: '' }])
    expect(send(server, credentials).reply).toMatchObject({ code: 'F99' }) // STR-76
  })

  it('divides money by shares, the rest to the lowest stream: STR-60, STR-61, X-STR4', () => {
    const server = newServer()
    const frames: Frame[] = [5n, 3n, 1n].map((streamId) => ({ type: 0x11, streamId, shares: 1n }))
    const { packet } = send(server, server.credentials(), { frames })
    const totals = packet?.frames.flatMap((frame) => (frame.type === 0x12 ? [frame.totalReceived] : []))
    expect(totals).toEqual([33n, 33n, 34n])
  })

  it('tells when the payer closes, and takes nothing after: STR-79', () => {
    const server = newServer()
    const credentials = server.credentials()
    send(server, credentials)
    const { outputs } = send(server, credentials, {
      amount: 0n,
      frames: [{ type: 0x01, code: 1, message: '' }],
    })
    expect(outputs[0]).toMatchObject({ kind: 'closed', total: 100n })
    expect(send(server, credentials).reply).toMatchObject({ code: 'F99' })
  })
})
