/** Finds local ports for the programs. */
import { randomInt } from 'node:crypto'
import { type Server, createServer } from 'node:net'
import { NODES, type NodeName, type Ports } from './cast.ts'
import { ChildError } from './processes.ts'

/** Below where systems take the ports of outgoing connections from: those are gone again in no time. */
const PORT_RANGE = [20_000, 32_000] as const
const PORT_TRIES_MAX = 100

/** Ports that are free now. @throws ChildError where there are none */
export async function findPorts(): Promise<Ports> {
  const free = await findFree(3 * NODES.length + 1)
  const take = (): Record<NodeName, number> => {
    const entries = NODES.map((node) => [node, free.pop()!])
    return Object.fromEntries(entries) as Record<NodeName, number>
  }
  return { node: take(), admin: take(), lightning: take(), bob: free.pop()! }
}

async function findFree(count: number): Promise<number[]> {
  const servers: Server[] = []
  for (let tries = 0; servers.length < count; tries++) {
    if (tries === PORT_TRIES_MAX)
      throw new ChildError(`no local port from ${PORT_RANGE.join(' to ')} is free`)
    const server = createServer()
    if (await listen(server, randomInt(...PORT_RANGE))) servers.push(server)
  }
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
  })
}
