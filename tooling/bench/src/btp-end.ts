/**
 * One end of a connector that is measured over BTP: the sender or the receiver, a process of its own. Written by
 * hand, all writes of a turn batched, so that the ends are not what is measured. Tooling.
 *
 * Arguments: role, an `EndAddress` as JSON, and for the sender the receiver's ILP address.
 */
import { ErrorCode, PacketType, decodeReject } from '@hourglass/ilp'
import { WebSocket } from 'ws'
import { ERROR, MESSAGE, batchedSend, decodeFrame, encodeAuth, encodeFrame } from './floor/btp.ts'
import { FULFILL } from './floor/packets.ts'
import { PacketSource, assertFulfilled, fulfill } from './load.ts'
import { quantile } from './measure/statistics.ts'

/** Where an end connects, and as whom. */
export interface EndAddress {
  readonly port: number
  readonly username: string
  readonly token: string
}

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

type Request = (packet: Buffer) => Promise<Buffer>

/** Together 20 seconds. */
const ATTEMPTS_MAX = 200
const ATTEMPT_EVERY_MS = 100
/** So long a sender waits that was refused for lack of liquidity. */
const RETRY_MS = 5

process.on('disconnect', () => process.exit())
const [role, end = '', receiver = ''] = process.argv.slice(2)
const request = await connect(JSON.parse(end) as EndAddress)
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

/** Connects and answers what comes; the result sends a packet and waits for its reply. */
async function connect({ port, username, token }: EndAddress): Promise<Request> {
  const socket = await open(port)
  const accepted = new Promise((resolve) => socket.once('message', resolve))
  socket.send(encodeAuth(username, token))
  await accepted
  const send = batchedSend(socket)
  const waiting = new Map<number, (packet: Buffer) => void>()
  let lastId = 1
  socket.on('message', (data: Buffer) => {
    const { type, requestId, packet } = decodeFrame(data)
    if (type === MESSAGE) return send(encodeFrame(1, requestId, fulfill(packet)))
    if (type === ERROR) throw new Error(`BTP error: ${data.toString('latin1')}`)
    const resolve = waiting.get(requestId)
    waiting.delete(requestId)
    resolve?.(packet)
  })
  return (packet) =>
    new Promise((resolve) => {
      const id = ++lastId
      waiting.set(id, resolve)
      send(encodeFrame(MESSAGE, id, packet))
    })
}

async function open(port: number): Promise<WebSocket> {
  for (let attempt = 1; ; attempt++) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
    const outcome = await new Promise<Error | undefined>((resolve) => {
      socket.once('open', () => resolve(undefined)).once('error', resolve)
    })
    if (outcome === undefined) return socket
    if (attempt === ATTEMPTS_MAX) throw outcome
    await pause(ATTEMPT_EVERY_MS)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
