/**
 * The WebSocket server; the only file here that knows sockets. Testing.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { answer } from '../api/dispatch.ts'
import type { Json } from '../api/call.ts'
import type { Node } from '../node.ts'
import type { Client } from '../streams/subscriptions.ts'

export interface Server {
  readonly port: number
  /** Cuts every connection, as a broken line would. */
  dropConnections(): void
  stop(): Promise<void>
}

/** Listens on this machine alone. @param port 0: one that is free */
export async function listen(node: Node, port: number): Promise<Server> {
  const sockets = new WebSocketServer({ host: '127.0.0.1', port })
  await once(sockets, 'listening')
  sockets.on('connection', (socket) => {
    if (node.faults.refuseConnections) socket.terminate()
    else serve(node, socket)
  })
  return {
    port: (sockets.address() as AddressInfo).port,
    dropConnections() {
      for (const socket of sockets.clients) socket.terminate()
    },
    async stop() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      await once(sockets, 'close')
    },
  }
}

function serve(node: Node, socket: WebSocket): void {
  const send = (message: Json): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
  }
  const client: Client = { push: send }
  socket.on('message', (data) => {
    const request = readRequest(data)
    if (request === undefined) return send({ error: 'jsonInvalid', status: 'error', type: 'response' })
    const reply = answer(node, client, request)
    const fate = node.faults.takeAnswerFate()
    if (fate === 'cut') socket.terminate()
    if (fate !== 'sent') return
    const delayMs = node.faults.answerDelayMs
    if (delayMs > 0) setTimeout(() => send(reply), delayMs)
    else send(reply)
  })
  socket.on('close', () => node.subscriptions.remove(client))
  // A connection that breaks is closed, and that is all there is to do about it.
  socket.on('error', () => socket.terminate())
}

function readRequest(data: RawData): Json | undefined {
  try {
    const request: unknown = JSON.parse((data as Buffer).toString())
    return typeof request === 'object' && request !== null && !Array.isArray(request)
      ? (request as Json)
      : undefined
  } catch {
    return undefined
  }
}
