import type { StoredRecord } from '@hourglass/journal'
import { nodeCrypto } from '@hourglass/sansio/io'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AccountBook } from './account-book.ts'
import { Books } from './books.ts'
import { OUTCOME_KEPT_MS } from './hold-log.ts'
import type { Hold, HoldTerms } from './hold.ts'
import { type Answer, type Question, UNCOUNTED } from './reconcile-protocol.ts'
import { SETTLEMENTS_KEPT } from './settlement-log.ts'

const NOW = Date.UTC(2026, 0, 1)
const usd = { code: 'USD', scale: 6 }
const eth = { code: 'ETH', scale: 9 }
const FULFILLMENT = new Uint8Array(32).fill(7)
const CONDITION = nodeCrypto.sha256(FULFILLMENT)
const NO_GAINS = { spread: 0n, rounding: 0n }

/** Books and the records that they have committed. */
class Shelf {
  readonly records = new Map<string, Uint8Array>()
  books: Books<AccountBook> = this.#open()

  #open(): Books<AccountBook> {
    return new Books({
      crypto: nodeCrypto,
      accounts: [new AccountBook('alice', usd), new AccountBook('bob', eth), new AccountBook('carol', usd)],
      makeRetired: (id, asset) => new AccountBook(id, asset),
    })
  }

  account(id: string): AccountBook {
    return this.books.accounts.get(id)!
  }

  hold(change: Partial<HoldTerms<AccountBook>> = {}): Hold {
    return this.books.open({
      id: this.books.lastId + 1,
      source: this.account('alice'),
      destination: this.account('bob'),
      incomingAmount: 100n,
      outgoingAmount: 30n,
      executionCondition: CONDITION,
      incomingExpiresAt: NOW + 10_000,
      outgoingExpiresAt: NOW + 9000,
      ...change,
    })
  }

  /** What alice is told of a packet of hers. */
  outcome(change: Partial<Question> = {}, now = NOW): Answer {
    const question = { ...name, isGivenUp: false, fulfilledTwins: 0, ...change }
    return this.books.outcomes(this.account('alice'), [question], now)[0]!
  }

  /** What bob is told of twins of a hold. */
  fulfilledTwins(hold: Hold): number {
    return this.books.questions(this.account('bob'), [hold])[0]!.fulfilledTwins
  }

  commit(now = NOW): string[] {
    const records = this.books.takeRecords(now)
    for (const { key, value } of records) {
      if (value === undefined) this.records.delete(key)
      else this.records.set(key, value)
    }
    return records.map(({ key, value }) => (value === undefined ? `-${key}` : key))
  }

  restart(): void {
    this.books = this.#open()
    const sorted = [...this.records].sort(([a], [b]) => (a < b ? -1 : 1))
    this.books.restore(sorted.map(([key, value]): StoredRecord => ({ key, value })))
  }
}

const name = { amount: 100n, executionCondition: CONDITION, expiresAt: NOW + 10_000 }

describe('books', () => {
  it('add up to zero in every asset, whatever happens in whatever order, across restarts', () => {
    const accounts = fc.constantFrom('alice', 'bob', 'carol')
    const amount = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n })
    const step = fc.oneof(
      fc.record({ kind: fc.constant('open'), source: accounts, destination: accounts, amount, out: amount }),
      fc.record({ kind: fc.constantFrom('post', 'void', 'give-up'), pick: fc.nat(9), gain: fc.nat(99) }),
      fc.record({ kind: fc.constantFrom('settle', 'received', 'write-off'), source: accounts, amount }),
      fc.record({ kind: fc.constantFrom('commit', 'restart') }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const shelf = new Shelf()
        for (const each of steps) {
          perform(shelf, each)
          expect(shelf.books.assets().map(({ sum }) => sum)).toEqual(shelf.books.assets().map(() => 0n))
          const held = { incoming: 0n, outgoing: 0n }
          for (const { state, incomingAmount, outgoingAmount } of shelf.books.holds.values()) {
            if (state === 'given-up') continue
            held.incoming += incomingAmount
            held.outgoing += outgoingAmount
          }
          const all = [...shelf.books.accounts.values()]
          expect(all.reduce((sum, { heldIncoming }) => sum + heldIncoming, 0n)).toBe(held.incoming)
          expect(all.reduce((sum, { heldOutgoing }) => sum + heldOutgoing, 0n)).toBe(held.outgoing)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('come back from their records as they were', () => {
    const shelf = new Shelf()
    shelf.books.post(shelf.hold(), FULFILLMENT, { spread: 3n, rounding: 2n })
    shelf.hold()
    shelf.books.giveUp(shelf.hold())
    shelf.books.void(shelf.hold())
    shelf.books.settle(shelf.account('bob'), 20n)
    shelf.books.sent(shelf.account('bob'), 20n, 'claim 1', NOW)
    shelf.commit()
    const views = (): unknown[] => [...shelf.books.accounts.values()].map((each) => each.view())
    const before = { assets: shelf.books.assets(), accounts: views() }
    shelf.restart()
    expect(views()).toEqual(before.accounts)
    expect(shelf.books.assets()).toHaveLength(before.assets.length)
    expect(shelf.books.assets()).toEqual(expect.arrayContaining(before.assets))
    expect([...shelf.books.holds.values()].map(({ id, state }) => [id, state])).toEqual([
      [2, 'unknown'],
      [3, 'given-up'],
    ])
    expect(shelf.books.lastId).toBe(4)
    expect(shelf.books.settlements('bob')).toEqual([
      { direction: 'out', amount: 20n, total: 20n, reference: 'claim 1', at: NOW },
    ])
  })

  it('book spread and rounding to accounts of their own', () => {
    const shelf = new Shelf()
    shelf.books.post(shelf.hold(), FULFILLMENT, { spread: 3n, rounding: 2n })
    expect(shelf.books.assets()).toMatchObject([
      { asset: usd, receivable: 100n, spread: 3n, rounding: 2n, exchange: 95n, sum: 0n },
      { asset: eth, payable: 30n, exchange: -30n, sum: 0n },
    ])
  })

  it('write one chunk a commit, however many packets', () => {
    const shelf = new Shelf()
    for (let i = 0; i < 100; i++) shelf.books.post(shelf.hold(), FULFILLMENT, NO_GAINS)
    expect(shelf.commit()).toEqual([
      'account/alice',
      'account/bob',
      'asset/USD/6',
      'asset/ETH/9',
      'hold/000000000000001',
    ])
    expect(shelf.books.hasChanges).toBe(false)
    expect(shelf.commit()).toEqual([])
  })

  it('let a chunk go when nobody can ask about it any more, and keep what has no outcome', () => {
    const shelf = new Shelf()
    shelf.account('alice').upSince = NOW - OUTCOME_KEPT_MS
    const open = shelf.hold()
    shelf.commit()
    shelf.books.post(shelf.hold(), FULFILLMENT, NO_GAINS)
    shelf.commit(NOW + 1)
    shelf.books.void(shelf.hold())
    const keys = shelf.commit(NOW + OUTCOME_KEPT_MS + 1)
    // The account's record tells up to when its packets may be forgotten.
    expect(keys).toEqual([
      'account/alice',
      '-hold/000000000000001',
      '-hold/000000000000002',
      'hold/000000000000003',
    ])
    shelf.restart()
    expect([...shelf.books.holds.keys()]).toEqual([open.id])
    expect(shelf.outcome()).toEqual({ kind: 'pending' })
  })

  it('keep a hold through any number of restarts, however old it is and whatever else is open', () => {
    const shelf = new Shelf()
    const old = shelf.hold()
    shelf.commit()
    let now = NOW
    for (let i = 0; i < 4; i++) {
      now += OUTCOME_KEPT_MS + 1
      shelf.hold()
      shelf.commit(now)
      shelf.restart()
    }
    expect([...shelf.books.holds.keys()]).toEqual([old.id, 2, 3, 4, 5])
    expect(shelf.account('alice').heldIncoming).toBe(500n)
  })

  it('call nothing void that they may have forgotten, after a restart neither', () => {
    const shelf = new Shelf()
    shelf.account('alice').upSince = NOW - OUTCOME_KEPT_MS
    shelf.books.post(shelf.hold(), FULFILLMENT, NO_GAINS)
    shelf.commit()
    shelf.books.void(shelf.hold())
    shelf.commit(NOW + OUTCOME_KEPT_MS)
    shelf.restart()
    const later = NOW + 10 * OUTCOME_KEPT_MS
    expect(shelf.outcome({}, later)).toEqual({ kind: 'pending' })
    expect(shelf.outcome({ expiresAt: name.expiresAt + 1 }, later)).toEqual({ kind: 'void' })
  })

  it('keep outcomes for a payer that is away, and know them after a restart', () => {
    const shelf = new Shelf()
    shelf.books.post(shelf.hold(), FULFILLMENT, NO_GAINS)
    shelf.commit()
    for (let i = 1; i < 5; i++) {
      shelf.books.void(shelf.hold())
      shelf.commit(NOW + i * OUTCOME_KEPT_MS)
    }
    shelf.restart()
    expect(shelf.outcome()).toEqual({ kind: 'fulfilled', fulfillment: FULFILLMENT })
  })

  it('hold a packet of an account that never moved money before, and know it though it leaves the config', () => {
    const shelf = new Shelf()
    shelf.hold({ destination: shelf.account('carol') })
    expect(shelf.commit()).toEqual(['account/alice', 'account/carol', 'hold/000000000000001'])
  })

  it('keep the newest settlements of each direction, with their references', () => {
    const shelf = new Shelf()
    for (let i = 1; i <= SETTLEMENTS_KEPT + 5; i++) {
      shelf.books.received(shelf.account('alice'), BigInt(i), `claim ${i}`, NOW + i)
      shelf.commit()
    }
    shelf.books.sent(shelf.account('alice'), 9n, 'transaction', NOW)
    shelf.commit()
    shelf.restart()
    const settlements = shelf.books.settlements('alice')
    expect(settlements).toHaveLength(SETTLEMENTS_KEPT + 1)
    expect(
      settlements.filter(({ direction }) => direction === 'in').map(({ reference }) => reference)[0],
    ).toBe('claim 6')
    expect([...shelf.records.keys()].filter((key) => key.startsWith('settlement/alice/in/'))).toHaveLength(
      SETTLEMENTS_KEPT,
    )
    expect(shelf.books.received(shelf.account('alice'), 5n, 'old', NOW)).toBe(0n)
  })
})

describe('books: packets of one name', () => {
  const AFTER = name.expiresAt
  const fulfilled: Answer = { kind: 'fulfilled', fulfillment: FULFILLMENT }

  function posted(count: number): Shelf {
    const shelf = new Shelf()
    for (let i = 0; i < count; i++) shelf.books.post(shelf.hold(), FULFILLMENT, NO_GAINS)
    return shelf
  }

  it('are fulfilled where more of them were than the payer knows, and void beyond that', () => {
    const answers = [0, 1, 2, 3].map((fulfilledTwins) => posted(2).outcome({ fulfilledTwins }, AFTER).kind)
    expect(answers).toEqual(['fulfilled', 'fulfilled', 'void', 'void'])
  })

  it('are fulfilled once less for each that was written off', () => {
    const shelf = posted(2)
    shelf.books.writeOff(shelf.account('alice'), name, FULFILLMENT)
    expect(shelf.outcome({}, AFTER)).toEqual(fulfilled)
    expect(shelf.outcome({ fulfilledTwins: 1 }, AFTER)).toEqual({ kind: 'void' })
    shelf.books.writeOff(shelf.account('alice'), name, FULFILLMENT)
    expect(shelf.outcome({}, AFTER)).toEqual({ kind: 'void' })
  })

  it('are pending where one more may come, or is open', () => {
    const shelf = posted(1)
    expect(shelf.outcome({ fulfilledTwins: 1 }, AFTER - 1)).toEqual({ kind: 'pending' })
    const open = shelf.hold()
    expect(shelf.outcome({}, AFTER)).toEqual(fulfilled)
    expect(shelf.outcome({ fulfilledTwins: 1 }, AFTER)).toEqual({ kind: 'pending' })
    shelf.books.void(open)
    expect(shelf.outcome({ fulfilledTwins: 1 }, AFTER)).toEqual({ kind: 'void' })
  })

  it('are void where one was written off, though others may be forgotten: the question is a repeated one', () => {
    const shelf = posted(1)
    shelf.account('alice').forgottenUntil = AFTER
    expect(shelf.outcome({ fulfilledTwins: 1 }, AFTER)).toEqual({ kind: 'pending' })
    shelf.books.writeOff(shelf.account('alice'), name, FULFILLMENT)
    expect(shelf.outcome({}, AFTER)).toEqual({ kind: 'void' })
  })

  it('are counted for the next peer where they were fulfilled, or paid by hand; after a restart too', () => {
    const shelf = new Shelf()
    const asked = shelf.hold()
    shelf.books.giveUp(asked)
    expect(shelf.fulfilledTwins(asked)).toBe(0)
    shelf.books.post(shelf.hold(), FULFILLMENT, NO_GAINS)
    shelf.books.void(shelf.hold())
    shelf.books.giveUp(shelf.hold())
    const paid = shelf.hold({ source: shelf.account('carol'), incomingAmount: 1n })
    shelf.books.giveUp(paid)
    shelf.books.post(paid, new Uint8Array(0), NO_GAINS)
    expect(shelf.fulfilledTwins(asked)).toBe(2)
    shelf.commit()
    shelf.restart()
    expect(shelf.fulfilledTwins(shelf.books.holds.get(asked.id)!)).toBe(2)
  })

  it.each<[string, (shelf: Shelf) => Partial<HoldTerms<AccountBook>>]>([
    ['amount', () => ({ outgoingAmount: 31n })],
    ['expiry', () => ({ outgoingExpiresAt: NOW + 9001 })],
    ['condition', () => ({ executionCondition: FULFILLMENT })],
    ['destination', (shelf) => ({ destination: shelf.account('carol') })],
  ])('are none of that name where the outgoing %s differs', (_, change) => {
    const shelf = new Shelf()
    const asked = shelf.hold()
    shelf.books.giveUp(asked)
    shelf.books.post(shelf.hold(change(shelf)), FULFILLMENT, NO_GAINS)
    shelf.hold(change(shelf))
    expect(shelf.fulfilledTwins(asked)).toBe(0)
  })

  it('are not counted while one is under way, nor where they are too many', () => {
    const shelf = new Shelf()
    const asked = shelf.hold()
    shelf.books.giveUp(asked)
    const sent = shelf.hold()
    expect(shelf.fulfilledTwins(asked)).toBe(UNCOUNTED)
    shelf.books.void(sent)
    expect(shelf.fulfilledTwins(asked)).toBe(0)
    for (let i = 0; i < 300; i++) shelf.books.post(shelf.hold(), FULFILLMENT, NO_GAINS)
    expect(shelf.fulfilledTwins(asked)).toBe(UNCOUNTED)
  })
})

interface Step {
  readonly kind: string
  readonly source?: string
  readonly destination?: string
  readonly amount?: bigint
  readonly out?: bigint
  readonly pick?: number
  readonly gain?: number
}

function perform(shelf: Shelf, { kind, source, destination, amount, out, pick = 0, gain = 0 }: Step): void {
  const { books } = shelf
  const account = shelf.account(source ?? 'alice')
  const holds = [...books.holds.values()]
  const hold = holds[pick % Math.max(holds.length, 1)]
  switch (kind) {
    case 'open':
      shelf.hold({
        source: account,
        destination: shelf.account(destination!),
        incomingAmount: amount!,
        outgoingAmount: out!,
      })
      break
    case 'post':
      if (hold !== undefined) {
        const spread = hold.incomingAmount < BigInt(gain) ? 0n : BigInt(gain)
        books.post(hold, FULFILLMENT, { spread, rounding: 0n })
      }
      break
    case 'void':
      if (hold !== undefined) books.void(hold)
      break
    case 'give-up':
      if (hold !== undefined && hold.state !== 'given-up') books.giveUp(hold)
      break
    case 'settle':
      books.settle(account, amount!)
      break
    case 'received':
      books.received(account, account.received + amount!, 'claim', NOW)
      break
    case 'write-off':
      books.writeOff(account, { ...name, amount: amount! }, FULFILLMENT)
      break
    case 'restart':
      shelf.commit()
      shelf.restart()
      break
    case 'commit':
      shelf.commit()
  }
}
