/** Ledger plugins as accounts of our connectors: npm's for packets, one of ours that moves money. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { RunningConnector } from '@hourglass/connector-app'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type AccountInput,
  HOST,
  addressOf,
  childOf,
  cleanups,
  dispose,
  isUp,
  pay,
  server,
  startNode,
} from './one-connector.ts'
import { type OurEnd, connectOurEnd } from './our-end.ts'
import { serve } from './packets.ts'
import { PairPlugin } from './pair-plugin.ts'

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await wait(5)
}

afterEach(dispose)

/** The peer's account: what settling has moved, in and out. */
function settled({ node }: RunningConnector): { readonly sent: bigint; readonly received: bigint } {
  for (const account of node.connector.accounts()) {
    if (account.id === 'peer') return account
  }
  throw new Error('there is no peer')
}

describe('interop: ilp-plugin-btp as account of our connector', () => {
  it('carries packets both ways between two connectors (LPI-10, LPI-11, LPI-13)', async () => {
    const bolt = await startNode('bolt', 'bob', server('between'))
    const url = `btp+ws://peer:between@${HOST}:${bolt.port ?? 0}`
    const acme = await startNode('acme', 'alice', {
      link: { kind: 'plugin', module: 'ilp-plugin-btp', secretOptions: JSON.stringify({ server: url }) },
    })
    const [alice, bob] = [await childOf(acme, 'alice'), await childOf(bolt, 'bob')]
    await until(() => isUp(acme) && isUp(bolt))
    expect(await pay(alice, 'test.bolt.bob', '700')).toBe('700')
    expect(await pay(bob, 'test.acme.alice', '300')).toBe('300')
    expect(await pay(alice, 'test.bolt.nobody', '1')).toBe('F02')
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

describe('interop: ilp-plugin-mini-accounts as account of our connector', () => {
  it('gets its address from the connector while it connects, and gives children theirs', async () => {
    const server = createServer().listen(0, HOST)
    await once(server, 'listening')
    server.listen = () => server
    const acme = await startNode('acme', 'alice', {
      relation: 'child',
      link: {
        kind: 'plugin',
        module: 'ilp-plugin-mini-accounts',
        options: { wsOpts: { server }, generateAccount: true },
      },
    })
    const alice = await childOf(acme, 'alice')
    await until(() => isUp(acme))
    const url = `ws://${HOST}:${(server.address() as AddressInfo).port}/`
    const { end: mini, close } = connectOurEnd({ url, username: '', token: 'hush' })
    cleanups.push(close)
    mini.serve = serve
    await mini.up()
    const address = await addressOf(mini)
    expect(address).toMatch(/^test\.acme\.peer\.[\w-]{43}$/)
    expect(await pay(mini, 'test.acme.alice', '700')).toBe('700')
    expect(await pay(alice, address, '300')).toBe('300')
  })
})

describe('interop: ilp-plugin-http as account of our connector', () => {
  it('carries packets both ways between two connectors', async () => {
    const listener = createTcpServer((socket) => socket.destroy()).listen(0, HOST)
    await once(listener, 'listening')
    const url = `http://${HOST}:${(listener.address() as AddressInfo).port}/ilp`
    const bolt = await startNode('bolt', 'bob', {
      link: { kind: 'http', url, token: 'to-acme', peerTokens: ['to-bolt'] },
    })
    const acme = await startNode('acme', 'alice', {
      link: {
        kind: 'plugin',
        module: 'ilp-plugin-http',
        options: {
          // It takes over where that listens.
          incoming: { port: listener, staticToken: 'to-acme' },
          outgoing: { url: `http://${HOST}:${bolt.port ?? 0}/ilp`, staticToken: 'to-bolt', name: 'acme' },
        },
      },
    })
    const [alice, bob] = [await childOf(acme, 'alice'), await childOf(bolt, 'bob')]
    await until(() => isUp(acme) && isUp(bolt))
    expect(await pay(alice, 'test.bolt.bob', '700')).toBe('700')
    expect(await pay(bob, 'test.acme.alice', '300')).toBe('300')
    expect(await pay(alice, 'test.bolt.nobody', '1')).toBe('F02')
    expect(await pay(bob, 'test.acme.nobody', '1')).toBe('F02')
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
    expect(await pay(alice, 'test.bolt.bob', '999')).toBe('999')
    expect(await pay(alice, 'test.bolt.bob', '501')).toBe('501')
    await until(() => settled(acme).sent === 1500n && settled(bolt).received === 1500n)
    return { acme, alice }
  }

  it('pays what is owed, and both sides say the same', async () => {
    await peering()
  })

  it('pays no more once the outcome of a payment is unknown, until the operator has decided', async () => {
    const { acme, alice } = await peering()
    PairPlugin.all.get('acme')!.failsAfterPaying = true
    expect(await pay(alice, 'test.bolt.bob', '2000')).toBe('2000')
    await until(() => acme.node.reportSettlement('peer')?.['unknownAmount'] === 2000n)
    PairPlugin.all.get('acme')!.failsAfterPaying = false
    expect(await pay(alice, 'test.bolt.bob', '3000')).toBe('3000')
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
