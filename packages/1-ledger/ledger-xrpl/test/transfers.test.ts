/** Payments from account to account, of XRP and of what issuers issue. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IncomingTransfer, Transfer, TransferEnd, TransferLedger } from '@hourglass/ledger'
import { type XrplOptions, connectXrpl } from '@hourglass/ledger-xrpl/io'
import { UsageError } from '@hourglass/sansio'
import { ADDRESSES, type Name, Rig, SECRETS } from './rig.ts'

const XRP = 1_000_000n
const USD = `USD.${ADDRESSES.poor}`
/** Our counting of it: cents. */
const CENTS = 2

let rig: Rig
let ledgers: TransferLedger[]
let alice: TransferLedger
let bob: TransferLedger

beforeEach(async () => {
  rig = await Rig.start()
  ledgers = []
  alice = await connect('alice')
  bob = await connect('bob')
})
afterEach(async () => {
  await Promise.all(ledgers.map(async (ledger) => ledger.close()))
  await rig.stop()
})

async function connect(name: Name, options: Partial<XrplOptions> = {}): Promise<TransferLedger> {
  const ledger = await connectXrpl({
    url: rig.server.url,
    secret: SECRETS[name],
    requestTimeoutMs: 200,
    silenceMs: 200,
    issuedAssets: { [USD]: CENTS },
    trace: (message) => rig.traces.push(message),
    ...options,
  })
  ledgers.push(ledger)
  return ledger
}

let references = 0
const transfer = (changes: Partial<Transfer> = {}): Transfer => ({
  destination: ADDRESSES.bob,
  destinationTag: 7,
  asset: 'native',
  amount: 5n * XRP,
  reference: (++references).toString(16).padStart(64, '0'),
  ...changes,
})

/** Pays while ledgers close. */
async function pay(wanted: Transfer, since = alice.transfers.position()): Promise<TransferEnd> {
  rig.keepClosing()
  const end = await alice.transfers.pay(wanted, since)
  rig.stopClosing()
  return end
}

function listen(ledger: TransferLedger, since: string): IncomingTransfer[] {
  const heard: IncomingTransfer[] = []
  ledger.transfers.watch(since, (incoming) => heard.push(incoming))
  return heard
}

/** An issuer in whom both trust, and who has issued some to Alice. */
async function issue(): Promise<void> {
  rig.server.fund(ADDRESSES.poor, 1000n * XRP)
  rig.server.closeLedger()
  await rig.submit('poor', { TransactionType: 'AccountSet', SetFlag: 8 })
  const limit = { currency: 'USD', issuer: ADDRESSES.poor, value: '1000' }
  for (const name of ['alice', 'bob'] as const) {
    await rig.submit(name, { TransactionType: 'TrustSet', LimitAmount: limit })
  }
  rig.server.closeLedger()
  const Amount = { ...limit, value: '100' }
  await rig.submit('poor', { TransactionType: 'Payment', Destination: ADDRESSES.alice, Amount })
  rig.server.closeLedger()
  await rig.breathe()
}

describe('a payment', () => {
  it('arrives with its tag and reference, and is told to the destination when it is final', async () => {
    const heard = listen(bob, bob.transfers.position())
    const wanted = transfer()
    const end = await pay(wanted)
    await rig.breathe(5)
    if (end.kind === 'failed') throw new Error(end.message)
    expect(end.fee).toBe(10n)
    expect(heard).toEqual([
      {
        source: ADDRESSES.alice,
        destinationTag: 7,
        asset: 'native',
        amount: 5n * XRP,
        reference: wanted.reference,
        transaction: end.transaction,
        position: expect.stringMatching(/^\d+$/) as string,
      },
    ])
  })

  it('happens once for its reference, however often it is asked for, and by whomever', async () => {
    const wanted = transfer()
    const since = alice.transfers.position()
    const twin = await connect('alice')
    rig.keepClosing()
    const ends = await Promise.all([
      alice.transfers.pay(wanted, since),
      alice.transfers.pay(wanted, since),
      twin.transfers.pay(wanted, since),
    ])
    expect(new Set(ends.map((end) => end.kind === 'done' && end.transaction)).size).toBe(1)
    expect(await rig.transactionsOf('alice')).toBe(1)
  })

  it('of another amount or to another tag with the same reference is the caller’s mistake', async () => {
    const wanted = transfer()
    const since = alice.transfers.position()
    await pay(wanted, since)
    for (const changes of [{ amount: 6n * XRP }, { destinationTag: 8 }, { destinationTag: undefined }]) {
      await expect(pay({ ...wanted, ...changes }, since)).rejects.toThrow(UsageError)
    }
    expect(await rig.transactionsOf('alice')).toBe(1)
  })

  it('happens once where the process is killed at any step', async () => {
    await Promise.all([alice.close(), bob.close()])
    rig.keepClosing()
    let payments = 0
    for (let step = 1, ended = false; !ended; step++) {
      const doomed = await connect('alice')
      const since = doomed.transfers.position()
      const killed = Promise.withResolvers<boolean>()
      let count = 0
      rig.server.faults.tamper = (_, result) => {
        if (++count === step) {
          void doomed.close()
          killed.resolve(false)
        }
        return result
      }
      const wanted = transfer({ amount: 1n })
      const done = doomed.transfers.pay(wanted, since).then(
        () => true,
        () => false,
      )
      ended = await Promise.race([done, killed.promise])
      rig.server.faults.tamper = undefined
      await doomed.close()
      const again = await connect('alice')
      expect((await again.transfers.pay(wanted, since)).kind).toBe('done')
      await again.close()
      payments++
      expect(await rig.transactionsOf('alice'), `step ${step}`).toBe(payments)
    }
    expect(payments).toBeGreaterThan(3)
  }, 120_000)

  it.each(['discardSubmits', 'loseAnswers'] as const)(
    'happens once though words get lost (%s)',
    async (fault) => {
      rig.server.faults[fault](3)
      expect((await pay(transfer())).kind).toBe('done')
      expect(await rig.transactionsOf('alice')).toBe(1)
    },
  )

  it.each<[string, Partial<Transfer>, string]>([
    ['more than there is', { amount: 2000n * XRP }, 'insufficient-funds'],
    ['the reserve', { amount: 999_999_990n }, 'insufficient-funds'],
    [
      'an account that does not exist, with too little',
      { destination: ADDRESSES.poor, amount: 1n },
      'refused',
    ],
  ])('of %s fails', async (_, changes, refusal) => {
    expect(await pay(transfer(changes))).toMatchObject({ kind: 'failed', refusal })
  })

  it('without a tag fails where the destination wants one', async () => {
    await rig.submit('bob', { TransactionType: 'AccountSet', SetFlag: 1 })
    rig.server.closeLedger()
    const end = await pay(transfer({ destinationTag: undefined }))
    expect(end).toMatchObject({ message: expect.stringContaining('wants a destination tag') as string })
    expect((await pay(transfer({ destinationTag: 0 }))).kind).toBe('done')
  })

  it.each<[string, Partial<Transfer>]>([
    ['to nobody', { destination: 'bob' }],
    ['to itself', { destination: ADDRESSES.alice }],
    ['of nothing', { amount: 0n }],
    ['with a tag that is none', { destinationTag: 2 ** 32 }],
    ['with a short reference', { reference: 'ab' }],
    ['of what is not configured', { asset: `EUR.${ADDRESSES.poor}` }],
    ['of more digits than the ledger keeps', { asset: USD, amount: 10n ** 16n + 1n }],
  ])('%s is the caller’s mistake', async (_, changes) => {
    const since = alice.transfers.position()
    await expect(alice.transfers.pay(transfer(changes), since)).rejects.toThrow(UsageError)
  })
})

describe('issued assets', () => {
  it('are paid and told in base units', async () => {
    await issue()
    const heard = listen(bob, bob.transfers.position())
    expect((await pay(transfer({ asset: USD, amount: 1234n }))).kind).toBe('done')
    await rig.breathe(5)
    expect(heard).toMatchObject([{ asset: USD, amount: 1234n, source: ADDRESSES.alice }])
    expect(alice.transfers.assetScale(USD)).toBe(CENTS)
  })

  it('are refused where nobody trusts, or there is too little', async () => {
    await issue()
    expect((await pay(transfer({ asset: USD, amount: 100_001n }))).kind).toBe('failed')
  })

  it('count as delivered, not as promised, in a partial payment', async () => {
    await issue()
    const heard = listen(bob, bob.transfers.position())
    const usd = { currency: 'USD', issuer: ADDRESSES.poor }
    await rig.submit('alice', {
      TransactionType: 'Payment',
      Destination: ADDRESSES.bob,
      Amount: { ...usd, value: '90' },
      SendMax: { ...usd, value: '1.5' },
      Flags: 0x20000,
    })
    rig.server.closeLedger()
    await rig.breathe(5)
    expect(heard).toMatchObject([
      { asset: USD, amount: 150n, reference: undefined, destinationTag: undefined },
    ])
  })
})

describe('incoming payments', () => {
  const send = async (drops: number): Promise<void> => {
    await rig.submit('alice', {
      TransactionType: 'Payment',
      Destination: ADDRESSES.bob,
      Amount: String(drops),
    })
    rig.server.closeLedger()
  }
  const amounts = (heard: readonly IncomingTransfer[]): bigint[] => heard.map(({ amount }) => amount)

  it('are told from a position on, across restarts, none twice and none left out', async () => {
    const since = bob.transfers.position()
    await send(1)
    await send(2)
    const first = listen(bob, since)
    await rig.breathe(5)
    expect(amounts(first)).toEqual([1n, 2n])
    await bob.close()
    await send(3)
    await send(4)
    const again = await connect('bob')
    const second = listen(again, first[0]!.position)
    await rig.breathe(5)
    await send(5)
    await rig.breathe(5)
    expect(amounts(second)).toEqual([2n, 3n, 4n, 5n])
  })

  it('are told through lost messages, doubled ones and a broken line', async () => {
    const heard = listen(bob, bob.transfers.position())
    rig.server.faults.skipStreams(2)
    await send(1)
    await send(2)
    rig.server.faults.duplicateStreams = true
    await send(3)
    rig.server.dropConnections()
    await send(4)
    await rig.breathe(40)
    await send(5)
    await rig.breathe(10)
    expect(amounts(heard)).toEqual([1n, 2n, 3n, 4n, 5n])
  })

  it('are waited for where the server does not remember: nothing is passed over', async () => {
    const since = bob.transfers.position()
    await send(1)
    await send(2)
    rig.server.faults.tamper = (command, result) =>
      command === 'account_tx'
        ? { ...result, ledger_index_min: rig.server.validatedIndex(), transactions: [] }
        : result
    const heard = listen(bob, since)
    await rig.breathe(5)
    expect(heard).toEqual([])
    expect(rig.traces.some((trace) => trace.includes('no server remembers ledger'))).toBe(true)
    rig.server.faults.tamper = undefined
    await send(3)
    await rig.breathe(5)
    expect(amounts(heard)).toEqual([1n, 2n, 3n])
  })

  it('that failed, and payments that we made, are none', async () => {
    const heard = listen(alice, alice.transfers.position())
    await pay(transfer())
    await rig.breathe(5)
    expect(heard).toEqual([])
  })
})
