/** JSON-RPC over HTTP, as Bitcoin Core serves it: with a password, one call after the other. Testing. */
import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Method } from './methods.ts'

export interface ServerOptions {
  /** 0: one that is free. */
  readonly port: number
  readonly user: string
  readonly password: string
  readonly methods: ReadonlyMap<string, Method>
}

/** Listens on this machine alone. Returns the port. */
export async function serve({ port, user, password, methods }: ServerOptions): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  let last: Promise<unknown> = Promise.resolve()
  const server = createServer((request, response) => {
    if (request.headers.authorization !== authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="jsonrpc"' }).end()
      return
    }
    // In turn: bcoin's parts lock themselves, but not one another.
    last = last.then(() => answer(request, response, methods)).catch(() => response.destroy())
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Longer than any test pauses: a client that speaks just when we hang up would think that we are gone. */
const KEEP_ALIVE_MS = 600_000

interface Call {
  readonly id?: unknown
  readonly method?: unknown
  readonly params?: readonly unknown[]
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  methods: ReadonlyMap<string, Method>,
): Promise<void> {
  const body = JSON.parse(await text(request)) as Call | readonly Call[]
  const reply = Array.isArray(body)
    ? await inTurn(body as readonly Call[], methods)
    : await outcomeOf(body as Call, methods)
  const status = !('error' in reply) || reply.error === null ? 200 : statusOf(reply.error.code)
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(reply)}\n`)
}

interface Reply {
  readonly result: unknown
  readonly error: { readonly code: number; readonly message: string } | null
  readonly id: unknown
}

async function inTurn(calls: readonly Call[], methods: ReadonlyMap<string, Method>): Promise<Reply[]> {
  const replies: Reply[] = []
  for (const call of calls) replies.push(await outcomeOf(call, methods))
  return replies
}

async function outcomeOf(
  { id = null, method, params = [] }: Call,
  methods: ReadonlyMap<string, Method>,
): Promise<Reply> {
  const perform = methods.get(String(method))
  if (perform === undefined) return { result: null, error: { code: -32601, message: 'Method not found' }, id }
  try {
    return { result: (await perform(...params)) ?? null, error: null, id }
  } catch (error) {
    return { result: null, error: errorOf(error as Error & { readonly code?: unknown }), id }
  }
}

/** In Core's codes: bcoin says -1 of whatever it does not find, Core -5. */
function errorOf({ code, message }: Error & { readonly code?: unknown }): { code: number; message: string } {
  if (typeof code !== 'number') return { code: -1, message }
  return { code: code === -1 && /not (found|in mempool)/i.test(message) ? -5 : code, message }
}

function statusOf(code: number): number {
  return code === -32601 ? 404 : 500
}
