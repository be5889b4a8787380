import type { StoredRecord } from '@hourglass/journal'
import { MemoryJournal } from '@hourglass/journal'
import type { SettlementOutput } from '@hourglass/link'
import { UsageError } from '@hourglass/sansio'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { LightningSettlement } from './lightning-settlement.ts'
import type { Keysend } from './node.ts'
import type { LightningOptions } from './options.ts'
import type { LightningAction, LightningEvent } from './session.ts'
import { encodeHello } from './wire/hello.ts'
import { REFERENCE_RECORD, destinationOf, encodeReference } from './wire/reference.ts'

type Output = SettlementOutput<LightningAction>

const PEER_ID = `02${'11'.repeat(32)}`
const OWN_ID = `03${'22'.repeat(32)}`
const OPTIONS: LightningOptions = {
  account: 'bolt',
  accountScale: 11,
  network: 'regtest',
  address: { nodeId: OWN_ID, host: '127.0.0.1', port: 1 },
  secret: nodeCrypto.sha256(Uint8Array.of(1)),
  rng: nodeRng,
  crypto: nodeCrypto,
  channelSat: 1_000_000n,
  budgetSat: 2_000_000n,
}
const PEER_HELLO = {
  network: 'regtest',
  address: { nodeId: PEER_ID, host: '127.0.0.1', port: 2 },
  destination: destinationOf('bolt', nodeCrypto.sha256(Uint8Array.of(2)), nodeCrypto),
}
const OURS = destinationOf('bolt', OPTIONS.secret, nodeCrypto)

/** A settlement with its journal, whose commits are durable when a test says so. */
class Bench {
  readonly settlement: LightningSettlement
  readonly journal: MemoryJournal
  readonly #outputs: Output[] = []
  #now = 0

  constructor(options: Partial<LightningOptions> = {}, journal = new MemoryJournal()) {
    this.journal = journal
    this.settlement = new LightningSettlement({ ...OPTIONS, ...options })
    this.settlement.restore(journal.load('') satisfies StoredRecord[])
    this.#drain()
  }

  push(input: Parameters<LightningSettlement['handle']>[0]): void {
    this.settlement.handle(input, this.#now)
    this.#drain()
  }

  ledger(event: LightningEvent): void {
    this.push({ kind: 'ledger', event })
  }

  /** The link is up, the peer has said hello, and channels carry as much. */
  greet(outboundMsat = 10n ** 12n): void {
    this.push({ kind: 'up' })
    this.push({ kind: 'request', id: 1, body: encodeHello(PEER_HELLO) })
    this.report(outboundMsat)
  }

  report(outboundMsat: bigint, more: { oursSat?: bigint; isWaiting?: boolean } = {}): void {
    const { oursSat = 0n, isWaiting = false } = more
    this.ledger({
      kind: 'liquidity',
      liquidity: { peerId: PEER_ID, outboundMsat, inboundMsat: 0n, oursSat, isWaiting },
    })
  }

  pass(ms: number): void {
    this.#now += ms
    this.push({ kind: 'timeout' })
  }

  /** What it has put out since it was asked last. */
  take(): Output[] {
    return this.#outputs.splice(0)
  }

  payments(): Keysend[] {
    return this.take().flatMap((output) =>
      output.kind === 'ledger' && output.action.kind === 'pay' ? [output.action.payment] : [],
    )
  }

  totals(kind: 'sent' | 'received'): bigint[] {
    return this.take().flatMap((output) => (output.kind === kind ? [output.total] : []))
  }

  #drain(): void {
    for (let output = this.settlement.poll(); output !== undefined; output = this.settlement.poll()) {
      this.#outputs.push(output)
      if (output.kind !== 'commit') continue
      const { id, records } = output
      this.journal.commit(records, () => this.push({ kind: 'committed', id }))
    }
  }
}

const hashOf = ({ preimage }: Keysend): Uint8Array => nodeCrypto.sha256(preimage)

function receipt(index: number, amountMsat: bigint, destination = OURS): LightningEvent {
  const hash = nodeCrypto.sha256(Uint8Array.of(index))
  const reference = encodeReference(destination, { hash, amountMsat }, nodeCrypto)
  return { kind: 'receipt', index, hash, amountMsat, reference }
}

describe('what a Lightning settlement pays', () => {
  it('begins a payment once it is durable, marked for the peer alone', () => {
    const bench = new Bench()
    bench.greet()
    bench.push({ kind: 'settle', total: 5000n })
    expect(bench.payments()).toEqual([])
    bench.journal.flush()
    const [payment] = bench.payments()
    expect(payment).toMatchObject({ nodeId: PEER_ID, amountMsat: 5000n })
    const value = encodeReference(
      PEER_HELLO.destination,
      { hash: hashOf(payment!), amountMsat: 5000n },
      nodeCrypto,
    )
    expect(payment!.records).toEqual([{ type: REFERENCE_RECORD, value }])
  })

  it('tells what was paid once it is durable, and then lets the node forget it', () => {
    const bench = new Bench()
    bench.greet()
    bench.push({ kind: 'settle', total: 5000n })
    bench.journal.flush()
    const hash = hashOf(bench.payments()[0]!)
    bench.ledger({ kind: 'paid', hash, feeMsat: 3n })
    expect(bench.take().map(({ kind }) => kind)).toEqual(['commit'])
    bench.journal.flush()
    const outputs = bench.take()
    expect(outputs).toContainEqual(expect.objectContaining({ kind: 'sent', total: 5000n }))
    expect(outputs).toContainEqual({ kind: 'ledger', action: { kind: 'forget-payment', hash } })
  })

  it('asks for a payment of unknown end again by the same preimage, and pays nothing beside it', () => {
    const first = new Bench()
    first.greet()
    first.push({ kind: 'settle', total: 5000n })
    first.journal.flush()
    const [payment] = first.payments()
    const second = new Bench({}, first.journal)
    expect(second.payments()).toEqual([payment])
    second.greet()
    second.push({ kind: 'settle', total: 5000n })
    second.journal.flush()
    expect(second.payments()).toEqual([])
    second.ledger({ kind: 'paid', hash: hashOf(payment!), feeMsat: 0n })
    second.ledger({ kind: 'paid', hash: hashOf(payment!), feeMsat: 0n })
    second.journal.flush()
    expect(second.totals('sent')).toEqual([5000n])
  })

  it('pays anew what has failed, after a pause, with another preimage', () => {
    const bench = new Bench()
    bench.greet()
    bench.push({ kind: 'settle', total: 5000n })
    bench.journal.flush()
    const [payment] = bench.payments()
    bench.ledger({ kind: 'unpaid', hash: hashOf(payment!), reason: 'RouteNotFound' })
    bench.journal.flush()
    bench.report(10n ** 12n)
    expect(bench.payments()).toEqual([])
    bench.pass(100)
    bench.journal.flush()
    const [again] = bench.payments()
    expect(again).toMatchObject({ amountMsat: 5000n })
    expect(again!.preimage).not.toEqual(payment!.preimage)
  })

  it('pays what channels carry, and opens another within the budget for the rest', () => {
    const bench = new Bench()
    const open = { kind: 'ledger', action: { kind: 'open', peerId: PEER_ID, capacitySat: 1_000_000n } }
    bench.greet(3000n)
    bench.take()
    bench.push({ kind: 'settle', total: 5000n })
    expect(bench.take()).toContainEqual(open)
    bench.journal.flush()
    expect(bench.payments()).toMatchObject([{ amountMsat: 3000n }])
    bench.report(0n, { oursSat: 1_000_000n, isWaiting: true })
    bench.pass(400_000)
    expect(bench.take()).not.toContainEqual(open)
    bench.report(0n, { oursSat: 2_000_000n })
    bench.pass(400_000)
    const outputs = bench.take()
    expect(outputs).not.toContainEqual(open)
    expect(
      outputs.some((output) => output.kind === 'trace' && output.event === 'lightning.budget-exhausted'),
    ).toBe(true)
  })

  it('carries what is below a base unit of the account', () => {
    const bench = new Bench({ accountScale: 8 })
    bench.greet()
    bench.ledger(receipt(1, 999n))
    bench.ledger(receipt(2, 2n))
    bench.journal.flush()
    expect(bench.totals('received')).toEqual([0n, 1n])
  })
})

describe('what a Lightning settlement receives', () => {
  it('is told once it is durable, and credited once by its hash, however often the node tells it', () => {
    const bench = new Bench()
    bench.ledger(receipt(1, 700n))
    bench.ledger(receipt(1, 700n))
    expect(bench.totals('received')).toEqual([])
    bench.journal.flush()
    expect(bench.totals('received')).toEqual([700n])
    const next = new Bench({}, bench.journal)
    expect(next.totals('received')).toEqual([700n])
    next.ledger(receipt(1, 700n))
    next.ledger(receipt(2, 1n))
    next.journal.flush()
    expect(next.totals('received')).toEqual([701n])
  })

  it('is not remembered once the node has let go of it', () => {
    const bench = new Bench()
    bench.ledger(receipt(1, 700n))
    bench.journal.flush()
    const { hash } = receipt(1, 700n) as { hash: Uint8Array }
    expect(bench.take()).toContainEqual({
      kind: 'ledger',
      action: { kind: 'forget-receipt', index: 1, hash },
    })
    bench.ledger({ kind: 'forgotten', hash })
    bench.journal.flush()
    expect(bench.journal.load('').map(({ key }) => key)).toEqual(['lightning/bolt/received'])
  })

  it('is not credited where its payer does not know the key', () => {
    const bench = new Bench()
    bench.ledger(receipt(1, 700n, { ...OURS, key: PEER_HELLO.destination.key }))
    bench.journal.flush()
    expect(bench.totals('received')).toEqual([])
  })
})

describe('a Lightning settlement', () => {
  it('does not settle with a peer on another network', () => {
    const bench = new Bench()
    bench.push({ kind: 'up' })
    bench.push({ kind: 'request', id: 1, body: encodeHello({ ...PEER_HELLO, network: 'signet' }) })
    bench.report(10n ** 12n)
    bench.push({ kind: 'settle', total: 5000n })
    bench.journal.flush()
    expect(bench.payments()).toEqual([])
  })

  it('refuses options that cannot be meant', () => {
    const make = (options: Partial<LightningOptions>) => () =>
      new LightningSettlement({ ...OPTIONS, ...options })
    expect(make({ account: 'a/b' })).toThrow(UsageError)
    expect(make({ accountScale: -1 })).toThrow(UsageError)
    expect(make({ secret: new Uint8Array(31) })).toThrow(UsageError)
    expect(make({ budgetSat: 1n })).toThrow(UsageError)
  })
})
