/** What a STREAM payment costs a packet, and how long it takes: both ends and a connector in one process. Tooling. */
import { ErrorCode, encodeAmountTooLarge, encodeReject } from '@hourglass/ilp'
import type { Bench, Workload } from '../bench.ts'
import { decodePrepare } from '../floor/packets.ts'
import { openHourglass } from '../hourglass-connector.ts'
import { PACKET_AMOUNT, asBuffer } from '../load.ts'
import { compare } from '../measure/compare.ts'
import { median } from '../measure/statistics.ts'
import type { StreamPayer, StreamReceiver } from '../stream-ends.ts'

/** A payer and a receiver, which can be joined by any path. */
export interface StreamSubject {
  open(path: StreamPath): Promise<OpenStream>
}

export interface StreamPath {
  /** The receiver's own address. */
  readonly address: string
  /** The payer asks. */
  request(packet: Buffer): Promise<Uint8Array>
  /** The receiver answers. */
  onRequest(answer: (packet: Uint8Array) => Promise<Uint8Array>): void
}

export interface OpenStream {
  readonly receiver: StreamReceiver
  readonly payer: StreamPayer
}

export const bench: Bench = {
  summary: 'STREAM payments in process: processor time and time per packet, payments of one packet',
  run: (options) =>
    compare(
      {
        bench: 'stream',
        reference: 'floor',
        comparesTime: true,
        rounds: 3,
        ms: 300,
        figures(samples) {
          const cpuNs = median(samples.map((sample) => sample.cpuNs))
          const wallNs = median(samples.map((sample) => sample.wallNs))
          return [
            { metric: 'CPU per packet', value: cpuNs / 1000, unit: 'µs' },
            { metric: 'packets per second', value: 1e9 / wallNs, unit: '1/s' },
          ]
        },
      },
      options,
    ),
}

const PAYMENTS_AT_ONCE = 100
/** How long a packet and its answer take on a path as long as paths are. */
const ROUND_TRIP_MS = 20

export async function workloads(subject: StreamSubject): Promise<ReadonlyMap<string, Workload>> {
  const through = await subject.open(connectorPath())
  const distant = await subject.open(delay(connectorPath()))
  const alone = await subject.open(directPath())
  return new Map<string, Workload>([
    ['one payment, through a connector', (n) => pay(through, n)],
    ['one payment, both ends alone', (n) => pay(alone, n)],
    [`${PAYMENTS_AT_ONCE} payments at once, through a connector`, async (n) => payAtOnce(through, n)],
    ['payments of one packet, through a connector', async (n) => payOneByOne(through, n)],
    [`payments of one packet, ${ROUND_TRIP_MS} ms away`, async (n) => payOneByOne(distant, n)],
  ])
}

/** The path lets so much pass in one packet that a payment of n times as much has n packets. */
async function pay({ payer, receiver }: OpenStream, packets: number): Promise<void> {
  return payer.pay(receiver.credentials(), BigInt(packets) * PACKET_AMOUNT)
}

async function payOneByOne(stream: OpenStream, payments: number): Promise<void> {
  for (let i = 0; i < payments; i++) await pay(stream, 1)
}

/** `packets` in all. */
async function payAtOnce(stream: OpenStream, packets: number): Promise<void> {
  const each = Math.floor(packets / PAYMENTS_AT_ONCE)
  const sizes = Array.from(
    { length: PAYMENTS_AT_ONCE },
    (_, i) => each + (i < packets % PAYMENTS_AT_ONCE ? 1 : 0),
  )
  await Promise.all(sizes.filter((size) => size > 0).map((size) => pay(stream, size)))
}

function connectorPath(): StreamPath {
  const connector = openHourglass((_, done) => queueMicrotask(done))
  return {
    address: connector.address,
    onRequest: (answer) => connector.onRequest(answer),
    request: async (packet) => limit(packet) ?? connector.request(packet),
  }
}

function delay(path: StreamPath): StreamPath {
  return {
    ...path,
    async request(packet) {
      await new Promise((resolve) => setTimeout(resolve, ROUND_TRIP_MS))
      return path.request(packet)
    },
  }
}

function directPath(): StreamPath {
  let answer: (packet: Uint8Array) => Promise<Uint8Array> = () => Promise.reject(new Error('no receiver'))
  return {
    address: 'test.connector.bob',
    onRequest(next) {
      answer = next
    },
    request: async (packet) => limit(packet) ?? answer(packet),
  }
}

/** F08 for what is too large. */
function limit(packet: Uint8Array): Uint8Array | undefined {
  const { amount } = decodePrepare(asBuffer(packet))
  if (amount <= PACKET_AMOUNT) return undefined
  return encodeReject({
    code: ErrorCode.F08_AMOUNT_TOO_LARGE,
    triggeredBy: '',
    message: '',
    data: encodeAmountTooLarge({ receivedAmount: amount, maximumAmount: PACKET_AMOUNT }),
  })
}
