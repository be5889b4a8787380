import { UsageError } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { LightningSettlement } from './lightning-settlement.ts'
import type { LightningOptions } from './options.ts'
import { Bench, OPTIONS, OURS, PEER_HELLO, PEER_ID, hashOf, receipt } from './testing/bench.ts'
import { encodeHello } from './wire/hello.ts'
import { REFERENCE_RECORD, encodeReference } from './wire/reference.ts'

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
    bench.report(0n, { capacitySat: 1_000_000n, isUsable: false })
    bench.pass(400_000)
    expect(bench.take()).not.toContainEqual(open)
    bench.report(20_000_000n, { capacitySat: 2_000_000n })
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
