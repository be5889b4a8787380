import { type Address, PacketType, type Reply } from '@hourglass/ilp'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConnectionKeys } from './keys.ts'
import type { PaymentAmount } from './plan.ts'
import { mulFloor } from './ratio.ts'
import { StreamSender } from './sender.ts'
import type { Frame } from './wire/packet.ts'
import { PLAIN_PATH, type PathOptions, runPath } from './testing/path.ts'

const rate = (numerator: bigint, denominator: bigint): { numerator: bigint; denominator: bigint } => ({
  numerator,
  denominator,
})

describe('STREAM payment', () => {
  it('sends exactly what was asked for, and both ends agree on what arrived', () => {
    const { report, received, charged } = runPath(PLAIN_PATH, { amount: { send: 1_000_000n } })
    expect(report).toMatchObject({ outcome: 'complete', sent: 1_000_000n, delivered: 1_000_000n })
    expect([received, charged]).toEqual([1_000_000n, 1_000_000n])
  })

  it('fills the path: several packets are in flight', () => {
    const path = { ...PLAIN_PATH, packetAmountMax: 1000n }
    const { report, maxInFlight, elapsedMs } = runPath(path, { amount: { send: 1_000_000n } })
    expect(report).toMatchObject({ outcome: 'complete', packets: 1000 })
    expect(maxInFlight).toBeGreaterThan(50)
    expect(elapsedMs).toBeLessThan(2000) // One at a time, 1000 packets would take 50 seconds of this clock.
  })

  it('finds the largest packet, with a hint at once, else by halves: STR-87, STR-95, STR-96, STR-98', () => {
    for (const isHinting of [true, false]) {
      const path = { ...PLAIN_PATH, packetAmountMax: 12_345n, isHinting }
      const { quote, report } = runPath(path, { amount: { send: 100_000n } })
      expect(report.outcome).toBe('complete')
      expect(quote?.packetAmountMax).toBe(isHinting ? 12_345n : 6250n)
    }
  })

  it('delivers what was asked for, and more only where the path rounds better than quoted: STR-109, STR-110', () => {
    const path: PathOptions = {
      ...PLAIN_PATH,
      rates: [rate(1n, 3000n), rate(2760n, 1n)],
      packetAmountMax: 500_000n,
    }
    const { report, received, quote } = runPath(path, { amount: { deliver: 9_000_000n } })
    expect(report.outcome).toBe('complete')
    expect(report.delivered).toBe(received)
    expect(received >= 9_000_000n).toBe(true)
    expect(received < 9_090_000n).toBe(true)
    expect(report.sent <= quote!.sendMax).toBe(true)
  })

  it('lives within what liquidity there is: STR-99, STR-107', () => {
    const path = { ...PLAIN_PATH, packetAmountMax: 1000n, liquidity: 7000n }
    const { report, received } = runPath(path, { amount: { send: 200_000n } })
    expect(report).toMatchObject({ outcome: 'complete', sent: 200_000n })
    expect(received).toBe(200_000n)
  })

  it('gives up with a reason: nothing passes, nothing is worth sending', () => {
    const blocked = runPath({ ...PLAIN_PATH, packetAmountMax: 0n }, { amount: { send: 10n } })
    expect(blocked.report).toMatchObject({ outcome: 'path-refuses', code: 'F08', sent: 0n })
    const tiny = runPath(
      { ...PLAIN_PATH, rates: [rate(1n, 1_000_000n), rate(1n, 1n)] },
      { amount: { send: 10n } },
    )
    expect(tiny.report).toMatchObject({ outcome: 'amount-too-small', sent: 0n })
    const silent = runPath({ ...PLAIN_PATH, lossPerMille: 1020 }, { amount: { send: 10n } })
    expect(silent.report).toMatchObject({ outcome: 'no-rate', sent: 0n })
  })
})

describe('STREAM payment that asks for no quote', () => {
  const minimumRate = rate(99n, 100n)
  const unasked = { amount: { send: 100_000n }, minimumRate, isUnasked: true }

  it('takes one round trip where one packet does: money with the first packet, a goodbye nobody waits for', () => {
    const { report, quote, received, prepares, elapsedMs } = runPath(PLAIN_PATH, unasked)
    expect(report).toMatchObject({ outcome: 'complete', sent: 100_000n, delivered: 100_000n, packets: 1 })
    expect([quote, received, prepares, elapsedMs]).toEqual([undefined, 100_000n, 2, PLAIN_PATH.delayMs])
  })

  it('finds the largest packet with money, which a refusal costs nothing: STR-95, STR-96', () => {
    for (const isHinting of [true, false]) {
      const path = { ...PLAIN_PATH, packetAmountMax: 12_345n, isHinting }
      const { report, charged, elapsedMs } = runPath(path, unasked)
      expect(report).toMatchObject({ outcome: 'complete', sent: 100_000n, packets: isHinting ? 9 : 16 })
      expect(charged).toBe(100_000n)
      expect(elapsedMs).toBe((isHinting ? 2 : 6) * PLAIN_PATH.delayMs)
    }
  })

  it('pays nothing below the worst rate: STR-84, SEC-51', () => {
    const path: PathOptions = { ...PLAIN_PATH, rates: [rate(98_999n, 100_000n), rate(1n, 1n)] }
    const { report, charged, received, elapsedMs } = runPath(path, unasked)
    expect(report).toMatchObject({ outcome: 'rate-too-low', sent: 0n })
    expect([charged, received, elapsedMs]).toEqual([0n, 0n, PLAIN_PATH.delayMs])
  })

  it.each([
    ['does not know the worst rate', { amount: { send: 100_000n } }],
    ['fixes what is delivered', { amount: { deliver: 100_000n }, minimumRate }],
    ['sends so little that it may be worth nothing: STR-94', { amount: { send: 1n }, minimumRate }],
  ])('asks the path on the way where it %s', (_why, payment) => {
    const { report, quote, elapsedMs } = runPath(PLAIN_PATH, { ...payment, isUnasked: true })
    expect(report.outcome).toBe('complete')
    expect(quote).toBeDefined()
    expect(elapsedMs).toBe(2 * PLAIN_PATH.delayMs)
  })
})

describe('STREAM payment that is worth too little', () => {
  const path: PathOptions = { ...PLAIN_PATH, packetAmountMax: 1000n, rates: [rate(9n, 10n), rate(1n, 1n)] }

  it('says what arrived instead of what: SEC-51', () => {
    const { report } = runPath(path, { amount: { send: 5000n }, minimumRate: rate(19n, 20n) })
    expect(report).toMatchObject({
      outcome: 'rate-too-low',
      sent: 0n,
      shortfall: { amount: 1000n, arrived: 900n, least: 950n },
    })
  })

  it('says what the receiver has, by its own word', () => {
    const { report, received } = runPath(path, { amount: { send: 5000n } })
    expect(report).toMatchObject({ outcome: 'complete', shortfall: undefined })
    expect(report.word).toMatchObject({ received, receiveMax: 2n ** 64n - 1n })
  })
})

describe('STREAM payment that gets a final answer', () => {
  const credentials = { destination: 'test.bob' as Address, sharedSecret: new Uint8Array(32).fill(1) }
  const keys = new ConnectionKeys(nodeCrypto, credentials.sharedSecret)

  function start(kind: 'start' | 'pay' = 'start'): {
    sender: StreamSender
    frames: readonly Frame[]
    id: number
  } {
    const payment = { amount: { send: 10n }, minimumRate: rate(1n, 2n) }
    const sender = new StreamSender({ crypto: nodeCrypto, rng: nodeRng, credentials, ...payment })
    sender.handle({ kind }, 0)
    const output = sender.poll()
    if (output?.kind !== 'prepare') throw new Error('no packet')
    return { sender, frames: keys.openPacket(output.prepare.data)!.frames, id: output.id }
  }

  it('asks for the asset and takes nothing back, from its first packet on: STR-45, STR-59', () => {
    const greeting = [
      { type: 0x02, address: '' },
      { type: 0x05, maxStreamId: 1n },
      { type: 0x03, maxOffset: 0n },
    ]
    expect(start().frames).toEqual(greeting)
    expect(start('pay').frames).toEqual([...greeting, { type: 0x11, streamId: 1n, shares: 1n }])
  })

  it.each([
    ['F02', 'unknown-receiver', 'STR-30, X-STR3'],
    ['F06', 'unknown-receiver', 'STR-30, STR-103'],
    ['F00', 'path-refuses', 'STR-102'],
    ['F03', 'path-refuses', 'STR-102'],
    ['F99', 'path-refuses', 'STR-102'],
  ])('ends at %s: %s (%s)', (code, outcome) => {
    for (const kind of ['start', 'pay'] as const) {
      const { sender, id } = start(kind)
      const data = new Uint8Array(0)
      sender.handle({ kind: 'reply', id, reply: { type: 14, code, triggeredBy: '', message: '', data } }, 1)
      expect(sender.poll()).toMatchObject({ kind: 'done', report: { outcome, code, sent: 0n } })
    }
  })
})

describe('STREAM payment to a dishonest receiver', () => {
  /** Takes the receiver's words out of its answers, from the third packet on. */
  const strip = (reply: Reply, sequence: number): Reply =>
    sequence >= 3 ? { ...reply, data: new Uint8Array(0) } : reply

  it('counts a Fulfill without authentic data as sent, and stops: STR-39, STR-40, SEC-55', () => {
    const path = { ...PLAIN_PATH, packetAmountMax: 1000n, tamper: strip }
    const { report, charged } = runPath(path, { amount: { send: 1_000_000n } })
    expect(report.outcome).toBe('receiver-violation')
    expect(report.sent).toBe(charged)
    expect(report.sent > 0n).toBe(true)
    expect(report.delivered >= mulFloor(report.sent, rate(98n, 100n))).toBe(true)
  })

  it('takes no Fulfill that does not fit its condition', () => {
    const forge = (reply: Reply, sequence: number): Reply =>
      sequence >= 3 && reply.type === PacketType.Fulfill
        ? { ...reply, fulfillment: new Uint8Array(32) }
        : reply
    const path = { ...PLAIN_PATH, packetAmountMax: 1000n, tamper: forge }
    const { report } = runPath(path, { amount: { send: 1_000_000n } })
    expect(report.outcome).not.toBe('complete')
    expect(report.sent <= 1000n).toBe(true)
  })
})

/** Payments of more packets prove nothing more, and take seconds each. */
const PACKETS_MAX = 2000n

/** Packets that a payment takes where each is as large as the path allows. */
function packetsOf({ rates, packetAmountMax, liquidity }: PathOptions, amount: PaymentAmount): bigint {
  const limits = [packetAmountMax, liquidity].filter((limit) => limit !== undefined)
  if (limits.length === 0) return 1n
  const largest = limits.reduce((a, b) => (a < b ? a : b))
  if ('send' in amount) return amount.send / largest
  const delivered = mulFloor(mulFloor(largest, rates[0]), rates[1])
  return delivered === 0n ? 0n : amount.deliver / delivered
}

describe('STREAM payment over any path', () => {
  it('never sends more than it may, and both ends agree to the last unit: STR-60, STR-94, STR-108, STR-111', () => {
    const ratio = fc.record({
      numerator: fc.bigInt({ min: 1n, max: 10_000n }),
      denominator: fc.bigInt({ min: 1n, max: 10_000n }),
    })
    const path = fc.record({
      rates: fc.tuple(ratio, ratio),
      packetAmountMax: fc.option(fc.bigInt({ min: 500n, max: 100_000n }), { nil: undefined }),
      isHinting: fc.boolean(),
      liquidity: fc.option(fc.bigInt({ min: 1000n, max: 1_000_000n }), { nil: undefined }),
      delayMs: fc.integer({ min: 1, max: 300 }),
      lossPerMille: fc.integer({ min: 0, max: 300 }),
      seed: fc.integer({ min: 1, max: 2 ** 31 }),
    })
    const amount = fc.oneof(
      fc.record({ send: fc.bigInt({ min: 1n, max: 100_000n }) }),
      fc.record({ deliver: fc.bigInt({ min: 1n, max: 100_000n }) }),
    )
    const minimumRate = fc.option(ratio, { nil: undefined })
    fc.assert(
      fc.property(path, amount, minimumRate, fc.boolean(), (options, wanted, least, isUnasked) => {
        fc.pre(packetsOf(options, wanted) <= PACKETS_MAX)
        const limits = least === undefined ? {} : { minimumRate: least }
        const { report, received, charged, quote } = runPath(options, {
          amount: wanted,
          isUnasked,
          ...limits,
        })
        expect(report.sent).toBe(charged)
        expect(report.delivered).toBe(received)
        const most = 'send' in wanted ? wanted.send : (quote?.sendMax ?? 0n)
        expect(report.sent <= most).toBe(true)
        const worstRate = least ?? quote?.minimumRate
        if (worstRate !== undefined && 'send' in wanted) {
          expect(report.delivered >= mulFloor(report.sent, worstRate)).toBe(true)
        }
        if (report.outcome === 'complete') {
          if ('send' in wanted) expect(report.sent).toBe(wanted.send)
          else expect(report.delivered >= wanted.deliver).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  }, 60_000)
})
