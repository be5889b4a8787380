import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../src/config.ts'
import { UnfinishedPayments } from '../src/unfinished-payments.ts'
import { balanceOf, leaveInTheMiddle } from './left-payment.ts'
import { type Outcome, Stage } from './processes.ts'

const stage = new Stage()
let links: { alice: string; bob: string }

/** Two connectors: alice holds dollars at one, bob euros at the other. */
beforeAll(async () => {
  const child = (id: string, asset: { code: string; scale: number }, packetAmountMax: string): object => ({
    id,
    relation: 'child',
    asset,
    link: { kind: 'btp-server', token: `${id}-hush` },
    balance: { max: '100000' },
    packetAmountMax,
  })
  const peer = (id: string, link: object): object => ({
    id,
    relation: 'peer',
    asset: { code: 'USD', scale: 9 },
    link,
    balance: { max: '1000000000000000' },
  })
  const portOfA = await stage.connector({
    address: 'test.a',
    listen: { port: 0 },
    accounts: [
      child('alice', { code: 'USD', scale: 2 }, '500'),
      peer('b', { kind: 'btp-server', token: 'peer-hush' }),
    ],
    routes: [{ prefix: 'test.b', account: 'b' }],
  })
  const portOfB = await stage.connector({
    address: 'test.b',
    listen: { port: 0 },
    accounts: [
      child('bob', { code: 'EUR', scale: 4 }, '100000'),
      peer('a', { kind: 'btp-client', url: `btp+ws://b@127.0.0.1:${portOfA}`, token: 'peer-hush' }),
    ],
    rates: [{ from: 'USD', to: 'EUR', rate: '0.92' }],
  })
  links = {
    alice: `btp+ws://alice:alice-hush@127.0.0.1:${portOfA}`,
    bob: `btp+ws://bob:bob-hush@127.0.0.1:${portOfB}`,
  }
})

afterAll(async () => {
  await stage.clear()
})

/** The one message of a command that failed; it is no stack trace and holds no token. */
function complaint({ stdout, stderr, exitCode }: Outcome, code: number): string {
  expect(exitCode).toBe(code)
  expect(stdout).toBe('')
  expect(stderr).not.toMatch(/\n\s+at |Error:/)
  expect(stderr).not.toContain('hush')
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  return stderr.replace(/^hourglass: /, '').trimEnd()
}

function linesOf(text: string): unknown[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

async function listen(status: number): Promise<{ origin: string; close: () => void }> {
  const server = createServer((_, response) => response.writeHead(status).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

describe('hourglass --help', () => {
  it('names the commands, how to use them and what the config holds', async () => {
    const { stdout, exitCode } = await stage.wallet(['--help'])
    expect(exitCode).toBe(0)
    for (const word of ['pay', 'resume', 'receive', 'balance', '--config', 'HOURGLASS_LINK', 'Examples:']) {
      expect(stdout).toContain(word)
    }
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  })

  it('names the options of a command', async () => {
    const { stdout, exitCode } = await stage.wallet(['pay', '--help'])
    expect(exitCode).toBe(0)
    for (const word of ['--amount', '--deliver', '--slippage', '--resolve', '--json', '--yes', '--config']) {
      expect(stdout).toContain(word)
    }
  })
})

describe('a wrong command line', () => {
  it.each([
    [['pya'], /unknown command 'pya'/],
    [['pay'], /missing required argument 'pointer'/],
    [['pay', '$a.example', '--amuont', '1'], /unknown option '--amuont'.*Did you mean --amount/],
    [['pay', '$a.example'], /either --amount.*or --deliver/],
    [['pay', '$a.example', '--amount', '1', '--deliver', '1'], /either --amount.*or --deliver/],
    [['pay', '$a.example', '--amount', 'ten'], /"ten" is no amount/],
    [['pay', '$a.example', '--amount', '1', '--slippage', '100'], /100 percent would give all away/],
    [
      ['pay', 'a.example', '--amount', '1'],
      /a\.example is no payment pointer: it does not begin with one \$/,
    ],
    [['pay', '$a.example:443', '--amount', '1'], /names a port/],
    [
      ['pay', '$a.example', '--amount', '1', '--resolve', 'a.example'],
      /--resolve a\.example is not of the form/,
    ],
    [['receive', '--port', '70000'], /70000 is no port/],
    [['receive', '--pointer', 'me'], /me is no payment pointer/],
    [['balance', 'now'], /too many arguments/],
    [['resume', 'a', 'b'], /too many arguments/],
  ])('%j is told in one line, before anybody is asked', async (args, why) => {
    const environment = { HOURGLASS_LINK: 'btp+ws://a:hush@127.0.0.1:1' }
    expect(complaint(await stage.wallet(args, environment), 2)).toMatch(why)
  })
})

describe('a wrong config', () => {
  it.each([
    ['lnik: x', /unrecognized key: "lnik"/],
    ['link: "open', /is neither YAML nor JSON/],
    ['link: http://a:hush@b', /the link is no btp\+ws/],
    ['link: btp+ws://a@b\ntoken: { env: NOT_SET }', /environment variable NOT_SET/],
  ])('%j is told in one line that names the file or the field', async (content, why) => {
    const file = stage.file('wrong.yaml', content)
    expect(complaint(await stage.wallet(['balance', '--config', file]), 2)).toMatch(why)
  })

  it('that is not there is told with the place where it was looked for', async () => {
    expect(complaint(await stage.wallet(['balance']), 2)).toContain('.config/hourglass/wallet.yaml')
    expect(complaint(await stage.wallet(['balance', '-c', 'none.yaml']), 2)).toContain(
      'there is no such file',
    )
  })
})

describe('a wrong connector', () => {
  it('that nobody runs is told with its URL', async () => {
    const outcome = await stage.wallet(['balance'], { HOURGLASS_LINK: 'btp+ws://a:hush@127.0.0.1:1' })
    expect(complaint(outcome, 1)).toMatch(/ws:\/\/127\.0\.0\.1:1\/ cannot be reached: nobody listens there/)
  })

  it('that refuses the token is told without the token', async () => {
    const outcome = await stage.wallet(['balance'], { HOURGLASS_LINK: links.alice, HOURGLASS_TOKEN: 'hush' })
    expect(complaint(outcome, 1)).toMatch(/refuses our user name or token/)
  })

  it('that is no connector is told so', async () => {
    const { origin, close } = await listen(404)
    const outcome = await stage.wallet(['balance'], {
      HOURGLASS_LINK: origin.replace('http://', 'btp+ws://a:hush@'),
    })
    close()
    expect(complaint(outcome, 1)).toMatch(/answers with HTTP 404/)
  })
})

describe('hourglass balance', () => {
  it('shows the balance as the connector keeps it', async () => {
    const { stdout, exitCode } = await stage.wallet(['balance'], { HOURGLASS_LINK: links.bob })
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/Balance +-?\d+\.\d\d+ EUR/)
    expect(stdout).toMatch(/Address +test\.b\.bob/)
  })

  it('takes everything from a config file too', async () => {
    const file = stage.file('alice.json', { link: links.alice, state: 'alice-state' })
    const { stdout, exitCode } = await stage.wallet(['balance', '--json', '--config', file])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ assetCode: 'USD', assetScale: 2, address: 'test.a.alice' })
  })
})

describe('hourglass pay and receive', () => {
  const pay = async (args: string[]): Promise<Outcome> =>
    stage.wallet(['pay', ...args], { HOURGLASS_LINK: links.alice })
  let origin: string
  let receiver: ReturnType<Stage['startWallet']>

  beforeAll(async () => {
    receiver = stage.startWallet(['receive', '--port', '0', '--pointer', '$bob.example/tips', '--json'], {
      HOURGLASS_LINK: links.bob,
      HOURGLASS_STATE: join(stage.directory, 'bob'),
    })
    origin = (JSON.parse(await receiver.line(() => true)) as { origin: string }).origin
  })

  const bob = ['$bob.example/tips', '--resolve']
  const here = (): string[] => [...bob, `bob.example=${origin}`]

  it('SPSP-28: pays in packets that the path allows, and tells the exact sums as JSON', async () => {
    const { stdout, stderr, exitCode } = await pay([...here(), '--amount', '20.00', '--json'])
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    const [quote, outcome] = linesOf(stdout)
    expect(quote).toMatchObject({
      kind: 'quote',
      sendMax: { amount: '2000', assetCode: 'USD', assetScale: 2 },
      packetAmountMax: { amount: '500' },
    })
    expect(outcome).toMatchObject({
      outcome: 'complete',
      sent: { amount: '2000', assetCode: 'USD', assetScale: 2 },
      delivered: { amount: '184000', assetCode: 'EUR', assetScale: 4 },
      packets: 4,
    })
    const line = await receiver.line((text) => text.includes('"payment"') && text.includes('184000'))
    expect(JSON.parse(line)).toMatchObject({
      kind: 'payment',
      amount: '184000',
      assetCode: 'EUR',
      assetScale: 4,
    })
  })

  it('PP-22, PP-23, SPSP-20: shows who is paid and what arrives before it pays, and then what came of it', async () => {
    const { stdout, exitCode } = await pay([...here(), '--amount', '1'])
    expect(exitCode).toBe(0)
    const [before = '', after = ''] = stdout.split('\n\n')
    expect(before).toMatch(/To +\$bob\.example\/tips/)
    expect(before).not.toMatch(/https?:/)
    expect(before).toMatch(/Send +1\.00 USD/)
    expect(before).toMatch(/Arrives +about 0\.92 EUR, at least 0\.9108 EUR/)
    expect(before).toMatch(/Rate +1 USD = 0\.92 EUR/)
    expect(after).toMatch(/Sent +1\.00 USD/)
    expect(after).toMatch(/Delivered +0\.92 EUR in 1 packet,/)
  })

  it('delivers a fixed amount, and no less', async () => {
    const { stdout, exitCode } = await pay([...here(), '--deliver', '5.5', '--json'])
    expect(exitCode).toBe(0)
    const { delivered } = linesOf(stdout)[1] as { delivered: { amount: string } }
    expect(BigInt(delivered.amount)).toBeGreaterThanOrEqual(55_000n)
    expect(BigInt(delivered.amount)).toBeLessThan(55_200n)
  })

  it('PP-17: takes a URL on this machine in place of a pointer', async () => {
    const { exitCode } = await pay([`${origin}/tips`, '--amount', '0.01', '--json'])
    expect(exitCode).toBe(0)
  })

  it('refuses more decimals than the asset has', async () => {
    expect(complaint(await pay([...here(), '--amount', '1.001']), 2)).toMatch(
      /more decimals than USD has here: at most 2/,
    )
  })

  it('SPSP-14, SPSP-15: tells of a pointer at which nobody is paid', async () => {
    const outcome = await pay(['$bob.example/nobody', '--resolve', `bob.example=${origin}`, '--amount', '1'])
    expect(complaint(outcome, 1)).toMatch(/nobody is paid at bob\.example\/nobody/)
  })

  it('tells of a host that is not there', async () => {
    const outcome = await pay([
      '$bob.example',
      '--resolve',
      'bob.example=http://127.0.0.1:1',
      '--amount',
      '1',
    ])
    expect(complaint(outcome, 1)).toMatch(
      /cannot reach the payment server bob\.example \(at http:\/\/127\.0\.0\.1:1\): nothing listens there/,
    )
  })

  it('SPSP-18: asks no foreign host over plain http', async () => {
    expect(complaint(await pay(['http://192.0.2.1/', '--amount', '1']), 2)).toMatch(/payments need https/)
  })

  it('BTP-50: other commands of a wallet that receives go through its link and leave it up', async () => {
    const environment = { HOURGLASS_LINK: links.alice }
    const alice = stage.startWallet(['receive', '--port', '0'], environment)
    await alice.line((line) => line.startsWith('Serving'))
    const told = await stage.wallet(['balance', '--json'], environment)
    expect(JSON.parse(told.stdout)).toMatchObject({ address: 'test.a.alice' })
    const paid = await pay([...here(), '--amount', '10', '--json'])
    expect(linesOf(paid.stdout)[1]).toMatchObject({ outcome: 'complete', sent: { amount: '1000' } })
    const second = await stage.wallet(['receive', '--port', '0'], environment)
    expect(complaint(second, 1)).toMatch(
      /another hourglass command of this wallet is running, and only one can receive/,
    )
    expect(await alice.stop('SIGINT')).toMatchObject({ exitCode: 0, stderr: '' })
  })

  it('BTP-50: payments of one wallet at the same time do not cut each other off', async () => {
    const outcomes = await Promise.all(
      [1, 2, 3].map(async () => pay([...here(), '--amount', '30', '--json'])),
    )
    for (const { exitCode, stdout, stderr } of outcomes) {
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      expect(linesOf(stdout)[1]).toMatchObject({ outcome: 'complete', sent: { amount: '3000' } })
    }
  })

  it('goes on with a payment whose process ended in the middle, and pays nothing twice', async () => {
    const environment = { HOURGLASS_LINK: links.alice, HOURGLASS_STATE: join(stage.directory, 'alice') }
    const config = loadConfig(undefined, environment)
    const before = await balanceOf(config)
    const id = await leaveInTheMiddle(config, ['$bob.example/tips', origin])
    const { stdout } = await stage.wallet(['resume', '--json'], environment)
    expect(linesOf(stdout)).toMatchObject([{ kind: 'unfinished', id, target: '$bob.example/tips' }])
    const resumed = await stage.wallet(['resume', id, '--json'], environment)
    expect(resumed).toMatchObject({ exitCode: 0, stderr: '' })
    expect(linesOf(resumed.stdout).at(-1)).toMatchObject({
      outcome: 'complete',
      sent: { amount: '10000' },
      delivered: { amount: '920000' },
    })
    expect(before - (await balanceOf(config))).toBe(10_000n)
    const payments = new UnfinishedPayments(config)
    expect(payments.list()).toEqual([])
    expect(() => payments.take(id)).toThrow(/there is no unfinished payment/)
  })

  it('ends not with 0 where less was paid than asked for, and tells exactly what', async () => {
    const { stdout, stderr, exitCode } = await pay([...here(), '--amount', '2000', '--json'])
    expect(exitCode).toBe(1)
    const { outcome, sent } = linesOf(stdout)[1] as { outcome: string; sent: { amount: string } }
    expect(outcome).not.toBe('complete')
    expect(BigInt(sent.amount)).toBeLessThan(200_000n)
    expect(stderr).toMatch(
      /^hourglass: not all was paid: .*T04, insufficient liquidity.*; hourglass resume \w+ goes on/,
    )
    const balance = await stage.wallet(['balance', '--json'], { HOURGLASS_LINK: links.alice })
    const { balance: owed } = JSON.parse(balance.stdout) as { balance: string }
    expect(BigInt(owed)).toBeGreaterThanOrEqual(-100_000n)
  })

  it('tells of a port that is taken', async () => {
    const { port } = new URL(origin)
    const environment = { HOURGLASS_LINK: links.alice, HOURGLASS_STATE: join(stage.directory, 'alice') }
    const outcome = await stage.wallet(['receive', '--port', port], environment)
    expect(complaint(outcome, 1)).toMatch(/cannot listen on .*another program listens there/)
  })

  it('keeps its secret readable by its user alone, and across restarts', async () => {
    const file = join(stage.directory, 'bob', 'server-secret')
    const secret = readFileSync(file, 'utf8')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const { exitCode, stdout, stderr } = await receiver.stop('SIGINT')
    expect(exitCode).toBe(0)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ kind: 'stopped' })
    expect(stdout).not.toContain(secret.trim())
    const again = stage.startWallet(['receive', '--port', '0'], {
      HOURGLASS_LINK: links.bob,
      HOURGLASS_STATE: join(stage.directory, 'bob'),
    })
    expect(await again.line((line) => line.startsWith('Receiving'))).toContain('$localhost in EUR')
    const ended = await again.stop('SIGTERM')
    expect(ended.exitCode).toBe(0)
    expect(ended.stdout).toMatch(/Received +0\.00 EUR in 0 payments\n$/)
    expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(secret)
  })
})
