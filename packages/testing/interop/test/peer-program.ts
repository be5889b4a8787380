/** An npm plugin in a process of its own, which a test starts and asks over IPC (`peer-process.ts`). */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { serve } from './packets.ts'
import type { PeerAnswer, PeerOrder, PeerPlan } from './peer-process.ts'

interface Plugin {
  connect(): Promise<void>
  sendData(data: Buffer): Promise<Buffer>
  registerDataHandler(handler: (data: Buffer) => Promise<Buffer>): void
}

const { module, options, listensBy } = JSON.parse(process.argv[2]!) as PeerPlan
const Plugin = createRequire(import.meta.url)(module) as new (options: unknown) => Plugin

const port = listensBy === undefined ? 0 : await listen(listensBy)
let plugin: Plugin | undefined
process.on('message', (order: PeerOrder) => void carryOut(order))
process.on('disconnect', () => process.exit())
process.send!({ id: 0, port } satisfies PeerAnswer)

/** Plugins that listen take a server among these options; any free port is known by one that listens already. */
async function listen(name: NonNullable<PeerPlan['listensBy']>): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.listen = () => server
  // Who comes before the plugin listens is to come again.
  server.on('upgrade', (_request, socket) => {
    if (server.listenerCount('upgrade') === 1) socket.destroy()
  })
  const target = name === '' ? options : (options[name] as Record<string, unknown>)
  if (name === 'incoming') {
    // Its own server takes over where this one listens.
    server.on('connection', (socket) => socket.destroy())
    target['port'] = server
  } else {
    target['wsOpts'] = { server }
  }
  return (server.address() as AddressInfo).port
}

async function connect(more: PeerOrder['options']): Promise<void> {
  plugin = new Plugin({ ...options, ...more })
  plugin.registerDataHandler((data) => Promise.resolve(serve(data)))
  await plugin.connect()
}

async function carryOut({ id, data, options: more }: PeerOrder): Promise<void> {
  try {
    if (data === undefined) await connect(more)
    const answer = data === undefined ? undefined : await plugin?.sendData(Buffer.from(data, 'hex'))
    process.send!({ id, data: answer?.toString('hex') } satisfies PeerAnswer)
  } catch (error) {
    process.send!({ id, error: (error as Error).message } satisfies PeerAnswer)
  }
}
