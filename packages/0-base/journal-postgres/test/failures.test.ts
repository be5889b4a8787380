import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { JournalHealth } from '@hourglass/journal'
import { commitWithoutEnd, expectBeginning } from '@hourglass/journal/testing'
import { openPostgresJournal } from '@hourglass/journal-postgres/io'
import { startPostgres } from '@hourglass/postgres-server'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Proxy } from './proxy.ts'
import { findServer, mayCrash } from './server.ts'

let server: Awaited<ReturnType<typeof findServer>>
let admin: Client
beforeAll(async () => {
  server = await findServer()
  admin = new Client(server.url)
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
  await server.stop()
})

/** Commits without end, of which `reported` is the newest that was reported. */
interface Load {
  readonly healths: readonly JournalHealth[]
  reported: number
  reach(n: number): Promise<void>
  close(): Promise<void>
}

async function commitTo(url: string, name: string): Promise<Load> {
  const healths: JournalHealth[] = []
  const journal = await openPostgresJournal({
    url,
    name,
    durability: 'power',
    report: (health) => healths.push(health),
  })
  const load: Load = {
    healths,
    reported: -1,
    reach: (n) => until(() => load.reported >= n),
    close: async () => {
      await journal.close()
    },
  }
  commitWithoutEnd(journal, (n) => {
    expect(n).toBe(load.reported + 1)
    load.reported = n
  })
  return load
}

/** The test's own time limit ends it otherwise. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function expectBeginningIn(name: string, reported: number, url = server.url): Promise<void> {
  const journal = await openPostgresJournal({ url, name, durability: 'power' })
  await expectBeginning(journal, reported)
  await journal.close()
}

describe('PostgreSQL journal', () => {
  it('loses nothing and keeps the order when its connection is cut again and again', async () => {
    const proxy = await Proxy.open(server.url)
    const name = randomUUID()
    const load = await commitTo(proxy.url, name)
    for (let cut = 1; cut <= 10; cut++) {
      await load.reach(load.reported + 500)
      proxy.cut()
      await until(() => load.healths.length === 2 * cut)
    }
    await load.reach(load.reported + 500)
    await load.close()
    await proxy.close()
    expect(load.healths.map(({ isWorking }) => isWorking)).toEqual(
      Array.from({ length: 20 }, (_, i) => i % 2 === 1),
    )
    await expectBeginningIn(name, load.reported)
  })

  it.runIf(mayCrash)(
    'loses nothing when the server is killed under load, and goes on when it is back',
    async () => {
      const own = await startPostgres()
      onTestFinished(() => own.stop())
      const load = await commitTo(own.url, 'node')
      for (let crash = 1; crash <= 3; crash++) {
        await load.reach(load.reported + 500)
        await own.crash()
        await until(() => load.healths.at(-1)?.isWorking === false)
        const { reported } = load
        await own.start()
        await load.reach(reported + 500)
      }
      await load.close()
      await expectBeginningIn('node', load.reported, own.url)
    },
  )

  it.runIf(mayCrash)(
    'does not promise to survive the loss of power on a server that never flushes',
    async () => {
      const own = await startPostgres()
      onTestFinished(() => own.stop())
      const client = new Client(own.url)
      await client.connect()
      await client.query('ALTER SYSTEM SET fsync = off')
      await client.query('SELECT pg_reload_conf()')
      await client.end()
      await expect(openPostgresJournal({ url: own.url, durability: 'power' })).rejects.toThrow(/fsync off/)
      await (await openPostgresJournal({ url: own.url, durability: 'process' })).close()
    },
  )

  it('leaves after kill -9 the beginning of what was committed, with all that it reported', async () => {
    for (const killAfter of [1, 3000]) {
      const name = randomUUID()
      const child = fork(fileURLToPath(new URL('./committer.ts', import.meta.url)), [server.url, name], {
        execArgv: ['--conditions=@hourglass/source'],
      })
      let reported = -1
      await new Promise<void>((resolve) => {
        child.on('message', (n) => {
          reported = Number(n)
          if (reported >= killAfter) child.kill('SIGKILL')
        })
        child.on('exit', () => resolve())
      })
      expect(reported).toBeGreaterThanOrEqual(killAfter)
      await expectBeginningIn(name, reported)
    }
  })

  it('notices a lost connection, and comes back to its lock, with nothing to commit', async () => {
    const proxy = await Proxy.open(server.url)
    const healths: boolean[] = []
    const name = randomUUID()
    const journal = await openPostgresJournal({
      url: proxy.url,
      durability: 'power',
      name,
      report: ({ isWorking }) => healths.push(isWorking),
    })
    await proxy.close()
    await until(() => healths.length === 1)
    await proxy.reopen()
    await until(() => healths.length === 2)
    expect(healths).toEqual([false, true])
    const second = openPostgresJournal({ url: server.url, durability: 'power', name })
    await expect(second).rejects.toMatchObject({ code: 'in-use' })
    await journal.close()
    await proxy.close()
  })

  it('writes no more when another node has taken its place', async () => {
    const proxy = await Proxy.open(server.url)
    const name = randomUUID()
    const load = await commitTo(proxy.url, name)
    await load.reach(500)
    await proxy.close()
    await until(() => load.healths.length === 1)
    const successor = await openEventually(name)
    await proxy.reopen()
    successor.commit([{ key: 'newest', value: Uint8Array.of(9) }], () => undefined)
    await successor.close()
    const { reported } = load
    // Long enough for some tries with the lock free.
    await new Promise((resolve) => setTimeout(resolve, 2000))
    await load.close()
    expect(load.reported).toBe(reported)
    expect(load.healths.at(-1)).toMatchObject({ isWorking: false, error: { code: 'given-up' } })
    const after = await openPostgresJournal({ url: server.url, durability: 'power', name })
    expect(await after.load('newest')).toEqual([{ key: 'newest', value: Uint8Array.of(9) }])
    await after.close()
    await proxy.close()
  })

  it('writes no more on a server that has lost what it reported', async () => {
    const name = randomUUID()
    const load = await commitTo(server.url, name)
    await load.reach(500)
    await admin.query('BEGIN')
    // Waits for the write under way and holds up the next one, which its session's end undoes.
    await admin.query('UPDATE hourglass.journal SET sequence = sequence - 1 WHERE name = $1', [name])
    await endSessions(name)
    await admin.query('COMMIT')
    await until(() => load.healths.length === 1)
    const { reported } = load
    await new Promise((resolve) => setTimeout(resolve, 500))
    await load.close()
    expect(load.reported).toBe(reported)
    await expectBeginningIn(name, reported)
  })

  /** Ends the sessions that hold the lock of that journal. */
  async function endSessions(name: string): Promise<void> {
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks,
         LATERAL (SELECT hashtextextended('hourglass.journal ' || $1, 0) AS key) AS k
       WHERE locktype = 'advisory' AND objsubid = 1
         AND classid::bigint = (key >> 32) & 4294967295 AND objid::bigint = key & 4294967295`,
      [name],
    )
  }

  /** The server has yet to notice that the predecessor is gone. */
  async function openEventually(name: string): ReturnType<typeof openPostgresJournal> {
    for (;;) {
      try {
        return await openPostgresJournal({ url: server.url, durability: 'power', name })
      } catch (error) {
        expect(error).toMatchObject({ code: 'in-use' })
      }
    }
  }
})
