/** Nodes that are run by daemons, over stand-ins for them: what all nodes must do, and what goes wrong between. */
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import { MemoryJournal } from '@hourglass/journal'
import type { Keysend, LightningNode, PaymentEnd } from '@hourglass/lightning'
import type { ClnOptions, LightningError, LndOptions } from '@hourglass/lightning/io'
import { UsageError } from '@hourglass/sansio'
import {
  AUTHORITY_CERTIFICATE,
  type Identity,
  OTHER_CERTIFICATE,
  SIGNED_FOR_ELSEWHERE,
  SIGNED_FOR_HERE,
} from './daemons/certificates.ts'
import { type DaemonKind, type DaemonParty, openDaemon, openNode, restart } from './daemons/rig.ts'
import { DaemonServer, type Reply } from './daemons/server.ts'
import { nodeSuite } from './node-suite.ts'
import { BREATH_MS, Rig, outboundMsat } from './rig.ts'

nodeSuite('a node run by LND', async (rig) => {
  const parties = { alice: await openDaemon(rig, 'alice', 'LND'), bob: await openDaemon(rig, 'bob', 'LND') }
  return {
    ...parties,
    restart: (peer) => restart(rig, peer === parties.alice ? parties.alice : parties.bob),
    ...{ canHold: true, showsOctets: true },
  }
})

nodeSuite('a node run by Core Lightning', async (rig) => {
  const parties = {
    alice: await openDaemon(rig, 'alice', 'Core Lightning'),
    bob: await openDaemon(rig, 'bob', 'Core Lightning'),
  }
  return {
    ...parties,
    restart: (peer) => restart(rig, peer === parties.alice ? parties.alice : parties.bob),
    ...{ canHold: false, showsOctets: false },
  }
})

describe.each<DaemonKind>(['LND', 'Core Lightning'])('a node run by %s, when things go wrong', (kind) => {
  let rig: Rig
  let alice: DaemonParty
  let bob: DaemonParty
  beforeAll(async () => {
    rig = await Rig.start()
    alice = await openDaemon(rig, 'alice', kind)
    bob = await openDaemon(rig, 'bob', kind)
    await rig.fund(alice, bob)
    await rig.openChannel(alice, bob)
  }, 120_000)
  afterAll(async () => rig.stop())

  async function payment(amountMsat: bigint): Promise<Keysend> {
    const { nodeId } = await bob.node.info()
    return { nodeId, amountMsat, preimage: randomBytes(32), records: [] }
  }
  /** As whoever settles does: again, for as long as the outcome is not known. */
  async function pay(keysend: Keysend): Promise<PaymentEnd> {
    for (;;) {
      try {
        return await alice.node.keysend(keysend)
      } catch (error) {
        expect(error).toMatchObject({ code: 'unavailable' })
      }
      await wait(BREATH_MS)
    }
  }

  it('draws no new address for each look at it', async () => {
    expect(await alice.node.address()).toBe(await alice.node.address())
    const drawn = alice.server.calls.filter((route) => route.endsWith('/newaddr'))
    expect(drawn.length).toBe(kind === 'LND' ? 0 : 1)
  })

  it('pays once though each first answer is lost', async () => {
    const [before, received] = [await outboundMsat(alice), (await bob.node.receipts()).length]
    const lost = new Set<string>()
    alice.server.loses = (route) => {
      const isFirst = !lost.has(route)
      lost.add(route)
      return isFirst
    }
    expect(await pay(await payment(3_000_000n))).toMatchObject({ kind: 'sent' })
    alice.server.loses = () => false
    expect(lost.size).toBeGreaterThan(1)
    await rig.until(async () => (await bob.node.receipts()).length === received + 1)
    await rig.until(async () => before - (await outboundMsat(alice)) === 3_000_000n)
  })

  it('pays and credits once though lines break all the time', async () => {
    const [before, received] = [await outboundMsat(alice), (await bob.node.receipts()).length]
    const payments = await Promise.all([1n, 2n, 3n, 4n].map((each) => payment(each * 1_000_000n)))
    const paying = new Set(payments)
    const ends = Promise.all(payments.map((each) => pay(each).finally(() => paying.delete(each))))
    // Often enough to meet most of them, and seldom enough to let one through.
    for (let pauseMs = BREATH_MS; paying.size > 0; pauseMs *= 1.5) {
      for (const { server } of [alice, bob]) server.dropConnections()
      await wait(pauseMs)
    }
    expect((await ends).map((end) => end.kind)).toEqual(['sent', 'sent', 'sent', 'sent'])
    await rig.until(async () => (await bob.node.receipts()).length === received + 4)
    await rig.until(async () => before - (await outboundMsat(alice)) === 10_000_000n)
    const told = bob.events.filter((event) => event.kind === 'received').map(({ receipt }) => receipt.index)
    expect(new Set(told).size).toBe(told.length)
  })

  it('hears in another life how a payment of the last one has ended', async () => {
    const [before, received] = [await outboundMsat(alice), (await bob.node.receipts()).length]
    const keysend = await payment(7_000_000n)
    const journal = await openSqliteJournal({ file: ':memory:', durability: 'process' })
    const first = await openNode(kind, { url: alice.server.url, journal })
    alice.server.loses = (route) => /POST .*\/(router\/send|sendonion)$/.test(route)
    await expect(first.keysend(keysend)).rejects.toMatchObject({ code: 'unavailable' })
    alice.server.loses = () => false
    await first.close()
    await journal.close()
    expect(await pay(keysend)).toMatchObject({ kind: 'sent' })
    await rig.until(async () => (await bob.node.receipts()).length === received + 1)
    await rig.until(async () => before - (await outboundMsat(alice)) === 7_000_000n)
  })

  it('takes no refusal to tell the end of a payment for its end', async () => {
    const received = (await bob.node.receipts()).length
    const keysend = await payment(8_000_000n)
    let asked = 0
    alice.server.refuses = (route) => /router\/track|waitsendpay/.test(route) && asked++ > 0
    alice.server.loses = (route) => route.includes('router/send')
    const ends = [alice.node.keysend(keysend), alice.node.keysend(keysend)]
    for (const end of await Promise.allSettled(ends)) expect(end).toMatchObject({ status: 'rejected' })
    await expect(alice.node.keysend(keysend)).rejects.toMatchObject({ code: 'unavailable' })
    alice.server.refuses = () => false
    alice.server.loses = () => false
    expect(await pay(keysend)).toMatchObject({ kind: 'sent' })
    await rig.until(async () => (await bob.node.receipts()).length === received + 1)
  })

  it('opens one channel though the answer is lost', async () => {
    const count = async (): Promise<number> => (await alice.node.channels()).length
    const channels = await count()
    const order = { peerId: (await bob.node.info()).nodeId, capacitySat: 100_000n }
    alice.server.loses = (route) => /POST .*\/(channels|fundchannel)$/.test(route)
    await expect(alice.node.openChannel(order)).rejects.toMatchObject({ code: 'unavailable' })
    alice.server.loses = () => false
    await rig.until(async () => (await count()) === channels + 1)
    await alice.node.openChannel(order)
    expect(await count()).toBe(channels + 1)
  })

  it('catches up with what came in while it was away, and tells none of it twice', async () => {
    const before = await bob.node.receipts()
    const payments = [await payment(5_000_000n), await payment(6_000_000n)]
    await bob.server.stop()
    for (const each of payments) await alice.node.keysend(each)
    await bob.server.start()
    await rig.until(async () => (await bob.node.receipts()).length === before.length + 2)
    const all = await bob.node.receipts()
    expect(all.slice(before.length).map(({ amountMsat }) => amountMsat)).toEqual([5_000_000n, 6_000_000n])

    await bob.node.forgetReceipts(before.map(({ index }) => index))
    const again = await openNode(kind, { url: bob.server.url, journal: bob.journal })
    expect(await again.receipts()).toEqual(all.slice(before.length))
    await again.close()
  })

  it('leaves alone what came in before its journal, but for what it is told to take', async () => {
    const journal = await openSqliteJournal({ file: ':memory:', durability: 'process' })
    const open = (options: object): Promise<LightningNode> =>
      openNode(kind, { url: bob.server.url, journal, ...options })
    const fresh = await open({})
    expect(await fresh.receipts()).toEqual([])
    await fresh.close()
    await journal.close()

    const other = await openSqliteJournal({ file: ':memory:', durability: 'process' })
    const { index } = (await bob.node.receipts()).at(-1)!
    const node = await open({ journal: other, receiptsFrom: index - 1 })
    await rig.until(async () => (await node.receipts()).at(0)?.index === index)
    await node.close()
    await other.close()
  })

  it('says what is wrong with certificate, credentials and network, and no secret', async () => {
    const { journal } = alice
    const { url } = alice.server
    const opened = (options: Partial<LndOptions & ClnOptions>): Promise<unknown> =>
      openNode(kind, { url, journal, ...options }).catch((error: unknown) => error)
    const secret = 'ab'.repeat(40)
    const refused = await opened({ macaroon: secret, rune: secret })
    expect(refused).toMatchObject({ code: 'unauthorized' })
    expect(inspect(refused, { depth: 10 })).not.toContain(secret)
    expect(await opened({ tlsCertificate: OTHER_CERTIFICATE })).toMatchObject({ code: 'wrong-certificate' })
    expect(await opened({ tlsCertificate: undefined })).toMatchObject({ code: 'wrong-certificate' })
    expect(await opened({ network: 'bitcoin' })).toMatchObject({ code: 'wrong-network' })
    expect(await opened({ url: 'https://127.0.0.1:1' })).toMatchObject({ code: 'unavailable' })
    expect(await opened({ tlsCertificate: 'none' })).toBeInstanceOf(UsageError)
    expect(await opened({ url: 'http://example.org' })).toBeInstanceOf(UsageError)
    expect(await opened({ macaroon: 'no hex', rune: 'two\nlines' })).toBeInstanceOf(UsageError)
  })
})

describe('a daemon whose certificate an authority has signed', () => {
  /** What comes of it: `unauthorized` where the certificate is taken. */
  async function outcome(identity: Identity, tlsCertificate: string): Promise<string> {
    const refuse = (_call: unknown, reply: Reply): Promise<void> => {
      reply.send(401, { code: 1502, message: 'Rune is not valid' })
      return Promise.resolve()
    }
    const server = new DaemonServer(refuse, identity)
    await server.start()
    const opening = openNode('Core Lightning', {
      url: server.url,
      journal: new MemoryJournal(),
      tlsCertificate,
    })
    const error: unknown = await opening.catch((reason: unknown) => reason)
    await server.stop()
    return (error as LightningError).code
  }

  it('is taken by the authority for the name that is signed, or by itself for any', async () => {
    expect(await outcome(SIGNED_FOR_HERE, AUTHORITY_CERTIFICATE)).toBe('unauthorized')
    expect(await outcome(SIGNED_FOR_ELSEWHERE, SIGNED_FOR_ELSEWHERE.cert)).toBe('unauthorized')
    expect(await outcome(SIGNED_FOR_ELSEWHERE, AUTHORITY_CERTIFICATE)).toBe('wrong-certificate')
    expect(await outcome(SIGNED_FOR_HERE, SIGNED_FOR_ELSEWHERE.cert)).toBe('wrong-certificate')
  })
})
