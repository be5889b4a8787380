/** Two channel settlements on a real EVM chain: they open, pay both ways, restart, redeem. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ChannelSettlement } from '@hourglass/channel'
import { DEV_ACCOUNTS, type DevChain, startDevChain } from '@hourglass/evm-devchain'
import type { Journal } from '@hourglass/journal'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import type { Ledger, LedgerEvent, LedgerSession } from '@hourglass/ledger'
import { connectEvm, deployPayChan } from '@hourglass/ledger-evm/io'
import type { SettlementInput } from '@hourglass/link'
import { type Driver, drive, nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { afterAll, beforeAll, expect, it } from 'vitest'

const ETH = 10n ** 18n
const directory = mkdtempSync(join(tmpdir(), 'channel-evm-'))
let chain: DevChain

/** One side: ledger, journal, settlement, all real. */
class Side {
  received = 0n
  sent = 0n
  readonly events: string[] = []
  ledger!: Ledger
  peer!: Side
  #journal!: Journal
  #session!: LedgerSession
  #driver!: Driver<SettlementInput<LedgerEvent>>
  readonly #file: string
  readonly #privateKey: `0x${string}`

  constructor(name: string, privateKey: `0x${string}`) {
    this.#file = join(directory, `${name}.sqlite`)
    this.#privateKey = privateKey
  }

  async start(contract: string): Promise<void> {
    const { url: rpcUrl } = chain
    this.ledger = await connectEvm({
      rpcUrl,
      privateKey: this.#privateKey,
      contract,
      confirmations: 1,
      pollMs: 50,
    })
    this.#journal = await openSqliteJournal({ file: this.#file, durability: 'process' })
    const settlement = new ChannelSettlement({
      account: 'peer',
      accountScale: 9,
      ledgerName: this.ledger.name,
      ledgerAccount: this.ledger.account,
      ledgerScale: 18,
      scheme: this.ledger.scheme,
      asset: 'native',
      rng: nodeRng,
      crypto: nodeCrypto,
      deposit: ETH,
      settleDelayMs: 86_400_000,
      settleDelayMsMin: 86_400_000,
    })
    settlement.restore(await this.#journal.load(''))
    this.#session = this.ledger.connect((event) => this.input({ kind: 'ledger', event }))
    this.#driver = drive(settlement, (output) => {
      switch (output.kind) {
        case 'request':
        case 'reply': {
          const { kind, id, body } = output
          // Ids of requests and replies of either side stand on their own, as on a link.
          setImmediate(() => this.peer.input({ kind, id, body }))
          break
        }
        case 'refuse':
          setImmediate(() => this.peer.input({ kind: 'failed', id: output.id, failure: 'refused' }))
          break
        case 'ledger':
          this.#session.perform(output.action)
          break
        case 'commit':
          this.#journal.commit(output.records, () => this.input({ kind: 'committed', id: output.id }))
          break
        case 'received':
          this.received = output.total
          break
        case 'sent':
          this.sent = output.total
          break
        case 'trace':
          this.events.push(output.event)
          break
      }
    })
    this.input({ kind: 'timeout' })
  }

  input(input: SettlementInput<LedgerEvent>): void {
    this.#driver.push(input)
  }

  async stop(): Promise<void> {
    this.#driver.stop()
    this.#session.close()
    await this.ledger.close()
    await this.#journal.close()
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await wait(20)
}

beforeAll(async () => {
  chain = await startDevChain()
})
afterAll(async () => {
  await chain.stop()
  rmSync(directory, { recursive: true })
})

it('pays both ways over real channels, goes on after a restart, and the chain pays what was received', async () => {
  const [first, second, third] = DEV_ACCOUNTS
  const contract = await deployPayChan({ rpcUrl: chain.url, privateKey: third.privateKey })
  const alice = new Side('alice', first.privateKey)
  const bob = new Side('bob', second.privateKey)
  alice.peer = bob
  bob.peer = alice
  const both = async (act: (side: Side) => unknown): Promise<void> => {
    await Promise.all([alice, bob].map(act))
  }
  await both((side) => side.start(contract))
  await both((side) => side.input({ kind: 'up' }))

  alice.input({ kind: 'settle', total: 300_000_000n })
  bob.input({ kind: 'settle', total: 5n })
  await until(() => bob.received === 300_000_000n && alice.received === 5n)
  await until(() => alice.sent === 300_000_000n && bob.sent === 5n)

  await both((side) => side.stop())
  bob.received = 0n
  await both((side) => side.start(contract))
  await both((side) => side.input({ kind: 'up' }))
  await until(() => bob.received === 300_000_000n)
  alice.input({ kind: 'settle', total: 1_700_000_000n }) // More than was escrowed: the channel is funded.
  await until(() => bob.received === 1_700_000_000n)
  await until(() => alice.events.includes('channel.funded'))
  expect(alice.events.filter((event) => event === 'channel.opened')).toHaveLength(1)

  const before = await bob.ledger.balance('native')
  bob.input({ kind: 'collect' })
  await until(() => bob.events.includes('channel.redeemed'))
  const gained = (await bob.ledger.balance('native')) - before
  expect(gained <= 1_700_000_000n * 10n ** 9n).toBe(true)
  expect(gained > 1_699_000_000n * 10n ** 9n).toBe(true) // Less the fee of one transaction.
  await both((side) => side.stop())
})
