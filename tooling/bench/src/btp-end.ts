/**
 * One end of a connector that is measured over BTP: the sender or the receiver, a process of its own, so cheap that
 * the ends are not what is measured. Tooling.
 *
 * Arguments: role, an `EndAddress` as JSON, and for the sender the receiver's ILP address.
 */
import { ErrorCode, PacketType, decodeReject } from '@hourglass/ilp'
import { FULFILL } from './floor/packets.ts'
import { PacketSource, assertFulfilled } from './load.ts'
import { quantile } from './measure/statistics.ts'
import { ATTEMPTS_MAX, ATTEMPT_EVERY_MS, type EndAddress, connectRaw, pause } from './raw-end.ts'

export interface RunRequest {
  readonly inFlight: number
  readonly ms: number
}

/** What the sender saw. */
export interface RunResult {
  readonly packets: number
  readonly wallMs: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** So long a sender waits that was refused for lack of liquidity. */
const RETRY_MS = 5

process.on('disconnect', () => process.exit())
const [role, end = '', receiver = ''] = process.argv.slice(2)
const request = await connectRaw(JSON.parse(end) as EndAddress)
if (role === 'sender') await serveRuns(new PacketSource(receiver))
process.send?.('ready')

async function serveRuns(source: PacketSource): Promise<void> {
  await warmUp(source)
  process.on('message', (message: object) => {
    if ('inFlight' in message)
      void run(source, message as RunRequest).then((result) => process.send?.(result))
  })
}

async function run(source: PacketSource, { inFlight, ms }: RunRequest): Promise<RunResult> {
  const latencies: number[] = []
  const begin = performance.now()
  const line = async (): Promise<void> => {
    for (let sent = begin; sent < begin + ms; sent = performance.now()) {
      await pay(source)
      latencies.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, line))
  const wallMs = performance.now() - begin
  return {
    packets: latencies.length,
    wallMs,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  }
}

/** Sends a packet, and others in its place as long as there is no liquidity, until one is fulfilled. */
async function pay(source: PacketSource): Promise<void> {
  let reply = await request(source.next())
  for (; isRefusedForNow(reply); reply = await request(source.next())) await pause(RETRY_MS)
  assertFulfilled(reply)
}

function isRefusedForNow(reply: Buffer): boolean {
  return reply[0] === PacketType.Reject && decodeReject(reply).code === ErrorCode.T04_INSUFFICIENT_LIQUIDITY
}

/** Until a first packet is fulfilled: a connector may still be loading routes when it takes connections. */
async function warmUp(source: PacketSource): Promise<void> {
  for (let attempt = 1; (await request(source.next()))[0] !== FULFILL; attempt++) {
    if (attempt === ATTEMPTS_MAX) throw new Error('no packet is fulfilled')
    await pause(ATTEMPT_EVERY_MS)
  }
}
