import fc from 'fast-check'
import { encode } from 'ripple-binary-codec'
import { deriveAddress, deriveKeypair } from 'ripple-keypairs'
import { expect, test } from 'vitest'
import { decodeTransaction } from '../engine/transaction.ts'
import { ownedIndexes } from '../state/directory.ts'
import type { Entry } from '../state/entries.ts'
import { readAccount } from '../state/view.ts'
import { Chain } from './chain.ts'
import { Clock } from './clock.ts'
import { GENESIS } from './genesis.ts'

const KEYS = [GENESIS.seed, 'sEdSKf8B5b4HUw4eJRuZ3rG9T64xZie', 'sp5AqBazVUEo1zPnEb8TnGbreQezX'].map((seed) =>
  deriveKeypair(seed),
)
const PEOPLE = KEYS.map(({ publicKey }) => ({ publicKey, address: deriveAddress(publicKey) }))

type Fields = Readonly<Record<string, unknown>>

/** One thing that somebody does; `from` and `to` number the people. */
interface Act {
  readonly from: number
  readonly to: number
  readonly drops: number
  readonly kind:
    | 'pay'
    | 'create'
    | 'fund'
    | 'push'
    | 'close'
    | 'renew'
    | 'trust'
    | 'issue'
    | 'tickets'
    | 'tick'
}

const anyAct: fc.Arbitrary<Act> = fc.record({
  from: fc.nat(2),
  to: fc.nat(2),
  drops: fc.integer({ min: 1, max: 30_000_000 }),
  kind: fc.constantFrom(
    'pay',
    'create',
    'fund',
    'push',
    'close',
    'renew',
    'trust',
    'issue',
    'tickets',
    'tick',
  ),
})

test('no XRP is made or lost, and everybody owns what the directories say, whatever is done in whatever order', () => {
  fc.assert(
    fc.property(fc.array(anyAct, { maxLength: 60 }), fc.boolean(), (acts, fixCleanup3_2_0) => {
      const chain = new Chain({ fixCleanup3_2_0, networkId: 0 }, new Clock(() => 1_800_000_000_000), {
        loadFactor: 1,
        queueUnderLoad: false,
      })
      for (const [index] of PEOPLE.entries())
        perform(chain, { from: 0, to: index, drops: 50_000_000, kind: 'pay' })
      chain.close()
      for (const act of acts) perform(chain, act)
      chain.close()
      check(chain)
    }),
    { numRuns: 300 },
  )
})

function perform(chain: Chain, act: Act): void {
  if (act.kind === 'tick') return void chain.close()
  const { address, publicKey } = PEOPLE[act.from]!
  const account = readAccount(chain.openState, address)
  if (account === undefined) return
  const head = { Account: address, SigningPubKey: publicKey, Fee: '12', Sequence: account.Sequence }
  // Unsigned: signatures are looked at before the chain.
  chain.submit(decodeTransaction(encode({ ...head, ...fieldsOf(chain, act) })))
}

function fieldsOf(chain: Chain, { kind, from, to, drops }: Act): Fields {
  const destination = PEOPLE[to]!.address
  const usd = { currency: 'USD', issuer: destination, value: String(drops) }
  const owned = ownedIndexes(chain.openState, PEOPLE[from]!.address)
  const Channel =
    owned.find((index) => chain.openState.get(index)?.LedgerEntryType === 'PayChannel') ?? 'F'.repeat(64)
  const claim = { TransactionType: 'PaymentChannelClaim', Channel }
  const table: Readonly<Record<Exclude<Act['kind'], 'tick'>, Fields>> = {
    pay: { TransactionType: 'Payment', Destination: destination, Amount: String(drops) },
    issue: {
      TransactionType: 'Payment',
      Destination: destination,
      Amount: { ...usd, issuer: PEOPLE[from]!.address },
    },
    trust: { TransactionType: 'TrustSet', LimitAmount: drops % 3 === 0 ? { ...usd, value: '0' } : usd },
    tickets: { TransactionType: 'TicketCreate', TicketCount: (drops % 40) + 1 },
    create: {
      TransactionType: 'PaymentChannelCreate',
      Destination: destination,
      Amount: String(drops),
      SettleDelay: drops % 4,
      PublicKey: PEOPLE[from]!.publicKey,
    },
    fund: { TransactionType: 'PaymentChannelFund', Channel, Amount: String(drops) },
    push: { ...claim, Balance: String(drops) },
    close: { ...claim, Flags: 0x00020000 },
    renew: { ...claim, Flags: 0x00010000 },
  }
  return table[kind as Exclude<Act['kind'], 'tick'>]
}

function check(chain: Chain): void {
  let total = 0n
  const seen = new Map<string, Entry>()
  for (const { address } of PEOPLE) {
    const account = readAccount(chain.state, address)!
    total += BigInt(account.Balance)
    const entries = ownedIndexes(chain.state, address).map(
      (index) => [index, chain.state.get(index)!] as const,
    )
    for (const [index, entry] of entries) seen.set(index, entry)
    expect(entries.filter(([, entry]) => isOwner(entry, address)).length).toBe(account.OwnerCount)
  }
  for (const entry of seen.values()) {
    if (entry.LedgerEntryType === 'PayChannel') total += BigInt(entry.Amount) - BigInt(entry.Balance)
  }
  expect(total).toBe(chain.validated.totalCoins)
}

/** Whether the entry counts against this account's reserve. */
function isOwner(entry: Entry, address: string): boolean {
  if (entry.LedgerEntryType !== 'RippleState') return 'Account' in entry && entry.Account === address
  return (entry.Flags & (entry.HighLimit.issuer === address ? 0x00020000 : 0x00010000)) !== 0
}
