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

describe('STREAM payment that gets a final answer', () => {
  const credentials = { destination: 'test.bob' as Address, sharedSecret: new Uint8Array(32).fill(1) }
  const keys = new ConnectionKeys(nodeCrypto, credentials.sharedSecret)

  function start(): { sender: StreamSender; frames: readonly Frame[]; id: number } {
    const sender = new StreamSender({ crypto: nodeCrypto, rng: nodeRng, credentials, amount: { send: 10n } })
    sender.handle({ kind: 'start' }, 0)
    const output = sender.poll()
    if (output?.kind !== 'prepare') throw new Error('no packet')
    return { sender, frames: keys.openPacket(output.prepare.data)!.frames, id: output.id }
  }

  it('asks for the asset and takes nothing back, from its first packet on: STR-45, STR-59', () => {
    expect(start().frames).toEqual([
      { type: 0x02, address: '' },
      { type: 0x05, maxStreamId: 1n },
      { type: 0x03, maxOffset: 0n },
    ])
  })

  it.each([
    ['F02', 'unknown-receiver', 'STR-30, X-STR3'],
    ['F06', 'unknown-receiver', 'STR-30, STR-103'],
    ['F00', 'path-refuses', 'STR-102'],
    ['F03', 'path-refuses', 'STR-102'],
    ['F99', 'path-refuses', 'STR-102'],
  ])('ends at %s: %s (%s)', (code, outcome) => {
    const { sender, id } = start()
    const data = new Uint8Array(0)
    sender.handle({ kind: 'reply', id, reply: { type: 14, code, triggeredBy: '', message: '', data } }, 1)
    expect(sender.poll()).toMatchObject({ kind: 'done', report: { outcome, code, sent: 0n } })
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
    fc.assert(
      fc.property(path, amount, (options, wanted) => {
        fc.pre(packetsOf(options, wanted) <= PACKETS_MAX)
        const { report, received, charged, quote } = runPath(options, { amount: wanted })
        expect(report.sent).toBe(charged)
        expect(report.delivered).toBe(received)
        expect(report.sent <= (quote?.sendMax ?? 0n)).toBe(true)
        if (quote !== undefined && 'send' in wanted) {
          const worst = mulFloor(report.sent, quote.minimumRate) - BigInt(report.packets)
          expect(report.delivered >= worst).toBe(true)
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
