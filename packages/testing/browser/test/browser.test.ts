/** A page in a real browser, over BTP to the connector app, with our wallet at the other end. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningConnector, checkConfig, startConnector } from '@hourglass/connector-app'
import { decodeHex, encodeHex } from '@hourglass/oer'
import { openWallet } from '@hourglass/wallet'
import { afterEach, expect, it } from 'vitest'
import { bundlePage } from './bundle.ts'
import { Chromium } from './chromium.ts'
import { PageServer } from './page-server.ts'

const directory = mkdtempSync(join(tmpdir(), 'hourglass-browser-'))

/** Undone after the test, last first. */
const cleanups: (() => unknown)[] = [() => rmSync(directory, { recursive: true })]
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** Takes pages of that origin; its packets are so small that payments take some. */
async function startNode(origin: string): Promise<RunningConnector> {
  const child = (id: string): object => ({
    id,
    relation: 'child',
    asset: { code: 'USD', scale: 6 },
    link: { kind: 'btp-server', token: `${id}-token` },
    balance: { max: '1000000000' },
    packetAmountMax: '1000',
  })
  const config = {
    address: 'test.node',
    data: join(directory, 'node'),
    durability: 'process',
    listen: { port: 0, origins: [origin] },
    accounts: [child('page'), child('bob')],
    logLevel: 'silent',
  }
  return startConnector(checkConfig(config, directory))
}

it('pays and is paid in a web page, exactly', { timeout: 180_000 }, async () => {
  const page = await PageServer.start(await bundlePage())
  cleanups.push(() => page.close())
  const node = await startNode(page.origin)
  cleanups.push(() => node.stop())
  const url = `ws://127.0.0.1:${node.port ?? 0}/`
  const bob = await openWallet({ url, username: 'bob', token: 'bob-token', state: join(directory, 'bob') })
  cleanups.push(() => bob.close())
  let received = 0n
  const { destination, sharedSecret } = bob
    .receive((event) => {
      received = event.total
    })
    .credentials()
  page.orders = {
    seat: { url, username: 'page', token: 'page-token' },
    payee: { destination, sharedSecretHex: encodeHex(sharedSecret) },
    send: '25000',
  }
  const chromium = await Chromium.open(page.origin)
  cleanups.push(() => chromium.close())
  const ended = chromium.ended().then((how) => {
    throw new Error(how)
  })

  const paid = await Promise.race([page.hear('paid'), ended])
  expect(paid).toEqual({ kind: 'paid', outcome: 'complete', sent: '25000', delivered: '25000' })
  expect(received).toBe(25_000n)

  const { payee } = await Promise.race([page.hear('receiving'), ended])
  const credentials = {
    destination: payee.destination,
    sharedSecret: decodeHex(payee.sharedSecretHex)!,
  }
  const payment = bob.payment({ credentials, payment: { amount: { send: 15_000n } } })
  expect(await payment.quote()).toMatchObject({ asset: { assetCode: 'USD', assetScale: 6 } })
  expect(await payment.pay()).toMatchObject({
    end: { kind: 'complete' },
    sent: 15_000n,
    delivered: 15_000n,
  })
  await Promise.race([page.hear('received', ({ total }) => total === '15000'), ended])
})
