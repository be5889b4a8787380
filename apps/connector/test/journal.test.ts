/** A connector whose store fails under it: it takes no packets, keeps what it has, and recovers by itself. */
import { execFileSync } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { startPostgres } from '@hourglass/postgres-server'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { type Outcome, Peer } from './peer.ts'
import { type Program, Programs, child, connectorOf } from './programs.ts'

const programs = new Programs()
afterAll(async () => programs.clear())

const ACCOUNTS = [child('payer'), child('payee')]
/** More than the connector's own margin. */
const TIMEOUT_MS = 3000
const PAY_AGAIN_MS = 100

/** Payments of 1, of which those that were under way when the store failed may wait. */
class Payments {
  readonly #payer: Peer
  readonly #outcomes: Promise<Outcome>[] = []

  constructor(payer: Peer) {
    this.#payer = payer
  }

  /** Pays until a payment ends so. */
  async until(outcome: Outcome): Promise<void> {
    for (let newest = ''; newest !== outcome;) {
      const payment = this.#payer.pay('test.acme.payee', 1n, TIMEOUT_MS)
      this.#outcomes.push(payment)
      newest = await Promise.race([payment, setTimeout(PAY_AGAIN_MS, '')])
    }
  }

  /** How many were fulfilled, when all have ended. */
  async fulfilled(): Promise<number> {
    const outcomes = await Promise.all(this.#outcomes)
    for (const outcome of outcomes) expect(['T00', 'R00', 'fulfilled']).toContain(outcome)
    return outcomes.filter((outcome) => outcome === 'fulfilled').length
  }
}

type Act = (program: Program) => void | Promise<void>

async function expectRecovery(config: string, fail: Act, mend: Act): Promise<void> {
  const program = await programs.start(config)
  const payer = await Peer.connect('payer', program.port)
  const payee = await Peer.connect('payee', program.port)
  const payments = new Payments(payer)
  await payments.until('fulfilled')
  await fail(program)
  await payments.until('T00')
  await mend(program)
  await payments.until('fulfilled')
  const paid = await payments.fulfilled()
  await Promise.all([payer.close(), payee.close()])
  const { exitCode, stdout } = await program.end('SIGTERM')
  expect(exitCode).toBe(0)
  expect(stdout.split('\n').filter((line) => line.includes('"msg":"journal.'))).toEqual([
    expect.stringMatching(/"level":50,.*"reason":".+","msg":"journal.failing"/),
    expect.stringMatching(/"level":30,.*"msg":"journal.working"/),
  ])
  const next = await programs.start(config)
  const accounts = await next.accounts()
  expect(accounts.get('payer')).toMatchObject({ incoming: String(paid), heldIncoming: '0' })
  expect(accounts.get('payee')).toMatchObject({ outgoing: String(paid), heldOutgoing: '0' })
  await next.end('SIGTERM')
}

it('a connector on a full disk refuses packets with T00, and takes them again when there is room', async () => {
  const config = programs.file('sqlite.json', connectorOf(ACCOUNTS, './sqlite'))
  // The limit on the size of files stands for the size of the disk.
  const limit = ({ pid }: Program, bytes: string): void => {
    execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`])
  }
  await expectRecovery(
    config,
    (program) => limit(program, '4096'),
    (program) => limit(program, 'unlimited'),
  )
})

it('a connector whose PostgreSQL is killed refuses packets with T00, and takes them again afterwards', async () => {
  const server = await startPostgres()
  onTestFinished(() => server.stop())
  const journal = { kind: 'postgres', url: server.url } as const
  const config = programs.file('postgres.json', {
    ...connectorOf(ACCOUNTS, './postgres'),
    journal,
    durability: 'power',
  })
  await expectRecovery(
    config,
    () => server.crash(),
    () => server.start(),
  )
})
