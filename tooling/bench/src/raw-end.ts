/** An end of a connector over BTP, written by hand, all writes of a turn batched: the least an end costs. Tooling. */
import { WebSocket } from 'ws'
import { ERROR, MESSAGE, batchedSend, decodeFrame, encodeAuth, encodeFrame } from './floor/btp.ts'
import { fulfill } from './load.ts'

/** Where an end connects, and as whom. */
export interface EndAddress {
  readonly port: number
  readonly username: string
  readonly token: string
}

export type Request = (packet: Buffer) => Promise<Buffer>

/** Together 20 seconds. */
export const ATTEMPTS_MAX = 200
export const ATTEMPT_EVERY_MS = 100

/** Connects and answers what comes; the result sends a packet and waits for its reply. */
export async function connectRaw({ port, username, token }: EndAddress): Promise<Request> {
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

/** Waits until somebody listens there. */
export async function whenListening(port: number): Promise<void> {
  const socket = await open(port)
  socket.terminate()
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
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
