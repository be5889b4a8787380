import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeInput } from '@hourglass/connector'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { RateSources } from '../src/rate-sources.ts'

const directory = mkdtempSync(join(tmpdir(), 'hourglass-rates-'))
const file = join(directory, 'rates.json')
/** What the server answers. */
let answer = { status: 500, body: '' }
let server: Server

beforeAll(async () => {
  server = createServer((_, response) => response.writeHead(answer.status).end(answer.body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterAll(() => {
  server.close()
  rmSync(directory, { recursive: true })
})

const document = (rate: string): string => JSON.stringify({ base: 'USD', rates: { EUR: rate } })

describe('sources of rates', () => {
  it('are read again and again, each by itself, and one that fails says nothing', async () => {
    const heard: Extract<NodeInput, { kind: 'rates' }>[] = []
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const times = { refreshMs: 20, staleAfterMs: 1000 }
    const listen = (input: NodeInput): void => {
      if (input.kind === 'rates') heard.push(input)
    }
    const sources = new RateSources(listen, pino({ level: 'silent' }))
    const [http, text] = [
      { kind: 'http', url, ...times } as const,
      { kind: 'file', path: file, ...times } as const,
    ]
    sources.follow([http, text])
    /** The newest denominator that this source has said. */
    const last = (rank: number): bigint | undefined =>
      heard.findLast((input) => input.rank === rank)?.table.rates.get('EUR')?.denominator
    const until = (condition: () => void): Promise<void> =>
      vi.waitFor(condition, { timeout: 20_000, interval: 10 })

    writeFileSync(file, document('1/2'))
    await until(() => expect(last(1)).toBe(2n))
    expect(last(0)).toBeUndefined()
    answer = { status: 200, body: document('1/3') }
    await until(() => expect(last(0)).toBe(3n))
    answer = { status: 200, body: ' '.repeat(1 << 21) }
    writeFileSync(file, document('1/4'))
    await until(() => expect(last(1)).toBe(4n))
    expect(last(0)).toBe(3n)
    sources.follow([http])
    expect(heard.at(-1)).toMatchObject({ rank: 1, table: { freshUntil: 0 } })
    sources.close()
    const count = heard.length
    writeFileSync(file, document('1/5'))
    expect(heard.length).toBe(count)
  })
})
