/** Payment channels as a settlement, by one engine: on a ledger in memory, an EVM chain and an XRP Ledger. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ChannelSettlement } from '@hourglass/channel'
import { DEV_ACCOUNTS, type DevChain, startDevChain } from '@hourglass/evm-devchain'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import { type Ledger, type LedgerAction, MemoryLedger } from '@hourglass/ledger'
import { connectEvm, deployPayChan } from '@hourglass/ledger-evm/io'
import { connectXrpl } from '@hourglass/ledger-xrpl/io'
import { type SettlementFixture, type SettlementLife, settlementSuite } from '@hourglass/link/testing'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { type XrplStandalone, startXrplStandalone } from '@hourglass/xrpl-standalone'
import { Wallet } from 'xrpl'
import { afterAll, beforeAll } from 'vitest'

const ACCOUNT_SCALE = 6
const UNIT = 1_000_000n
const SETTLE_DELAY_MS = 86_400_000
const PAUSE_MS = 10

type Name = 'alice' | 'bob'

/** Where the two meet. */
interface Meeting {
  /** The ledger as one of them sees it. */
  readonly open: (name: Name) => Promise<Ledger>
  readonly advance: () => Promise<void>
}

/** Peerings so far: each is of its own account, so that none sees the channels of another. */
let peerings = 0

function fixtureAt({ open, advance }: Meeting): SettlementFixture {
  const directory = mkdtempSync(join(tmpdir(), 'settlement-'))
  const account = `peering-${++peerings}`
  const ledgers = new Map<Name, Ledger>()
  return {
    unit: UNIT,
    advance,
    async holds(name) {
      const ledger = ledgers.get(name)!
      return (await ledger.balance('native')) / 10n ** BigInt(ledger.assetScale('native') - ACCOUNT_SCALE)
    },
    async begin(name): Promise<SettlementLife> {
      const ledger = await open(name)
      ledgers.set(name, ledger)
      const journal = await openSqliteJournal({
        file: join(directory, `${name}.sqlite`),
        durability: 'process',
      })
      const ledgerScale = ledger.assetScale('native')
      const settlement = new ChannelSettlement({
        account,
        accountScale: ACCOUNT_SCALE,
        ledgerName: ledger.name,
        ledgerAccount: ledger.account,
        ledgerScale,
        scheme: ledger.scheme,
        asset: 'native',
        rng: nodeRng,
        crypto: nodeCrypto,
        // So that some of what is settled makes it be filled up.
        deposit: 3n * UNIT * 10n ** BigInt(ledgerScale - ACCOUNT_SCALE),
        settleDelayMs: SETTLE_DELAY_MS,
        settleDelayMsMin: SETTLE_DELAY_MS,
      })
      settlement.restore(await journal.load(''))
      let tell: (event: unknown) => void = () => undefined
      const session = ledger.connect((event) => tell(event))
      return {
        settlement,
        journal,
        perform: (action) => session.perform(action as LedgerAction),
        listen(listener) {
          tell = listener
        },
        async close() {
          session.close()
          await journal.close()
          await ledger.close()
        },
      }
    },
    dispose: async () => rm(directory, { recursive: true }),
  }
}

settlementSuite('Channels in memory', async () => {
  const ledger = new MemoryLedger()
  for (const name of ['alice', 'bob']) ledger.mint(name, 10n ** 11n)
  const open = (name: Name): Ledger => ({
    ...ledger.open(name),
    balance: async () => Promise.resolve(ledger.balanceOf(name)),
    close: async () => Promise.resolve(),
  })
  return Promise.resolve(
    fixtureAt({
      open: async (name) => Promise.resolve(open(name)),
      advance: async () => {
        ledger.run()
        await wait(1)
      },
    }),
  )
})

let chain: DevChain
let server: XrplStandalone
let contract: string
const wallets = { alice: Wallet.generate(), bob: Wallet.generate() }

beforeAll(async () => {
  chain = await startDevChain()
  contract = await deployPayChan({ rpcUrl: chain.url, privateKey: DEV_ACCOUNTS[2].privateKey })
  server = await startXrplStandalone({ closeMs: PAUSE_MS })
  for (const { classicAddress } of Object.values(wallets)) server.fund(classicAddress, 10n ** 10n)
  server.closeLedger()
})
afterAll(async () => {
  await chain.stop()
  await server.stop()
})

settlementSuite('Channels on an EVM chain', async () => {
  const keys = { alice: DEV_ACCOUNTS[0].privateKey, bob: DEV_ACCOUNTS[1].privateKey }
  const options = { rpcUrl: chain.url, contract, confirmations: 1, pollMs: PAUSE_MS }
  return Promise.resolve(
    fixtureAt({
      open: async (name) => connectEvm({ ...options, privateKey: keys[name] }),
      advance: async () => wait(PAUSE_MS),
    }),
  )
})

settlementSuite('Channels on an XRP Ledger', async () =>
  Promise.resolve(
    fixtureAt({
      open: async (name) => connectXrpl({ url: server.url, secret: wallets[name].seed! }),
      advance: async () => wait(PAUSE_MS),
    }),
  ),
)
