/**
 * A WebSocket client that adds nothing and takes nothing away: frames as they are.
 */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Json } from './recording.ts'

export interface RawClient {
  /** Everything nobody asked for, in order. */
  readonly messages: readonly Json[]
  /** Sends a request; its `id` finds the answer. */
  ask(request: Json): Promise<Json>
  close(): void
}

export async function connectRaw(url: string): Promise<RawClient> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  const messages: Json[] = []
  const waiting = new Map<unknown, (answer: Json) => void>()
  socket.on('message', (data) => {
    const message = JSON.parse((data as Buffer).toString()) as Json
    if (message['type'] === 'response') waiting.get(message['id'])?.(message)
    else messages.push(message)
  })
  return {
    messages,
    ask: (request) =>
      new Promise((resolve) => {
        waiting.set(request['id'], resolve)
        socket.send(JSON.stringify(request))
      }),
    close: () => socket.terminate(),
  }
}
