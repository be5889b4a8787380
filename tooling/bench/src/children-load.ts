/**
 * All children of a connector that is measured with very many of them, in one process: each pays another. Tooling.
 * Arguments: port, number of children.
 */
import { hash, randomBytes, randomInt } from 'node:crypto'
import { WebSocket } from 'ws'
import { CONNECTOR_ADDRESS, childNames } from './connector-app.ts'
import { MESSAGE, decodeFrame, encodeAccepted, encodeAuth, encodeFrame } from './floor/btp.ts'
import { FULFILL, encodePrepare } from './floor/packets.ts'
import { fulfill } from './load.ts'
import { quantile } from './measure/statistics.ts'

export interface LoadRequest {
  readonly perSecond: number
  readonly ms: number
}

export interface LoadResult {
  readonly fulfilled: number
  readonly failed: number
  readonly wallMs: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Sends a packet; whether it was fulfilled. */
type Pay = (packet: Buffer) => Promise<boolean>

/** Connections that are opened at once. */
const BATCH = 100
const TICK_MS = 10
/** What `encodeAuth` is called. */
const AUTH_ID = 1
const LIFETIME_MS = 30_000
const ATTEMPT_EVERY_MS = 200

process.on('disconnect', () => process.exit())
const [port = '', count = ''] = process.argv.slice(2)
const names = childNames(Number(count))
const children: Pay[] = []
await firstConnection()
for (let i = 0; i < names.length; i += BATCH) {
  children.push(...(await Promise.all(names.slice(i, i + BATCH).map(connect))))
}
process.on('message', (message: object) => {
  if ('perSecond' in message) void run(message as LoadRequest).then((result) => process.send?.(result))
})
process.send?.('ready')

async function run({ perSecond, ms }: LoadRequest): Promise<LoadResult> {
  const latencies: number[] = []
  const outcomes: Promise<boolean>[] = []
  const begin = performance.now()
  for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - begin) {
    while (outcomes.length < (elapsed / 1000) * perSecond) outcomes.push(payAnyone(latencies))
    await pause(TICK_MS)
  }
  const fulfilled = (await Promise.all(outcomes)).filter(Boolean).length
  return {
    fulfilled,
    failed: outcomes.length - fulfilled,
    wallMs: performance.now() - begin,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  }
}

async function payAnyone(latencies: number[]): Promise<boolean> {
  const source = randomInt(children.length)
  // Nobody pays itself.
  const destination = (source + 1 + randomInt(children.length - 1)) % children.length
  const data = randomBytes(32)
  const sent = performance.now()
  const isFulfilled = await children[source]!(
    encodePrepare({
      amount: 1000n,
      expiresAt: Date.now() + LIFETIME_MS,
      executionCondition: hash('sha256', data, 'buffer'),
      destination: `${CONNECTOR_ADDRESS}.${names[destination]!}`,
      data,
    }),
  )
  latencies.push(performance.now() - sent)
  return isFulfilled
}

/** Authenticates, and fulfills what comes: questions of the connector may come at once. */
async function connect(name: string): Promise<Pay> {
  const socket = await open()
  if (socket === undefined) throw new Error(`${name} cannot connect`)
  // One packet at a time on each of so many: nothing to batch.
  const send = (frame: Buffer): void => socket.send(frame)
  const waiting = new Map<number, (isFulfilled: boolean) => void>()
  let lastId = AUTH_ID
  socket.on('message', (data: Buffer) => {
    const { type, requestId, packet } = decodeFrame(data)
    if (type === MESSAGE) {
      return send(
        packet.length === 0 ? encodeAccepted(requestId) : encodeFrame(1, requestId, fulfill(packet)),
      )
    }
    waiting.get(requestId)?.(packet[0] === FULFILL)
    waiting.delete(requestId)
  })
  const accepted = new Promise((resolve) => waiting.set(AUTH_ID, resolve))
  send(encodeAuth(name, `${name}-token`))
  await accepted
  return (packet) =>
    new Promise((resolve) => {
      const id = ++lastId
      waiting.set(id, resolve)
      send(encodeFrame(MESSAGE, id, packet))
    })
}

/** Waits until the connector listens. */
async function firstConnection(): Promise<void> {
  for (;;) {
    const socket = await open()
    socket?.terminate()
    if (socket !== undefined) return
    await pause(ATTEMPT_EVERY_MS)
  }
}

async function open(): Promise<WebSocket | undefined> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
  return new Promise((resolve) => {
    socket.once('open', () => resolve(socket)).once('error', () => resolve(undefined))
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
