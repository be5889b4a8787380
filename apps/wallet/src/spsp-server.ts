/** Serves one payment pointer over HTTP. An https proxy stands before it wherever others are to pay. */
import {
  type PaymentPointer,
  RateLimit,
  type SpspAsker,
  type SpspDetails,
  answerSpsp,
  samePointer,
} from '@hourglass/spsp'
import { now } from '@hourglass/sansio/io'
import fastify from 'fastify'
import type { AddressInfo } from 'node:net'
import { WalletError } from './failure.ts'

export interface SpspServerOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly pointer: PaymentPointer
  /** A fresh address and secret for one payer. */
  readonly open: (asker: SpspAsker) => SpspDetails | undefined
}

export interface SpspServer {
  readonly port: number
  close(): Promise<void>
}

/** @throws WalletError `local` where the port cannot be had */
export async function serveSpsp({ host, port, pointer, open }: SpspServerOptions): Promise<SpspServer> {
  const limit = new RateLimit()
  // A proxy on this machine may say for whom it asks (SPSP-30). Nothing is logged: headers hold secrets (SPSP-24).
  const server = fastify({ logger: false, trustProxy: 'loopback', forceCloseConnections: true })
  // Before any body is read: every method has its answer.
  server.addHook('onRequest', async (request, reply) => {
    const [path = ''] = request.url.split('?')
    const answer = answerSpsp(
      { method: request.method, headers: joinHeaders(request.headers) },
      {
        mayAsk: () => limit.take(request.ip, now()),
        // Which host was asked is the proxy's business; the path tells who is paid.
        open: (asker) => (samePointer({ host: pointer.host, path }, pointer) ? open(asker) : undefined),
      },
    )
    return reply.code(answer.status).headers(answer.headers).send(answer.body)
  })
  try {
    await server.listen({ host, port })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? 'another program listens there; choose another --port' : message
    throw new WalletError('local', `cannot listen on ${host}:${port}: ${why}`, { cause: error })
  }
  return { port: (server.server.address() as AddressInfo).port, close: async () => server.close() }
}

function joinHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )
}
