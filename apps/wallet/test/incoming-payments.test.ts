import { describe, expect, it } from 'vitest'
import { type IncomingPayment, IncomingPayments } from '../src/incoming-payments.ts'

const money = (connection: string, amount: bigint): Parameters<IncomingPayments['take']>[0] => ({
  kind: 'money',
  connection,
  amount,
  total: 0n,
})

describe('incoming payments', () => {
  it('are told once, when the payer says that it is all', () => {
    const told: IncomingPayment[] = []
    const payments = new IncomingPayments((payment) => told.push(payment), 60_000)
    payments.take(money('a', 3n))
    payments.take(money('b', 5n))
    payments.take(money('a', 4n))
    expect(told).toEqual([])
    payments.take({ kind: 'closed', connection: 'a', total: 7n })
    expect(told).toEqual([{ connection: 'a', amount: 7n }])
    payments.take({ kind: 'closed', connection: 'a', total: 7n })
    payments.close()
    expect(told).toEqual([
      { connection: 'a', amount: 7n },
      { connection: 'b', amount: 5n },
    ])
    expect(payments).toMatchObject({ total: 12n, count: 2 })
  })

  it('are told after a silence where the payer never says so, and what follows is told apart', async () => {
    const told = Promise.withResolvers<IncomingPayment>()
    const payments = new IncomingPayments(told.resolve, 1)
    payments.take(money('a', 3n))
    expect(await told.promise).toEqual({ connection: 'a', amount: 3n })
    payments.take(money('a', 2n))
    payments.close()
    expect(payments).toMatchObject({ total: 5n, count: 2 })
  })
})
