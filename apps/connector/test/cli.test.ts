import { type AddressInfo, type Server, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Outcome, Programs, child, connectorOf } from './programs.ts'

const programs = new Programs()

afterAll(async () => programs.clear())

const config = connectorOf([child('alice')], './data')

/** The one message of a program that did not start: no stack trace, no secret, nothing but the message. */
function complaint({ exitCode, stdout, stderr }: Outcome): string {
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  expect(stderr).not.toMatch(/^ {4}at /m)
  expect(stderr).not.toContain('hush')
  return stderr.trimEnd()
}

/** A complaint of one line, and without the name of the program. */
function message(outcome: Outcome): string {
  const said = complaint(outcome)
  expect(said.split('\n')).toHaveLength(1)
  expect(said).toMatch(/^hourglass-connector: /)
  return said.slice('hourglass-connector: '.length)
}

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

describe('hourglass-connector that cannot start ends at once with one message', () => {
  it('without --config', async () => {
    const said = complaint(await programs.run([]))
    expect(said).toBe(
      "error: required option '-c, --config <file>' not specified\n(hourglass-connector --help lists the options)",
    )
  })

  it('with an unknown option', async () => {
    const said = complaint(await programs.run(['--config', 'node.json', '--verbose']))
    expect(said).toMatch(/^error: unknown option '--verbose'\n\(hourglass-connector --help/)
  })

  it('where the file is missing', async () => {
    const said = message(await programs.run(['--config', 'none.json']))
    expect(said).toMatch(/^cannot read the config file none\.json: ENOENT/)
  })

  it('where the config is malformed', async () => {
    const file = programs.file('malformed.yaml', 'address: [test.acme')
    expect(message(await programs.run(['-c', file]))).toMatch(`${file} is neither YAML nor JSON: `)
  })

  it('where the config says what it must not', async () => {
    const file = programs.file('wrong.json', { ...config, spread: '1' })
    expect(message(await programs.run(['-c', file]))).toBe(`${file}: spread: must be below 1`)
  })

  it('where a secret is not in the environment', async () => {
    const alice = child('alice', { link: { kind: 'btp-server', token: { env: 'HOURGLASS_NO_SECRET' } } })
    const file = programs.file('secret.json', connectorOf([alice], './secret'))
    expect(message(await programs.run(['-c', file]))).toBe(
      'account alice, link.token: set the environment variable HOURGLASS_NO_SECRET',
    )
  })

  it.each(['listen', 'admin'])('where the port of "%s" is in use', async (field) => {
    const { server, port } = await listen()
    const file = programs.file(`${field}.json`, { ...config, data: `./${field}`, [field]: { port } })
    const said = message(await programs.run(['-c', file]))
    expect(said).toContain(String(port))
    expect(said).toMatch(/taken|in use/)
    server.close()
  })

  it('with a command for a node that does not run, whose options come after its name', async () => {
    const { server, port } = await listen()
    await new Promise((resolve) => server.close(resolve))
    const file = programs.file('absent.json', { ...config, admin: { port } })
    const said = message(await programs.run(['explain', '--config', file]))
    expect(said).toBe(`no connector answers at 127.0.0.1:${port}: start it first`)
  })

  it('where the RPC of a ledger cannot be reached', async () => {
    const { server, port } = await listen()
    await new Promise((resolve) => server.close(resolve))
    const chain = {
      kind: 'evm',
      rpcUrl: `http://127.0.0.1:${port}`,
      privateKey: `0x${'1'.repeat(64)}`,
      contract: `0x${'0'.repeat(40)}`,
    }
    const file = programs.file('ledger.json', { ...config, data: './ledger', ledgers: { chain } })
    const said = message(await programs.run(['-c', file]))
    expect(said).toMatch(/^ledger chain: /)
    expect(said).toContain(`127.0.0.1:${port}`)
  })

  it('where the data directory is a file', async () => {
    programs.file('taken', 'a file')
    const file = programs.file('directory.json', { ...config, data: './taken' })
    const said = message(await programs.run(['-c', file]))
    expect(said).toMatch(`cannot open the journal in ${join(programs.directory, 'taken')}: `)
  })

  it('where another connector runs on these books, which goes on', async () => {
    const file = programs.file('locked.json', { ...config, data: './locked' })
    const first = await programs.start(file)
    const said = message(await programs.run(['-c', file]))
    expect(said).toContain('is in use by another process')
    const accounts = await fetch(`http://127.0.0.1:${first.adminPort}/accounts`)
    expect(accounts.status).toBe(200)
    expect((await first.end('SIGTERM')).exitCode).toBe(0)
  })
})

describe('hourglass-connector', () => {
  it('checks a config and ends', async () => {
    const file = programs.file('fine.json', config)
    expect(await programs.run(['--config', file, '--check'])).toEqual({
      exitCode: 0,
      signal: null,
      stdout: `${file} is fine: test.acme, 1 accounts\n`,
      stderr: '',
    })
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s and leaves nothing behind', async (signal) => {
    const file = programs.file('node.json', { ...config, data: `./${signal}` })
    const program = await programs.start(file)
    const outcome = await program.end(signal)
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' })
    expect(() => process.kill(program.pid, 0)).toThrow('ESRCH')
    await expect(fetch(`http://127.0.0.1:${program.adminPort}/accounts`)).rejects.toThrow('fetch failed')
    // Its journal is free again.
    const next = await programs.start(file)
    expect((await next.end(signal)).exitCode).toBe(0)
  })

  it('serves accounts to the operator, on this machine only (CONN-38, SEC-41)', async () => {
    const program = await programs.start(programs.file('admin.json', { ...config, data: './admin' }))
    const ask = async (path: string, init?: RequestInit): Promise<Response> =>
      fetch(`http://127.0.0.1:${program.adminPort}${path}`, init)
    const alice: unknown = await (await ask('/accounts/alice')).json()
    expect(alice).toMatchObject({
      id: 'alice',
      relation: 'child',
      up: false,
      balance: '0',
      heldIncoming: '0',
    })
    expect(await (await ask('/accounts')).json()).toEqual([alice])
    const unknown = await ask('/accounts/nobody')
    expect(unknown.status).toBe(404)
    expect(await unknown.json()).toEqual({ message: 'there is no account nobody' })
    expect((await ask('/accounts/nobody/collect', { method: 'POST' })).status).toBe(404)
    expect(await (await ask('/accounts/alice/settlement')).json()).toEqual({})
    expect((await ask('/accounts/alice/collect', { method: 'POST' })).status).toBe(202)
    expect((await ask('/accounts/alice/end', { method: 'POST' })).status).toBe(202)
    await program.end('SIGTERM')
  })
})
