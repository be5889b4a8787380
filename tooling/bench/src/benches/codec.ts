/** How dear it is to read and write ILP packets, beside a hand-written floor and the field's own codec. Tooling. */
import { deepStrictEqual } from 'node:assert'
import { randomBytes } from 'node:crypto'
import type { Bench, Workload } from '../bench.ts'
import * as floor from '../floor/packets.ts'
import { compare } from '../measure/compare.ts'
import { sink } from '../measure/sink.ts'
import { median } from '../measure/statistics.ts'

/** A codec. Its values are its own: what it decodes it can encode. */
export interface CodecSubject<Prepare = unknown, Fulfill = unknown, Reject = unknown> {
  readonly encodePrepare: (prepare: Prepare) => Uint8Array
  readonly decodePrepare: (packet: Buffer) => Prepare
  /** Amount and expiry replaced, as a connector forwards it; in place where it can. */
  readonly rewritePrepare: (packet: Buffer, amount: bigint, expiresAt: number) => Uint8Array
  readonly encodeFulfill: (fulfill: Fulfill) => Uint8Array
  readonly decodeFulfill: (packet: Buffer) => Fulfill
  readonly encodeReject: (reject: Reject) => Uint8Array
  readonly decodeReject: (packet: Buffer) => Reject
}

export const bench: Bench = {
  summary: 'ILP packets: decode, encode, both, rewrite; nanoseconds of processor time',
  run: (options) =>
    compare(
      {
        bench: 'codec',
        reference: 'floor',
        rounds: 9,
        ms: 50,
        figures: (samples) => [
          { metric: 'cpu', value: median(samples.map(({ cpuNs }) => cpuNs)), unit: 'ns' },
        ],
      },
      options,
    ),
}

const DATA_BYTES = [0, 100, 1000, 32_767]
/** So many different packets, that nothing can be learnt by heart. */
const PACKETS = 64
/** Packets of one payment have one destination; a connector sees many payments at once. */
const DESTINATIONS = 4096
const ACCOUNT = 'g.acme.connector.bob'
const TOKEN = 'c3RyZWFtLXRva2VuLWFiY2RlZg'
const EXPIRES_AT = Date.UTC(2026, 10, 21, 12, 34, 56, 789)

export function workloads(subject: CodecSubject): ReadonlyMap<string, Workload> {
  const data = randomBytes(100)
  const reject = {
    code: 'T04',
    triggeredBy: 'g.acme.connector',
    message: 'the account may not owe more',
    data,
  }
  return new Map([
    ...DATA_BYTES.flatMap((dataBytes) => prepareCases(subject, dataBytes)),
    ...pairCases({
      name: `Prepare, ${data.length} B, ${DESTINATIONS} destinations`,
      packets: times((i) => floor.encodePrepare(somePrepare(i, data.length, tokenFor(i))), DESTINATIONS),
      encode: subject.encodePrepare,
      decode: subject.decodePrepare,
    }),
    ...pairCases({
      name: `Fulfill, ${data.length} B`,
      packets: times(() => floor.encodeFulfill({ fulfillment: randomBytes(32), data })),
      encode: subject.encodeFulfill,
      decode: subject.decodeFulfill,
    }),
    ...pairCases({
      name: `Reject, ${data.length} B`,
      packets: times(() => floor.encodeReject(reject)),
      encode: subject.encodeReject,
      decode: subject.decodeReject,
    }),
  ])
}

function prepareCases(subject: CodecSubject, dataBytes: number): [string, Workload][] {
  const name = `Prepare, ${dataBytes} B`
  const packets = times((i) => floor.encodePrepare(somePrepare(i, dataBytes)))
  const { encodePrepare: encode, decodePrepare: decode, rewritePrepare: rewrite } = subject
  const [first] = packets as [Buffer]
  const rewritten = Buffer.from(rewrite(Buffer.from(first), 7n, EXPIRES_AT + 1))
  deepStrictEqual(rewritten, floor.rewritePrepare(Buffer.from(first), 7n, EXPIRES_AT + 1))
  return [
    ...pairCases({ name, packets, encode, decode }),
    [
      `rewrite ${name}`,
      (operations) => {
        for (let i = 0; i < operations; i++) {
          sink.last = rewrite(packets[i % PACKETS]!, BigInt(i & 1023), EXPIRES_AT + (i & 0xffff))
        }
      },
    ],
  ]
}

interface Pair {
  readonly name: string
  readonly packets: readonly Buffer[]
  readonly encode: (value: unknown) => Uint8Array
  readonly decode: (packet: Buffer) => unknown
}

/** Decode, encode and both, after the codec has shown that it gives back the very bytes. */
function pairCases({ name, packets, encode, decode }: Pair): [string, Workload][] {
  const values = packets.map(decode)
  deepStrictEqual(
    values.map((value) => Buffer.from(encode(value))),
    packets,
  )
  const each =
    (operation: (i: number) => unknown): Workload =>
    (operations) => {
      for (let i = 0; i < operations; i++) sink.last = operation(i % packets.length)
    }
  return [
    [`decode ${name}`, each((i) => decode(packets[i]!))],
    [`encode ${name}`, each((i) => encode(values[i]))],
    [`decode+encode ${name}`, each((i) => encode(decode(packets[i]!)))],
  ]
}

function times<T>(make: (i: number) => T, count = PACKETS): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

/** As long as the one token. */
function tokenFor(i: number): string {
  return Buffer.from(`stream-token-${String(i).padStart(6, '0')}`).toString('base64url')
}

function somePrepare(i: number, dataBytes: number, token = TOKEN): floor.Prepare {
  return {
    amount: 123_456_789n + BigInt(i * 7919),
    expiresAt: EXPIRES_AT + i * 137,
    executionCondition: randomBytes(32),
    destination: `${ACCOUNT}.~ipr.${token}`,
    data: randomBytes(dataBytes),
  }
}
