import { toAddress } from '@hourglass/ilp'
import {
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  createServer,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type SpspReceiver, answerSpsp } from '../src/index.ts'
import { REDIRECTS_MAX, RETRY_DELAYS_MS, SpspError, isPublicAddress, querySpsp } from '../src/io/index.ts'
import { selfSigned } from './self-signed.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

async function listen(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

interface Stage {
  readonly origin: string
  readonly requests: IncomingMessage[]
}

/** A server that answers each request as `answers` say, the last one for all that follow. */
async function stage(
  ...answers: ((response: ServerResponse, request: IncomingMessage) => void)[]
): Promise<Stage> {
  const requests: IncomingMessage[] = []
  const listener: RequestListener = (request, response) => {
    requests.push(request)
    answers[Math.min(requests.length, answers.length) - 1]?.(response, request)
  }
  return { origin: `http://127.0.0.1:${await listen(createServer(listener))}`, requests }
}

const receiver: SpspReceiver = {
  open: () => ({ destinationAccount: toAddress('g.alice.token'), sharedSecret: new Uint8Array(32).fill(7) }),
}

function answer(response: ServerResponse, request: IncomingMessage): void {
  const headers = { accept: request.headers.accept }
  const { status, headers: out, body } = answerSpsp({ method: request.method ?? '', headers }, receiver)
  response.writeHead(status, out).end(body)
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(code, headers).end()
  }

async function failure(asking: Promise<unknown>): Promise<SpspError> {
  const error = await asking.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(SpspError)
  return error as SpspError
}

const wallet = (origin: string): { resolve: Map<string, string> } => ({
  resolve: new Map([['wallet.example', origin]]),
})

describe('querySpsp', () => {
  it('PP-19, SPSP-01, SPSP-04: asks by GET for spsp4+json and returns address, secret and both hosts', async () => {
    const { origin, requests } = await stage(answer)
    const result = await querySpsp('$wallet.example/alice', wallet(origin))
    expect(result.details.destinationAccount).toBe('g.alice.token')
    expect(result.details.sharedSecret).toHaveLength(32)
    expect(result).toMatchObject({
      url: 'https://wallet.example/alice',
      host: 'wallet.example',
      finalHost: 'wallet.example',
    })
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({ method: 'GET', url: '/alice' })
    expect(requests[0]?.headers).toMatchObject({
      accept: 'application/spsp4+json, application/spsp+json',
      host: 'wallet.example',
    })
  })

  it('PP-03, SPSP-19: keeps the path and query of what it was given', async () => {
    const { origin, requests } = await stage(answer)
    await querySpsp('$wallet.example', wallet(origin))
    await querySpsp(`${origin}//a?b=c`, { allowHttp: true })
    await querySpsp('$wallet.example//elsewhere.example/x', wallet(origin))
    expect(requests.map(({ url }) => url)).toEqual(['/.well-known/pay', '//a?b=c', '//elsewhere.example/x'])
  })

  it.each(['alice', '$wallet.example:443', 'https://user@wallet.example/', 'https://', '$[:]'])(
    'PP-09: refuses %s without asking anybody',
    async (target) => {
      expect(await failure(querySpsp(target))).toMatchObject({ code: 'bad-target' })
    },
  )

  it('SPSP-18: refuses plain http unless it is allowed', async () => {
    const { origin, requests } = await stage(answer)
    expect(await failure(querySpsp(origin))).toMatchObject({ code: 'insecure' })
    expect(requests).toEqual([])
  })

  it('RCPT-20: asks for a verifier, with its nonce and secret', async () => {
    const { origin, requests } = await stage(answer)
    const receipt = { nonce: new Uint8Array(16).fill(1), secret: new Uint8Array(32).fill(2) }
    await querySpsp(origin, { allowHttp: true, receipt })
    expect(requests[0]?.headers).toMatchObject({
      'receipt-nonce': Buffer.from(receipt.nonce).toString('base64'),
      'receipt-secret': Buffer.from(receipt.secret).toString('base64'),
    })
  })

  it('PP-18, STR-01: refuses a server whose certificate nobody vouches for', async () => {
    const port = await listen(createTlsServer(selfSigned, (request, response) => answer(response, request)))
    const error = await failure(querySpsp(`https://127.0.0.1:${port}/`))
    expect(error.code).toBe('unreachable')
    expect(error.message).toContain('certificate')
  })

  it('PP-21, PP-22: follows a redirect and names both hosts', async () => {
    const last = await stage(answer)
    const first = await stage(status(302, { location: 'https://other.example/bob' }))
    const resolve = new Map([
      ['wallet.example', first.origin],
      ['other.example', last.origin],
    ])
    const result = await querySpsp('$wallet.example/alice', { resolve })
    expect(result).toMatchObject({ host: 'wallet.example', finalHost: 'other.example' })
    expect(last.requests[0]?.url).toBe('/bob')
  })

  it.each(['http://wallet.example/bob', 'ftp://wallet.example/bob', ''])(
    'PP-21: refuses a redirect from https to "%s"',
    async (location) => {
      const { origin } = await stage(status(301, { location }))
      expect(await failure(querySpsp('$wallet.example', wallet(origin)))).toMatchObject({
        code: 'bad-redirect',
      })
    },
  )

  it('PP-21: gives up on a chain of redirects', async () => {
    const { origin, requests } = await stage(status(307, { location: '/again' }))
    expect(await failure(querySpsp('$wallet.example', wallet(origin)))).toMatchObject({
      code: 'bad-redirect',
    })
    expect(requests).toHaveLength(REDIRECTS_MAX + 1)
  })

  it('PP-24: asks the first host again after a permanent redirect', async () => {
    const { origin, requests } = await stage(
      status(301, { location: '/new' }),
      answer,
      status(301, { location: '/new' }),
      answer,
    )
    await querySpsp('$wallet.example/old', wallet(origin))
    await querySpsp('$wallet.example/old', wallet(origin))
    expect(requests.map(({ url }) => url)).toEqual(['/old', '/new', '/old', '/new'])
  })

  it('SPSP-15: takes 404 as "nobody is paid there" and asks once', async () => {
    const { origin, requests } = await stage(status(404))
    const error = await failure(querySpsp('$wallet.example/nobody', wallet(origin)))
    expect(error.code).toBe('no-receiver')
    expect(error.message).toContain('wallet.example/nobody')
    expect(requests).toHaveLength(1)
  })

  it.each([400, 401, 406, 410, 204])('SPSP-15: takes status %i as final', async (code) => {
    const { origin, requests } = await stage(status(code))
    expect(await failure(querySpsp('$wallet.example', wallet(origin)))).toMatchObject({ code: 'refused' })
    expect(requests).toHaveLength(1)
  })

  it.each([500, 503, 429])('SPSP-15: asks again after status %i', async (code) => {
    const { origin, requests } = await stage(status(code), answer)
    await querySpsp('$wallet.example', wallet(origin))
    expect(requests).toHaveLength(2)
  })

  it('SPSP-15: asks again after a broken connection', async () => {
    const { origin, requests } = await stage((response) => response.destroy(), answer)
    await querySpsp('$wallet.example', wallet(origin))
    expect(requests).toHaveLength(2)
  })

  it('SPSP-15: gives up after the last retry', async () => {
    const { origin, requests } = await stage(status(503))
    const error = await failure(querySpsp('$wallet.example', wallet(origin)))
    expect(error).toMatchObject({ code: 'unavailable' })
    expect(requests).toHaveLength(RETRY_DELAYS_MS.length + 1)
  })

  it('SPSP-15: gives up on a server that accepts and says nothing', async () => {
    const { origin, requests } = await stage(() => {})
    const error = await failure(querySpsp('$wallet.example', { ...wallet(origin), timeoutMs: 50 }))
    expect(error.code).toBe('timeout')
    expect(requests).toHaveLength(1)
  })

  it('gives up on a server that never ends its answer', async () => {
    const { origin } = await stage((response) => response.writeHead(200).write('{'))
    const error = await failure(querySpsp('$wallet.example', { ...wallet(origin), timeoutMs: 50 }))
    expect(error.code).toBe('timeout')
  })

  it.each([
    ['no JSON', '<html>'],
    ['too much', ' '.repeat(20_000)],
    ['a short secret', '{"destination_account":"g.a","shared_secret":"AA=="}'],
  ])('refuses an answer with %s', async (_, text) => {
    const { origin } = await stage((response) => response.writeHead(200).end(text))
    expect(await failure(querySpsp('$wallet.example', wallet(origin)))).toMatchObject({ code: 'bad-answer' })
  })

  it('SPSP-12: tells how long the details may be used again', async () => {
    const body = JSON.stringify({
      destination_account: 'g.a',
      shared_secret: Buffer.alloc(32).toString('base64'),
    })
    const { origin } = await stage(
      (response) => response.writeHead(200, { 'cache-control': 'max-age=3600' }).end(body),
      (response) => response.writeHead(200, { 'cache-control': 'no-cache' }).end(body),
    )
    const before = Date.now()
    expect((await querySpsp('$wallet.example', wallet(origin))).freshUntil).toBeGreaterThanOrEqual(
      before + 3_600_000,
    )
    expect((await querySpsp('$wallet.example', wallet(origin))).freshUntil).toBeLessThan(before + 3_600_000)
  })

  it.each(['$127.0.0.1', '$[::1]', '$localhost', 'https://169.254.169.254/latest', 'https://0x7f.1/'])(
    'PP-26: with publicOnly it does not connect to %s',
    async (target) => {
      expect(await failure(querySpsp(target, { publicOnly: true }))).toMatchObject({
        code: 'private-address',
      })
    },
  )

  it('PP-26: with publicOnly it does not follow a redirect into a private network', async () => {
    const { origin, requests } = await stage(answer)
    const first = await stage(status(302, { location: `https://127.0.0.1:${new URL(origin).port}/` }))
    const error = await failure(querySpsp('$wallet.example', { ...wallet(first.origin), publicOnly: true }))
    expect(error.code).toBe('private-address')
    expect(requests).toEqual([])
  })
})

describe('isPublicAddress', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '2606:4700::1111', '2a00::1'])(
    'PP-26: %s is',
    (ip) => {
      expect(isPublicAddress(ip)).toBe(true)
    },
  )

  it.each([
    ...[
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '127.255.0.1',
      '169.254.169.254',
      '172.16.0.1',
      '172.31.255.255',
    ],
    ...['192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
    ...[
      '::',
      '::1',
      '::ffff:8.8.8.8',
      '64:ff9b::1',
      'fc00::1',
      'fe80::1',
      'ff02::1',
      '2001:db8::1',
      '2002::1',
    ],
    ...['', 'localhost', '1.2.3'],
  ])('PP-26: "%s" is not', (ip) => {
    expect(isPublicAddress(ip)).toBe(false)
  })
})
