/** Paying, and being paid, by invoices that are asked for over the link. */
import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { INVOICES_MAX } from './invoices.ts'
import { Bench } from './testing/bench.ts'
import { encodeInvoice } from './testing/bolt11.ts'
import { decodeInvoiceAnswer, encodeInvoiceAnswer, encodeInvoiceRequest } from './wire/invoice-request.ts'

const HASH = new Uint8Array(nodeCrypto.sha256(Uint8Array.of(7)))
const INVOICE = encodeInvoice(HASH, 5000n)

/** A payer that has asked for an invoice of 5000 msat; the id of its question. */
function asking(): { bench: Bench; id: number } {
  const bench = new Bench({ by: 'invoice' })
  bench.greet()
  bench.take()
  bench.push({ kind: 'settle', total: 5000n })
  const [question] = bench.take()
  if (question?.kind !== 'request') throw new Error('no invoice was asked for')
  expect(question.body).toEqual(encodeInvoiceRequest({ amountMsat: 5000n, givenUp: undefined }))
  return { bench, id: question.id }
}

describe('a payer by invoice', () => {
  it('asks for one over what it owes, and pays it by its hash once that is durable, also after a crash', () => {
    const { bench, id } = asking()
    bench.push({ kind: 'reply', id, body: encodeInvoiceAnswer(INVOICE) })
    const pay = { kind: 'pay-invoice', hash: HASH, invoice: INVOICE }
    expect(bench.actions()).toEqual([])
    bench.journal.flush()
    expect(bench.actions()).toEqual([pay])
    const next = new Bench({ by: 'invoice' }, bench.journal)
    expect(next.actions()).toContainEqual(pay)
    next.greet()
    next.push({ kind: 'settle', total: 5000n })
    next.ledger({ kind: 'paid', hash: HASH, feeMsat: 0n })
    next.ledger({ kind: 'paid', hash: HASH, feeMsat: 0n })
    next.journal.flush()
    expect(next.totals('sent')).toEqual([5000n])
  })

  it.each([
    ['over another amount', encodeInvoice(HASH, 5001n)],
    ['of another network', 'lnbc1'],
    ['that is none', 'please pay'],
  ])('does not pay one %s, and asks again later', (...row) => {
    const { bench, id } = asking()
    bench.push({ kind: 'reply', id, body: encodeInvoiceAnswer(row[1]) })
    bench.journal.flush()
    expect(bench.actions().map(({ kind }) => kind)).toEqual(['inspect'])
    bench.report(10n ** 12n)
    bench.pass(100)
    expect(bench.take().map(({ kind }) => kind)).toEqual(['request'])
  })

  it('does not pay one by the hash of a payment that is under way: it would count twice', () => {
    const { bench, id } = asking()
    bench.push({ kind: 'reply', id, body: encodeInvoiceAnswer(INVOICE) })
    bench.push({ kind: 'settle', total: 10_000n })
    const question = bench.take().find(({ kind }) => kind === 'request') as { id: number }
    bench.push({ kind: 'reply', id: question.id, body: encodeInvoiceAnswer(INVOICE) })
    bench.journal.flush()
    expect(bench.actions().filter(({ kind }) => kind === 'pay-invoice')).toHaveLength(1)
  })

  it('tells the peer of an invoice that it will not pay any more', () => {
    const { bench, id } = asking()
    bench.push({ kind: 'reply', id, body: encodeInvoiceAnswer(INVOICE) })
    bench.ledger({ kind: 'unpaid', hash: HASH, reason: 'expired' })
    bench.journal.flush()
    bench.report(10n ** 12n)
    bench.take()
    bench.pass(100)
    const body = encodeInvoiceRequest({ amountMsat: 5000n, givenUp: HASH })
    expect(bench.take()).toContainEqual(expect.objectContaining({ kind: 'request', body }))
  })
})

describe('a payee by invoice', () => {
  const wish = {
    kind: 'request',
    id: 9,
    body: encodeInvoiceRequest({ amountMsat: 5000n, givenUp: undefined }),
  } as const
  const payment = { kind: 'receipt', index: 1, hash: HASH, amountMsat: 5000n, reference: undefined } as const

  /** One whose invoice is durable and told. */
  function invoiced(): Bench {
    const bench = new Bench()
    bench.take()
    bench.push(wish)
    const [making] = bench.actions()
    if (making?.kind !== 'make-invoice') throw new Error('no invoice is made')
    bench.ledger({ kind: 'invoice', id: making.id, invoice: INVOICE })
    expect(bench.take().map(({ kind }) => kind)).toEqual(['commit'])
    bench.journal.flush()
    const outputs = bench.take()
    expect(outputs.map(({ kind }) => kind)).toEqual(['ledger', 'reply'])
    expect(decodeInvoiceAnswer((outputs[1] as { body: Uint8Array }).body)).toBe(INVOICE)
    return bench
  }

  it('credits once what comes in by the hash of an invoice that is durable, also after a crash', () => {
    const bench = new Bench({}, invoiced().journal)
    expect(bench.actions()).toContainEqual({ kind: 'watch-invoices', hashes: [HASH] })
    bench.ledger(payment)
    bench.ledger(payment)
    bench.journal.flush()
    expect(bench.totals('received')).toEqual([5000n])
    const next = new Bench({}, bench.journal)
    next.ledger(payment)
    next.journal.flush()
    expect(next.totals('received')).toEqual([5000n])
  })

  it('credits nothing by a hash of which it gave no invoice', () => {
    const bench = new Bench()
    bench.ledger(payment)
    bench.journal.flush()
    expect(bench.totals('received')).toEqual([])
  })

  it('forgets an invoice that its payer has given up, and one that is long expired', () => {
    const given = invoiced()
    given.push({ ...wish, id: 10, body: encodeInvoiceRequest({ amountMsat: 1n, givenUp: HASH }) })
    const expired = invoiced()
    expired.pass(40 * 86_400_000)
    for (const bench of [given, expired]) {
      bench.journal.flush()
      expect(bench.actions()).toContainEqual({ kind: 'forget-invoice', hash: HASH })
      expect(bench.journal.load('')).toEqual([])
    }
  })

  it('makes no more than a few that nobody pays, and answers each request once', () => {
    const bench = new Bench()
    bench.take()
    for (let id = 1; id <= INVOICES_MAX + 1; id++) bench.push({ ...wish, id })
    const outputs = bench.take()
    expect(outputs.filter(({ kind }) => kind === 'refuse')).toHaveLength(1)
    for (const output of outputs) {
      if (output.kind !== 'ledger' || output.action.kind !== 'make-invoice') continue
      bench.ledger({ kind: 'invoice', id: output.action.id, invoice: undefined })
    }
    expect(bench.take().filter(({ kind }) => kind === 'refuse')).toHaveLength(INVOICES_MAX)
  })
})
