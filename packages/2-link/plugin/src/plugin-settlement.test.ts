import { MemoryJournal } from '@hourglass/journal'
import type { SettlementInput, SettlementOutput } from '@hourglass/link'
import { describe, expect, it } from 'vitest'
import { type PluginAction, type PluginEvent, PluginSettlement } from './index.ts'

/** A settlement whose disk and plugin are the test's to play. */
class Bench {
  readonly journal: MemoryJournal
  readonly settlement = new PluginSettlement('bob')
  readonly #outputs: SettlementOutput<PluginAction>[] = []

  constructor(journal: MemoryJournal = new MemoryJournal()) {
    this.journal = journal
    this.settlement.restore(journal.load(''))
    this.#drain()
  }

  push(...inputs: SettlementInput<PluginEvent>[]): void {
    for (const input of inputs) {
      this.settlement.handle(input, 0)
      this.#drain()
    }
  }

  plugin(event: PluginEvent): void {
    this.push({ kind: 'ledger', event })
  }

  settle(total: bigint): void {
    this.push({ kind: 'settle', total })
  }

  /** What it has put out since, without its commits. */
  take(): SettlementOutput<PluginAction>[] {
    return this.#outputs.splice(0)
  }

  /** Makes durable what waits; what the plugin is told to pay by it, and its ids. */
  payments(): [id: number, amount: bigint][] {
    this.journal.flush()
    return this.take().flatMap((output) =>
      output.kind === 'ledger' && output.action.kind === 'pay'
        ? [[output.action.id, output.action.amount] as [number, bigint]]
        : [],
    )
  }

  /** The next process, over what was durable. */
  restart(): Bench {
    this.journal.lose()
    return new Bench(this.journal)
  }

  #drain(): void {
    for (let output = this.settlement.poll(); output !== undefined; output = this.settlement.poll()) {
      if (output.kind !== 'commit') this.#outputs.push(output)
      else {
        const { id } = output
        this.journal.commit(output.records, () => this.push({ kind: 'committed', id }))
      }
    }
  }
}

/** Up, and with a first payment of 100 under way. */
function paying(): { bench: Bench; id: number } {
  const bench = new Bench()
  bench.push({ kind: 'up' })
  bench.settle(100n)
  const [[id] = [0]] = bench.payments()
  return { bench, id }
}

function unknownAmount(bench: Bench): unknown {
  return bench.settlement.report()['unknownAmount']
}

describe('a settlement by plugin that pays', () => {
  it('has each payment on record before it is ordered', () => {
    const bench = new Bench()
    bench.push({ kind: 'up' })
    bench.settle(100n)
    expect(bench.take()).toEqual([])
    expect(bench.payments()).toEqual([[expect.any(Number), 100n]])
  })

  it('tells what was paid once that is on record (LPI-12)', () => {
    const { bench, id } = paying()
    bench.plugin({ kind: 'paid', id })
    expect(bench.take()).toEqual([])
    bench.journal.flush()
    expect(bench.take()).toEqual([{ kind: 'sent', total: 100n, reference: 'sendMoney' }])
  })

  it('pays one amount at a time, then all that is owed by then', () => {
    const { bench, id } = paying()
    bench.settle(150n)
    bench.settle(170n)
    bench.settle(160n)
    expect(bench.payments()).toEqual([])
    bench.plugin({ kind: 'paid', id })
    bench.journal.flush()
    expect(bench.payments()).toEqual([[expect.any(Number), 70n]])
  })

  it('waits with an order while the plugin is not connected, and pays it when it is', () => {
    const bench = new Bench()
    bench.settle(100n)
    expect(bench.payments()).toEqual([])
    bench.push({ kind: 'up' })
    expect(bench.payments()).toEqual([[expect.any(Number), 100n]])
  })

  it('pays later what was not ordered of the plugin after all', () => {
    const { bench, id } = paying()
    bench.push({ kind: 'down' })
    bench.plugin({ kind: 'unpaid', id })
    expect(bench.payments()).toEqual([])
    bench.push({ kind: 'up' })
    expect(bench.payments()).toEqual([[expect.any(Number), 100n]])
  })
})

describe('a payment whose outcome is unknown', () => {
  it('is never tried again by itself, and nothing else is paid', () => {
    const { bench, id } = paying()
    bench.plugin({ kind: 'unknown', id, reason: 'timed out' })
    expect(bench.take()).toEqual([
      { kind: 'trace', event: 'plugin.payment-unknown', fields: { amount: 100n, reason: 'timed out' } },
    ])
    bench.settle(500n)
    bench.push({ kind: 'down' }, { kind: 'up' }, { kind: 'timeout' })
    bench.plugin({ kind: 'paid', id })
    expect(bench.payments()).toEqual([])
    expect(unknownAmount(bench)).toBe(100n)
  })

  it('is one that was ordered when the process ended, and stays so', () => {
    const { bench } = paying()
    const next = bench.restart().restart()
    expect(unknownAmount(next)).toBe(100n)
    next.push({ kind: 'up' })
    next.settle(500n)
    expect(next.payments()).toEqual([])
  })

  it('is not one that was never on record, for it was never ordered', () => {
    const bench = new Bench()
    bench.push({ kind: 'up' })
    bench.settle(100n)
    const next = bench.restart()
    next.push({ kind: 'up' })
    next.settle(100n)
    expect(next.payments()).toEqual([[expect.any(Number), 100n]])
  })

  it.each([
    [true, 100n, 400n],
    [false, undefined, 500n],
  ])('ends as the operator says: paid is %s', (isPaid, sent, next) => {
    const { bench, id } = paying()
    bench.plugin({ kind: 'unknown', id, reason: 'timed out' })
    bench.settle(500n)
    bench.take()
    bench.plugin({ kind: 'decided', isPaid })
    bench.plugin({ kind: 'decided', isPaid: !isPaid })
    bench.journal.flush()
    bench.journal.flush()
    const outputs = bench.take()
    expect(outputs.flatMap((output) => (output.kind === 'sent' ? [output.total] : []))).toEqual(
      sent === undefined ? [] : [sent],
    )
    expect(outputs.at(-1)).toMatchObject({ kind: 'ledger', action: { kind: 'pay', amount: next } })
  })

  it('is not made up where none is: the operator decides nothing of what is under way', () => {
    const { bench, id } = paying()
    bench.plugin({ kind: 'decided', isPaid: false })
    expect(bench.payments()).toEqual([])
    bench.plugin({ kind: 'paid', id })
    bench.journal.flush()
    expect(bench.take()).toEqual([{ kind: 'sent', total: 100n, reference: 'sendMoney' }])
  })
})

describe('money that a plugin says came in', () => {
  it('is told when it is durable, and the plugin hears of it only then (LPI-20)', () => {
    const bench = new Bench()
    bench.plugin({ kind: 'received', id: 7, amount: 30n })
    bench.plugin({ kind: 'received', id: 8, amount: 12n })
    expect(bench.take()).toEqual([])
    bench.journal.flush()
    expect(bench.take()).toEqual([
      { kind: 'received', total: 30n, reference: 'money handler' },
      { kind: 'ledger', action: { kind: 'credited', id: 7 } },
      { kind: 'received', total: 42n, reference: 'money handler' },
      { kind: 'ledger', action: { kind: 'credited', id: 8 } },
    ])
    expect(bench.restart().take()).toEqual([{ kind: 'received', total: 42n, reference: 'money handler' }])
  })

  it('still counts after the peering has ended, and nothing is paid from then on', () => {
    const bench = new Bench()
    bench.push({ kind: 'end' }, { kind: 'end' })
    bench.journal.flush()
    const next = bench.restart()
    next.push({ kind: 'up' })
    next.settle(100n)
    next.plugin({ kind: 'received', id: 1, amount: 5n })
    next.journal.flush()
    expect(next.settlement.report()).toMatchObject({ isEnded: true })
    expect(next.take()).toEqual([
      { kind: 'received', total: 5n, reference: 'money handler' },
      { kind: 'ledger', action: { kind: 'credited', id: 1 } },
    ])
  })
})
