/** Lightning as a settlement: the face's own suite, over real nodes on a real chain. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import { type LightningAction, LightningSettlement } from '@hourglass/lightning'
import { connectLightning } from '@hourglass/lightning/io'
import { type SettlementFixture, type SettlementLife, settlementSuite } from '@hourglass/link/testing'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { openDaemon } from './daemons/rig.ts'
import { BREATH_MS, type Peer, Rig } from './rig.ts'

const ACCOUNT_SCALE = 9
/** 100,000 satoshi. */
const UNIT = 1_000_000n
const BASE_UNITS_PER_SAT = 10n
const CHANNEL_SAT = 1_000_000n
/** A block each so many breaths. */
const BREATHS_PER_BLOCK = 4

settlementSuite('Lightning', () => fixture((rig, name) => rig.open(name)))

settlementSuite('Lightning between LND and Core Lightning', () =>
  fixture((rig, name) => openDaemon(rig, name, name === 'alice' ? 'LND' : 'Core Lightning')),
)

async function fixture(open: (rig: Rig, name: 'alice' | 'bob') => Promise<Peer>): Promise<SettlementFixture> {
  const rig = await Rig.start()
  const directory = mkdtempSync(join(tmpdir(), 'settlement-'))
  const [alice, bob] = await Promise.all([open(rig, 'alice'), open(rig, 'bob')])
  const parties = { alice, bob }
  const secrets = { alice: randomBytes(32), bob: randomBytes(32) }
  await rig.fund(alice, bob)
  let breaths = 0
  return {
    unit: UNIT,
    async advance() {
      await wait(BREATH_MS)
      if (++breaths % BREATHS_PER_BLOCK === 0) await rig.chain.mine()
    },
    holds: async (name) => (await parties[name].node.walletSat()) * BASE_UNITS_PER_SAT,
    async begin(name): Promise<SettlementLife> {
      const { node } = parties[name]
      const file = join(directory, `${name}.sqlite`)
      const journal = await openSqliteJournal({ file, durability: 'process' })
      const settlement = new LightningSettlement({
        account: 'peering',
        accountScale: ACCOUNT_SCALE,
        network: 'regtest',
        address: await node.info(),
        secret: secrets[name],
        rng: nodeRng,
        crypto: nodeCrypto,
        channelSat: CHANNEL_SAT,
        budgetSat: 2n * CHANNEL_SAT,
      })
      settlement.restore(await journal.load(''))
      let tell: (event: unknown) => void = () => undefined
      const session = connectLightning({ node, listener: (event) => tell(event) })
      return {
        settlement,
        journal,
        perform: (action) => session.perform(action as LightningAction),
        listen(listener) {
          tell = listener
        },
        async close() {
          session.close()
          await journal.close()
        },
      }
    },
    async dispose() {
      await rig.stop()
      await rm(directory, { recursive: true })
    },
  }
}
