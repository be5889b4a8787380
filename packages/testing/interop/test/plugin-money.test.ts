/** A link and a settlement of ours as one ledger plugin: sendMoney by payment channels, claims over the same link. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ChannelSettlement } from '@hourglass/channel'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import { type LedgerAction, MemoryLedger } from '@hourglass/ledger'
import { MemoryLink, type MemoryWire } from '@hourglass/link'
import { LinkPlugin, type MoneyParts } from '@hourglass/plugin/io'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { afterEach, expect, it } from 'vitest'
import { cleanups, dispose } from './one-connector.ts'

afterEach(dispose)

type Name = 'alice' | 'bob'

/** What outlives the plugins: the ledger, and a directory with their journals. */
interface World {
  readonly ledger: MemoryLedger
  readonly directory: string
}

function makeWorld(): World {
  const ledger = new MemoryLedger()
  for (const name of ['alice', 'bob']) ledger.mint(name, 10n ** 12n)
  const directory = mkdtempSync(join(tmpdir(), 'hourglass-plugin-money-'))
  cleanups.push(() => rmSync(directory, { recursive: true }))
  const running = setInterval(() => ledger.run(), 1)
  cleanups.push(() => clearInterval(running))
  return { ledger, directory }
}

/** Channels between the two, and a journal that is closed in the end. */
async function openMoney({ ledger: shared, directory }: World, name: Name): Promise<MoneyParts> {
  const ledger = shared.open(name)
  const journal = await openSqliteJournal({ file: join(directory, `${name}.sqlite`), durability: 'process' })
  cleanups.push(() => journal.close())
  const records = await journal.load('')
  const settlement = new ChannelSettlement({
    ...{ account: 'peer', accountScale: 6, deposit: 10_000_000n, rng: nodeRng, crypto: nodeCrypto },
    ...{ ledgerName: ledger.name, ledgerAccount: ledger.account, ledgerScale: ledger.assetScale('native') },
    ...{ scheme: ledger.scheme, asset: 'native', settleDelayMs: 86_400_000, settleDelayMsMin: 3_600_000 },
  })
  settlement.restore(records)
  let hear: (event: unknown) => void = () => undefined
  const session = ledger.connect((event) => hear(event))
  cleanups.push(() => session.close())
  return {
    ...{ account: 'peer', settlement, journal, records },
    perform: (action) => session.perform(action as LedgerAction),
    listen: (listener) => void (hear = listener),
  }
}

/** Two plugins, and a way between them that is open once both are connected. */
async function connectPair(world: World): Promise<Record<Name, LinkPlugin>> {
  const ends = new Map<Name, (wire: MemoryWire) => void>()
  const make = async (name: Name, peer: Name): Promise<LinkPlugin> =>
    new LinkPlugin({
      link: new MemoryLink(),
      money: await openMoney(world, name),
      open(receive) {
        ends.set(name, receive)
        if (ends.size === 2) for (const each of ends.values()) each({ kind: 'opened' })
        return {
          send: (wire) => void setImmediate(() => ends.get(peer)?.(wire as MemoryWire)),
          close: () => Promise.resolve(),
        }
      },
    })
  const pair = { alice: await make('alice', 'bob'), bob: await make('bob', 'alice') }
  await Promise.all([pair.alice.connect(), pair.bob.connect()])
  return pair
}

/** Counts what the plugin says came in. */
function count(plugin: LinkPlugin): { sum: bigint } {
  const counter = { sum: 0n }
  plugin.registerMoneyHandler((amount) => {
    counter.sum += BigInt(amount)
    return Promise.resolve()
  })
  return counter
}

it('pays by channels what sendMoney orders, and tells each amount once, over restarts (LPI-12, LPI-17)', async () => {
  const world = makeWorld()
  const { alice, bob } = await connectPair(world)
  const [atAlice, atBob] = [count(alice), count(bob)]
  await Promise.all([alice.sendMoney('1500'), alice.sendMoney('500'), bob.sendMoney('70')])
  while (atBob.sum !== 2000n || atAlice.sum !== 70n) await wait(1)
  await Promise.all([alice.disconnect(), bob.disconnect()])
  // The journals and sessions of this life; the world stays.
  for (const cleanup of cleanups.splice(2).toReversed()) await cleanup()

  const next = await connectPair(world)
  const [atAliceNow, atBobNow] = [count(next.alice), count(next.bob)]
  await next.alice.sendMoney('30')
  await next.bob.sendMoney('5')
  while (atBobNow.sum < 30n || atAliceNow.sum < 5n) await wait(1)
  expect([atBobNow.sum, atAliceNow.sum]).toEqual([30n, 5n])
  await Promise.all([next.alice.disconnect(), next.bob.disconnect()])
})
