import type { Address, Prepare } from '@hourglass/ilp'
import { encodeHex } from '@hourglass/oer'
import { UsageError, equalBytes } from '@hourglass/sansio'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { ConnectionKeys } from '../keys.ts'
import { Pair, type PairOptions } from '../testing/pair.ts'
import { octets, reading, send, write } from '../testing/traffic.ts'
import { type Frame, decodeStreamPacket, encodeStreamPacket } from '../wire/packet.ts'
import { BLOCKED_MS } from './outgoing.ts'
import { DATA_WINDOW_BYTES_MIN } from './shared.ts'

const keys = new ConnectionKeys(nodeCrypto, new Uint8Array(32).fill(9))

/** What a packet of the pair says. */
function framesOf({ data }: Prepare): readonly Frame[] {
  return keys.openPacket(data)!.frames
}

/** The packet with other frames, as whoever has the secret can make it. */
function withFrames(prepare: Prepare, change: (frames: readonly Frame[]) => readonly Frame[]): Prepare {
  const packet = decodeStreamPacket(keys.open(prepare.data)!)
  const data = keys.seal(encodeStreamPacket({ ...packet, frames: change(packet.frames) }), nodeRng)
  return { ...prepare, data, executionCondition: keys.condition(keys.fulfillment(data)) }
}

describe('STREAM connection: money', () => {
  it('goes out on several streams at once, each to its total: STR-13, STR-52, STR-54, STR-60', () => {
    const pair = new Pair({ rate: { numerator: 9n, denominator: 10n } })
    const ids = [1000n, 2000n, 3000n].map((total) => send(pair, total))
    expect(ids).toEqual([1n, 3n, 5n])
    pair.run()
    const sent = pair.of('client', 'sent').map((event) => ({ id: event.streamId, sent: event.sent }))
    const totals = ids.map((id) => sent.findLast((event) => event.id === id)?.sent)
    expect(totals).toEqual([1000n, 2000n, 3000n])
    expect(pair.charged.client).toBe(6000n)
    expect(pair.of('server', 'money').at(-1)?.total).toBe(5400n)
    expect(pair.of('server', 'opened').map(({ streamId }) => streamId)).toEqual(ids)
    expect(pair.of('client', 'quoted')).toHaveLength(1)
    const sequences = pair.prepares.client.map(({ data }) => keys.openPacket(data)!.sequence)
    expect(sequences).toEqual(sequences.map((_, index) => BigInt(index + 1)))
  })

  it('goes on where a total is raised, at the same quote', () => {
    const pair = new Pair()
    const streamId = send(pair, 1000n)
    pair.run()
    pair.hand('client', { kind: 'send', streamId, total: 2500n })
    pair.run()
    expect(pair.charged.client).toBe(2500n)
    expect(pair.of('client', 'quoted')).toHaveLength(1)
  })

  it('comes back from the server, once the client has told its address: STR-43, STR-112', () => {
    const pair = new Pair({ rate: { numerator: 1n, denominator: 4n } })
    send(pair, 1000n)
    pair.run()
    const streamId = send(pair, 100n, 'server')
    expect(streamId).toBe(2n)
    pair.run()
    expect(pair.charged.server).toBe(100n)
    expect(pair.of('client', 'money').at(-1)).toMatchObject({ streamId: 2n, total: 400n })
    // SEC-52, STR-48: the first packet to the address carries no money.
    expect(pair.prepares.server[0]).toMatchObject({ amount: 0n, destination: 'test.client' })
  })

  it('never comes from a server that was told no address: STR-43, STR-44, STR-45', () => {
    const pair = new Pair({ client: { address: undefined as never } })
    send(pair, 1000n)
    pair.run()
    send(pair, 100n, 'server')
    pair.run()
    expect(pair.prepares.server).toEqual([])
    expect(pair.of('client', 'quoted')[0]).toMatchObject({ asset: { assetCode: 'EUR', assetScale: 2 } })
  })

  it('flows both ways on one stream', () => {
    const pair = new Pair()
    const streamId = send(pair, 500n)
    pair.run()
    pair.hand('server', { kind: 'send', streamId, total: 70n })
    pair.run()
    expect(pair.charged).toEqual({ client: 500n, server: 70n })
  })

  it('stops at what the receiver takes, asks, and goes on when it takes more: STR-63, STR-69', () => {
    const pair = new Pair({ server: { streamReceiveMax: 600n } })
    const streamId = send(pair, 1000n)
    pair.run({ ms: 5 * BLOCKED_MS })
    const before = pair.charged.client
    expect(before <= 606n).toBe(true)
    expect(pair.prepares.client.some((prepare) => framesOf(prepare).some(({ type }) => type === 0x13))).toBe(
      true,
    )
    pair.hand('server', { kind: 'receive', streamId, max: 10_000n })
    pair.run({ ms: 5 * BLOCKED_MS })
    expect(pair.charged.client).toBe(1000n)
  })

  it('is held back by limits in the receiver’s units: STR-67', () => {
    const pair = new Pair({ server: { streamReceiveMax: 600n }, rate: { numerator: 2n, denominator: 1n } })
    send(pair, 1000n)
    pair.run({ ms: 5 * BLOCKED_MS })
    expect(pair.charged.client >= 300n && pair.charged.client <= 303n).toBe(true)
  })

  it('takes no worse rate than the application’s own prices allow: STR-42, STR-86, STR-90, SEC-50, SEC-51', () => {
    const pair = new Pair({
      rate: { numerator: 9n, denominator: 10n },
      client: { minimumRate: { numerator: 91n, denominator: 100n } },
    })
    send(pair, 1000n)
    pair.run()
    expect(pair.of('client', 'stopped')[0]).toMatchObject({ outcome: 'rate-too-low' })
    expect(pair.charged.client).toBe(0n)
  })

  it('gets through losses, and both ends count the same: STR-60, STR-66, STR-101, STR-107', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const pair = new Pair({ lossPerMille: 300, seed, rate: { numerator: 7n, denominator: 3n } })
      send(pair, 12_345n)
      send(pair, 54_321n)
      pair.run({ ms: 60_000 })
      expect(pair.charged.client).toBe(66_666n)
      const got = pair.of('server', 'money').reduce((total, { amount }) => total + amount, 0n)
      expect(got).toBe(pair.ends.server.received)
      expect(got >= 155_000n).toBe(true)
    }
  })
})

describe('STREAM connection: data', () => {
  it.each<[string, PairOptions]>([
    ['as it is', {}],
    ['with a third of the packets lost', { lossPerMille: 300, seed: 11 }],
    ['with small windows', { server: { dataWindowBytes: DATA_WINDOW_BYTES_MIN }, seed: 5 }],
  ])(
    'arrives in order and complete, both ways, %s: STR-36, STR-65, STR-71, STR-73, STR-75',
    (_how, options) => {
      const pair = reading(new Pair(options))
      const [up, down] = [octets(300_000), octets(200_000, 13)]
      const streamId = pair.ends.client.open()!
      write(pair, 'client', streamId, up)
      pair.run({ ms: 300 })
      write(pair, 'server', streamId, down)
      pair.run({ until: () => pair.dataOf('client', streamId).length === down.length, ms: 400_000 })
      pair.run({ ms: 60_000 })
      expect(equalBytes(pair.dataOf('server', streamId), up)).toBe(true)
      expect(equalBytes(pair.dataOf('client', streamId), down)).toBe(true)
    },
  )

  it('travels beside money on other streams', () => {
    const pair = reading(new Pair({ lossPerMille: 100 }))
    const text = octets(50_000)
    const streamId = pair.ends.client.open()!
    write(pair, 'client', streamId, text)
    send(pair, 5000n)
    pair.run({ ms: 60_000 })
    expect(equalBytes(pair.dataOf('server', streamId), text)).toBe(true)
    expect(pair.charged.client).toBe(5000n)
  })

  it('waits for whoever does not read, within the window: STR-65, STR-68, STR-69, STR-74', () => {
    const pair = new Pair({ server: { dataWindowBytes: 20_000 } })
    const streamId = pair.ends.client.open()!
    write(pair, 'client', streamId, octets(100_000))
    pair.run({ ms: 20 * BLOCKED_MS })
    expect(pair.dataOf('server', streamId).length).toBe(20_000)
    expect(pair.prepares.client.some((prepare) => framesOf(prepare).some(({ type }) => type === 0x16))).toBe(
      true,
    )
    pair.hand('server', { kind: 'read', streamId, bytes: 20_000 })
    pair.run({ ms: 3 * BLOCKED_MS })
    expect(pair.dataOf('server', streamId).length).toBe(40_000)
  })

  it('has no window smaller than what payers take for granted: STR-68', () => {
    expect(() => new Pair({ server: { dataWindowBytes: DATA_WINDOW_BYTES_MIN - 1 } })).toThrow(UsageError)
  })

  it('costs nothing: packets of data alone carry no money and are fulfilled: STR-115', () => {
    const pair = reading(new Pair())
    write(pair, 'client', pair.ends.client.open()!, octets(1000))
    pair.run()
    expect(pair.prepares.client.every(({ amount }) => amount === 0n)).toBe(true)
    expect(pair.of('client', 'drained')).toHaveLength(1)
  })

  it('is never larger than a Prepare can hold: STR-10', () => {
    const pair = reading(new Pair({ server: { dataWindowBytes: 500_000 } }))
    for (const seed of [1, 2, 3]) write(pair, 'client', pair.ends.client.open()!, octets(200_000, seed))
    pair.run()
    for (const { data } of pair.prepares.client) expect(data.length).toBeLessThanOrEqual(32_767)
  })
})

describe('STREAM connection: the end', () => {
  it('of a stream comes after all it had to bring: STR-77', () => {
    const pair = reading(new Pair({ lossPerMille: 200 }))
    const streamId = send(pair, 777n)
    const text = octets(40_000)
    pair.hand('client', { kind: 'write', streamId, data: text })
    pair.hand('client', { kind: 'closeStream', streamId })
    pair.run({ ms: 60_000 })
    expect(equalBytes(pair.dataOf('server', streamId), text)).toBe(true)
    expect(pair.charged.client).toBe(777n)
    for (const side of ['client', 'server'] as const) {
      expect(pair.of(side, 'streamClosed')).toEqual([
        { kind: 'streamClosed', streamId, code: 1, message: '' },
      ])
      expect(pair.of(side, 'closed')).toEqual([])
    }
  })

  it('of a connection comes after that of its streams: STR-79, X-STR9', () => {
    const pair = reading(new Pair())
    send(pair, 500n)
    const streamId = pair.ends.client.open()!
    pair.hand('client', { kind: 'write', streamId, data: octets(10) })
    pair.hand('client', { kind: 'close' })
    expect(pair.ends.client.open()).toBeUndefined()
    pair.run()
    expect(pair.charged.client).toBe(500n)
    expect(pair.of('client', 'closed')[0]).toMatchObject({ code: 1, isByPeer: false })
    expect(pair.of('server', 'closed')[0]).toMatchObject({ code: 1, isByPeer: true, total: 500n })
    const count = pair.prepares.client.length
    pair.hand('client', { kind: 'send', streamId: 1n, total: 900n })
    pair.run()
    expect(pair.prepares.client).toHaveLength(count)
  })

  it('says no more than a few words: MESSAGE_LENGTH_MAX', () => {
    const pair = new Pair()
    for (let i = 0; i < 10; i++) {
      const streamId = send(pair, 5n)
      pair.hand('client', { kind: 'write', streamId, data: octets(10_000) })
      pair.hand('client', { kind: 'closeStream', streamId, code: 9, message: '€'.repeat(100_000) })
    }
    pair.run()
    expect(pair.of('server', 'streamClosed').map(({ message }) => message.length)).toEqual(Array(10).fill(64))
    for (const { data } of pair.prepares.client) expect(data.length).toBeLessThanOrEqual(32_767)
  })

  it('can be an error, which the other end is told: STR-79, STR-81', () => {
    const pair = new Pair()
    send(pair, 500n)
    pair.run()
    pair.hand('client', { kind: 'close', code: 9, message: 'no more' })
    expect(pair.of('client', 'closed')).toHaveLength(1) // Nobody waits for the answer to a goodbye.
    pair.run()
    expect(pair.of('server', 'closed')[0]).toMatchObject({ code: 9, message: 'no more', isByPeer: true })
  })

  it('of a server that cannot send packets is told in its next reply', () => {
    const pair = new Pair({ client: { address: undefined as never } })
    const streamId = send(pair, 500n)
    pair.run()
    pair.hand('server', { kind: 'closeStream', streamId })
    pair.hand('client', { kind: 'send', streamId, total: 600n })
    pair.run()
    expect(pair.of('client', 'streamClosed')).toHaveLength(1)
  })

  it('comes where nobody answers at all: STR-106', () => {
    const pair = new Pair({ lossPerMille: 1000 })
    pair.hand('client', { kind: 'write', streamId: pair.ends.client.open()!, data: octets(5) })
    send(pair, 5n)
    pair.run()
    expect(pair.of('client', 'stopped')[0]).toMatchObject({ outcome: 'no-rate' })
    expect(pair.of('client', 'closed')[0]).toMatchObject({ code: 2, message: 'nobody answers' })
  })

  it('makes room for another stream: STR-55, STR-57, STR-58', () => {
    const pair = new Pair()
    const ids = Array.from({ length: 10 }, () => send(pair, 10n))
    expect(ids.at(-1)).toBe(19n)
    expect(pair.ends.client.open()).toBeUndefined()
    pair.run()
    pair.hand('client', { kind: 'closeStream', streamId: 3n })
    pair.run()
    expect(pair.ends.client.open()).toBe(21n)
  })
})

describe('STREAM connection: who is where', () => {
  it('tells both ends’ assets: STR-51, STR-112', () => {
    const pair = new Pair()
    send(pair, 10n)
    pair.run()
    expect(pair.of('client', 'quoted')[0]?.asset).toEqual({ assetCode: 'EUR', assetScale: 2 })
    send(pair, 10n, 'server')
    pair.run()
    expect(pair.of('server', 'quoted')[0]?.asset).toEqual({ assetCode: 'USD', assetScale: 2 })
  })

  it('follows a client that moves, with one packet without money first: STR-48, SEC-52', () => {
    const pair = new Pair()
    send(pair, 10n)
    send(pair, 10n, 'server')
    pair.run()
    pair.hand('client', { kind: 'move', address: 'test.elsewhere' as Address })
    pair.run()
    const before = pair.prepares.server.length
    pair.hand('server', { kind: 'send', streamId: 2n, total: 50n })
    pair.run()
    expect(
      pair.prepares.server.slice(before).every(({ destination }) => destination === 'test.elsewhere'),
    ).toBe(true)
    const toNew = pair.prepares.server.filter(({ destination }) => destination === 'test.elsewhere')
    expect(toNew[0]?.amount).toBe(0n)
    expect(pair.charged.server).toBe(50n)
  })

  it.each<[string, number, Frame]>([
    ['an address that is none: STR-47', 7, { type: 0x02, address: 'no such thing' }],
    ['another asset than before: STR-49, STR-50', 8, { type: 0x07, assetCode: 'XRP', assetScale: 9 }],
    ['a stream of the other end’s numbers: STR-53', 8, { type: 0x11, streamId: 4n, shares: 1n }],
    ['a stream above the limit: STR-56', 5, { type: 0x15, streamId: 999n, maxOffset: 1n }],
    ['data beyond the window: STR-70', 4, { type: 0x14, streamId: 1n, offset: 65_530n, data: octets(7) }],
    [
      'data at an offset without end: SEC-53',
      4,
      { type: 0x14, streamId: 1n, offset: 2n ** 64n - 1n, data: octets(1) },
    ],
  ])('ends over %s', (_what, code, frame) => {
    const tamper = (prepare: Prepare, _from: string, index: number): Prepare =>
      index === 2 ? withFrames(prepare, (frames) => [...frames, frame]) : prepare
    const pair = new Pair({ tamper })
    send(pair, 10n)
    pair.run()
    pair.hand('client', { kind: 'send', streamId: 1n, total: 20n })
    pair.run()
    expect(pair.of('server', 'closed')[0]).toMatchObject({ code, isByPeer: false })
    expect(pair.of('client', 'closed')[0]).toMatchObject({ code, isByPeer: true })
    expect(pair.charged.client).toBe(10n)
  })

  it('lets no secret out, on any way: STR-125', () => {
    const secrets = [new Uint8Array(32).fill(9), new Uint8Array(32).fill(77)]
    const pair = new Pair({ server: { receipts: { nonce: new Uint8Array(16), secret: secrets[1]! } } })
    send(pair, 10n)
    pair.hand('client', { kind: 'close', code: 9, message: 'why' })
    pair.run()
    const hexOf = (value: unknown): unknown =>
      value instanceof Uint8Array ? encodeHex(value) : typeof value === 'bigint' ? String(value) : value
    const seen = JSON.stringify([pair.events, pair.prepares], (_, value: unknown) => hexOf(value))
    for (const secret of secrets) expect(seen).not.toContain(encodeHex(secret.subarray(0, 8)))
  })
})
