import { randomUUID } from 'node:crypto'
import type { Durability, Journal } from '@hourglass/journal'
import { journalFailureSuite, journalSuite } from '@hourglass/journal/testing'
import { openPostgresJournal } from '@hourglass/journal-postgres/io'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Proxy } from './proxy.ts'
import { findServer } from './server.ts'

let server: Awaited<ReturnType<typeof findServer>>
let proxy: Proxy
beforeAll(async () => {
  server = await findServer()
  proxy = await Proxy.open(server.url)
})
afterAll(async () => {
  await proxy.close()
  await server.stop()
})

/** Writes are in order, so whatever was committed before is done when this is. */
const settle = (journal: Journal): Promise<void> => new Promise((resolve) => journal.commit([], resolve))

for (const durability of ['process', 'power'] satisfies Durability[]) {
  journalSuite(`PostgreSQL journal, ${durability}`, () => {
    const name = randomUUID()
    return {
      open: () => openPostgresJournal({ url: server.url, durability, name }),
      settle,
      dispose: () => undefined,
    }
  })
}

journalFailureSuite('PostgreSQL journal whose connection is cut', () => {
  const name = randomUUID()
  return {
    open: (report) => openPostgresJournal({ url: proxy.url, durability: 'process', name, report }),
    settle,
    fail: () => proxy.close(),
    recover: () => proxy.reopen(),
    dispose: () => undefined,
  }
})

describe('PostgreSQL journal', () => {
  it('is refused to a second node while the first has it', async () => {
    const options = { url: server.url, durability: 'power', name: randomUUID() } as const
    const first = await openPostgresJournal(options)
    await expect(openPostgresJournal(options)).rejects.toMatchObject({ name: 'JournalError', code: 'in-use' })
    const other = await openPostgresJournal({ ...options, name: randomUUID() })
    await other.close()
    await first.close()
    await (await openPostgresJournal(options)).close()
  })

  it('keeps the journals of several nodes apart', async () => {
    const open = (name: string): Promise<Journal> =>
      openPostgresJournal({ url: server.url, durability: 'process', name })
    const [a, b] = await Promise.all([open(randomUUID()), open(randomUUID())])
    a.commit([{ key: 'a', value: Uint8Array.of(1) }], () => undefined)
    b.commit([{ key: 'a', value: undefined }], () => undefined)
    await Promise.all([settle(a), settle(b)])
    expect(await a.load('')).toHaveLength(1)
    expect(await b.load('')).toHaveLength(0)
    await Promise.all([a.close(), b.close()])
  })

  it('says what is wrong with a server that it cannot use, and never the password', async () => {
    const open = (url: string): Promise<Journal> => openPostgresJournal({ url, durability: 'process' })
    const nobody = open('postgres://user:secret@127.0.0.1:1/database')
    await expect(nobody).rejects.toMatchObject({ name: 'JournalError', code: 'unusable' })
    await expect(nobody).rejects.toThrow(/cannot use PostgreSQL: .*ECONNREFUSED/)
    await expect(nobody).rejects.not.toThrow(/secret/)
    const missing = new URL(server.url)
    missing.pathname = '/missing'
    await expect(open(missing.href)).rejects.toThrow(/database "missing" does not exist/)
  })

  it('refuses tables of another program and of a newer version', async () => {
    const database = await newDatabase()
    const client = new Client(database)
    await client.connect()
    const open = (): Promise<Journal> => openPostgresJournal({ url: database, durability: 'process' })

    await client.query('CREATE SCHEMA hourglass; CREATE TABLE hourglass.theirs (a integer)')
    await expect(open()).rejects.toMatchObject({ code: 'foreign', message: /another program/ as never })
    await client.query('DROP SCHEMA hourglass CASCADE')
    await (await open()).close()
    await client.query('UPDATE hourglass.version SET version = 2')
    await expect(open()).rejects.toMatchObject({ code: 'foreign' })
    await client.end()
  })

  async function newDatabase(): Promise<string> {
    const name = `journal_${randomUUID().replaceAll('-', '')}`
    const client = new Client(server.url)
    await client.connect()
    await client.query(`CREATE DATABASE ${name}`)
    await client.end()
    const url = new URL(server.url)
    url.pathname = `/${name}`
    return url.href
  }
})
