/** Ledger plugins as accounts of our connectors: ilp-plugin-btp 1.5.0 for packets, one of ours that moves money. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import {
  type ConfigInput,
  type RunningConnector,
  checkConfig,
  startConnector,
} from '@hourglass/connector-app'
import { now } from '@hourglass/sansio/io'
import { deserializeIlpReply, serializeIlpFulfill, serializeIlpPrepare } from 'ilp-packet'
import { afterEach, describe, expect, it } from 'vitest'
import { type OurEnd, connectOurEnd } from './our-end.ts'
import { PairPlugin } from './pair-plugin.ts'

const HOST = '127.0.0.1'
const FULFILLMENT = Buffer.alloc(32, 9)
const CONDITION = createHash('sha256').update(FULFILLMENT).digest()

/** Undone after each test, last first. */
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

type AccountInput = ConfigInput['accounts'][number]

/** A connector `test.NAME` with a child and one peer; modules of plugins are those that this package has. */
async function startNode(
  name: string,
  child: string,
  peer: Partial<AccountInput>,
): Promise<RunningConnector> {
  const data = mkdtempSync(join(tmpdir(), 'hourglass-plugins-'))
  cleanups.push(() => rmSync(data, { recursive: true }))
  const asset = { code: 'USD', scale: 6 }
  const connector = await startConnector(
    checkConfig(
      {
        address: `test.${name}`,
        ...{ data, plugins: import.meta.dirname, durability: 'process', listen: { port: 0 } },
        ...{ admin: { port: 0 }, logLevel: 'silent' },
        accounts: [
          { ...server(child), id: child, relation: 'child', asset, balance: { max: '1000000' } },
          { id: 'peer', relation: 'peer', asset, balance: { max: '1000000' }, ...peer },
        ],
        routes: [{ prefix: '', account: 'peer' }],
      },
      name,
    ),
  )
  cleanups.push(() => connector.stop())
  return connector
}

function server(token: string): Pick<AccountInput, 'link'> {
  return { link: { kind: 'btp-server', token } }
}

/** The child of that name. */
async function childOf(connector: RunningConnector, name: string): Promise<OurEnd> {
  const url = `ws://${HOST}:${connector.port ?? 0}/`
  const { end, close } = connectOurEnd({ url, username: name, token: name })
  cleanups.push(close)
  await end.up()
  end.serve = () => serializeIlpFulfill({ fulfillment: FULFILLMENT, data: Buffer.alloc(0) })
  return end
}

/** Whether it was fulfilled. */
async function pay(from: OurEnd, destination: string, amount: string): Promise<boolean> {
  const expiresAt = new Date(now() + 30_000)
  const answer = await from.ask(
    serializeIlpPrepare({
      amount,
      expiresAt,
      executionCondition: CONDITION,
      destination,
      data: Buffer.alloc(0),
    }),
  )
  if (!('body' in answer)) throw new Error(`no answer: ${answer.failure}`)
  return 'fulfillment' in deserializeIlpReply(Buffer.from(answer.body))
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await wait(5)
}

function isUp({ node }: RunningConnector): boolean {
  return [...node.connector.accounts()].some(({ id, up }) => id === 'peer' && up)
}

/** The peer's account: what settling has moved, in and out. */
function settled({ node }: RunningConnector): { readonly sent: bigint; readonly received: bigint } {
  for (const account of node.connector.accounts()) {
    if (account.id === 'peer') return account
  }
  throw new Error('there is no peer')
}

describe('ilp-plugin-btp as the link of an account', () => {
  it('carries packets both ways between two connectors (LPI-10, LPI-11, LPI-13)', async () => {
    const bolt = await startNode('bolt', 'bob', server('between'))
    const url = `btp+ws://peer:between@${HOST}:${bolt.port ?? 0}`
    const acme = await startNode('acme', 'alice', {
      link: { kind: 'plugin', module: 'ilp-plugin-btp', secretOptions: JSON.stringify({ server: url }) },
    })
    const [alice, bob] = [await childOf(acme, 'alice'), await childOf(bolt, 'bob')]
    await until(() => isUp(acme) && isUp(bolt))
    expect(await pay(alice, 'test.bolt.bob', '700')).toBe(true)
    expect(await pay(bob, 'test.acme.alice', '300')).toBe(true)
    expect(await pay(alice, 'test.bolt.nobody', '1')).toBe(false)
  })

  it('keeps a connector from starting where its options are none', async () => {
    await expect(
      startNode('acme', 'alice', {
        link: { kind: 'plugin', module: 'ilp-plugin-btp', options: { server: 'http://no-btp' } },
      }),
    ).rejects.toThrow('account peer: the plugin refuses to be made: server must start with "btp+"')
  })

  it('keeps a connector from starting where there is no such module', async () => {
    await expect(
      startNode('acme', 'alice', { link: { kind: 'plugin', module: 'ilp-plugin-of-nobody' } }),
    ).rejects.toThrow(/account peer: the plugin ilp-plugin-of-nobody is not installed in .*/)
  })
})

describe('a plugin that moves money as the settlement of an account', () => {
  async function peering(): Promise<{ acme: RunningConnector; alice: OurEnd }> {
    const terms = (name: string, peer: string): Partial<AccountInput> => ({
      link: { kind: 'plugin', module: './pair-plugin.ts', options: { name, peer } },
      balance: { max: '1000000', settleThreshold: '1000' },
      settlement: { kind: 'plugin' },
    })
    const acme = await startNode('acme', 'alice', terms('acme', 'bolt'))
    const bolt = await startNode('bolt', 'bob', terms('bolt', 'acme'))
    const [alice] = [await childOf(acme, 'alice'), await childOf(bolt, 'bob')]
    await until(() => isUp(acme) && isUp(bolt))
    expect(await pay(alice, 'test.bolt.bob', '999')).toBe(true)
    expect(await pay(alice, 'test.bolt.bob', '501')).toBe(true)
    await until(() => settled(acme).sent === 1500n && settled(bolt).received === 1500n)
    return { acme, alice }
  }

  it('pays what is owed, and both sides say the same', async () => {
    await peering()
  })

  it('pays no more once the outcome of a payment is unknown, until the operator has decided', async () => {
    const { acme, alice } = await peering()
    PairPlugin.all.get('acme')!.failsAfterPaying = true
    expect(await pay(alice, 'test.bolt.bob', '2000')).toBe(true)
    await until(() => acme.node.reportSettlement('peer')?.['unknownAmount'] === 2000n)
    PairPlugin.all.get('acme')!.failsAfterPaying = false
    expect(await pay(alice, 'test.bolt.bob', '3000')).toBe(true)
    expect(settled(acme).sent).toBe(1500n)

    const decide = async (body: object): Promise<number> => {
      const url = `http://${HOST}:${acme.adminPort ?? 0}/accounts/peer/payment`
      const headers = { 'content-type': 'application/json' }
      return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).status
    }
    expect(await decide({ isPaid: 'yes' })).toBe(400)
    expect(await decide({ isPaid: true })).toBe(202)
    await until(() => settled(acme).sent === 6500n)
    expect(await decide({ isPaid: false })).toBe(409)
  })
})
