import type { Reply } from '@hourglass/ilp'
import { decodeReceipt, isReceiptSigned } from '@hourglass/stream'
import { PLAIN_PATH, type PathOptions } from '@hourglass/stream/testing'
import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { Course, type CourseOptions } from './testing/course.ts'

const SEND = { amount: { send: 10_000n } }
const path = (options: Partial<PathOptions>): PathOptions => ({ ...PLAIN_PATH, ...options })

/** Every answer of the receiver becomes this rejection by a node before it. */
const refuse =
  (code: string) =>
  (reply: Reply): Reply => ({
    ...reply,
    type: 14,
    code,
    triggeredBy: 'test.hop' as never,
    message: 'sorry',
    data: new Uint8Array(0),
  })

const refusal = (code: string, amount: bigint): object => ({
  code,
  triggeredBy: 'test.hop',
  message: 'sorry',
  amount,
})

describe('a payment that cannot be made', () => {
  it.each<[string, Partial<CourseOptions>, object]>([
    [
      'nobody knows the way',
      { path: path({ tamper: refuse('F02') }) },
      { kind: 'no-route', refusal: refusal('F02', 10_000n) },
    ],
    [
      'the receiver cannot read it',
      { path: path({ tamper: refuse('F06') }) },
      { kind: 'unknown-receiver', refusal: refusal('F06', 10_000n) },
    ],
    [
      'a node refuses',
      { path: path({ tamper: refuse('F00') }) },
      { kind: 'path-refuses', refusal: refusal('F00', 10_000n) },
    ],
    [
      'no amount passes',
      { path: path({ packetAmountMax: 0n }) },
      {
        kind: 'path-refuses',
        refusal: { code: 'F08', triggeredBy: 'test.hop', message: '', amount: 10_000n },
      },
    ],
    [
      'no hop has liquidity',
      { path: path({ liquidity: 0n }) },
      {
        kind: 'no-liquidity',
        refusal: { code: 'T04', triggeredBy: 'test.hop', message: '', amount: 1n },
        waitedMs: 10_000,
      },
    ],
    [
      'packets expire on the way',
      { path: path({ tamper: refuse('R00') }) },
      { kind: 'path-too-slow', refusal: refusal('R00', 10_000n), waitedMs: 10_000 },
    ],
    [
      'a node has no time',
      { path: path({ tamper: refuse('T03') }) },
      { kind: 'path-busy', refusal: refusal('T03', 10_000n), waitedMs: 10_000 },
    ],
    [
      'it is worth nothing',
      {
        path: path({
          rates: [
            { numerator: 1n, denominator: 100_000n },
            { numerator: 1n, denominator: 1n },
          ],
        }),
      },
      { kind: 'amount-too-small' },
    ],
    [
      'the rate is below what was asked for',
      {
        path: path({ packetAmountMax: 500n }),
        payment: { ...SEND, minimumRate: { numerator: 11n, denominator: 10n } },
      },
      { kind: 'rate-below-minimum', amount: 500n, arrived: 500n, least: 550n },
    ],
    [
      'the receiver takes less',
      { contents: { receiveMax: 4000n } },
      { kind: 'receiver-full', receiveMax: 4000n, received: 0n },
    ],
  ])('says why, with numbers, and costs nothing: %s', (_, options, end) => {
    const course = new Course({ path: path({}), payment: SEND, ...options })
    expect(course.run()).toMatchObject({ end, sent: 0n, uncertain: 0n, delivered: 0n })
    expect(course.hops.charged).toBe(0n)
  })

  it('says how far it came, where the receiver is full in the middle', () => {
    const course = new Course({
      path: path({ packetAmountMax: 1000n }),
      payment: SEND,
      contents: { receiveMax: 4500n },
    })
    expect(course.run()).toMatchObject({
      end: { kind: 'receiver-full', receiveMax: 4500n, received: 4000n },
      sent: 4000n,
      delivered: 4000n,
    })
  })
})

describe('a payment to a receiver that gives receipts', () => {
  it('ends with the best one, which a verifier takes for all that was delivered (RCPT-15)', () => {
    const receipts = { nonce: new Uint8Array(16).fill(1), secret: new Uint8Array(32).fill(2) }
    const course = new Course({
      path: path({ packetAmountMax: 1000n }),
      payment: SEND,
      contents: { receipts },
    })
    const { receipt, delivered } = course.run()
    expect(isReceiptSigned(receipt!, receipts.secret, nodeCrypto)).toBe(true)
    expect(decodeReceipt(receipt!)).toMatchObject({ streamId: 1, totalReceived: delivered })
    expect(course.outputs.filter(({ kind }) => kind === 'receipt')).toHaveLength(10)
  })
})
