import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RequestTable } from './request-table.ts'

describe('RequestTable', () => {
  it('holds no more than it may, and takes more once one is answered', () => {
    const table = new RequestTable(2)
    const first = table.open(1, 'ilp', 10)
    table.open(2, 'ilp', 10)
    expect(table.open(3, 'ilp', 10)).toBeUndefined()
    table.take(first!.key)
    expect(table.open(3, 'ilp', 10)).toMatchObject({ id: 3 })
  })

  it('gives out a request once', () => {
    const table = new RequestTable(2)
    const { key } = table.open(1, 'ilp', 10)!
    expect(table.take(key)).toMatchObject({ id: 1, protocol: 'ilp' })
    expect(table.take(key)).toBeUndefined()
    expect(table.takeExpired(10)).toEqual([])
    expect(table.takeAll()).toEqual([])
  })

  it('asks for no timeout while nothing is open', () => {
    const table = new RequestTable(2)
    expect(table.nextDeadline()).toBeUndefined()
    table.take(table.open(1, 'ilp', 10)!.key)
    expect(table.nextDeadline()).toBeUndefined()
  })

  it('does what a list that is searched would do, sweeps included', () => {
    const acts = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 2500 })), {
      minLength: 1,
      maxLength: 40,
    })
    fc.assert(fc.property(acts, compareWithList))
  })
})

/** Opens and answers many requests at once, so that the heap is swept again and again. */
function compareWithList(acts: readonly (readonly [number, number])[]): void {
  const table = new RequestTable(4000)
  let list: { key: number; deadline: number }[] = []
  let now = 0
  let id = 0
  for (const [act, amount] of acts) {
    if (act <= 2) {
      for (let i = 0; i < amount; i++) {
        const deadline = now + ((i * 7919) % 10_000)
        const opened = table.open(id++, 'ilp', deadline)
        expect(opened === undefined).toBe(list.length === 4000)
        if (opened !== undefined) list.push({ key: opened.key, deadline })
      }
    } else if (act <= 4) {
      for (const { key } of list.slice(0, amount)) expect(table.take(key)?.key).toBe(key)
      list = list.slice(amount)
    } else {
      now += amount
      const expired = new Set(table.takeExpired(now).map(({ key }) => key))
      const due = list.filter(({ deadline }) => deadline <= now)
      expect(expired).toEqual(new Set(due.map(({ key }) => key)))
      list = list.filter(({ deadline }) => deadline > now)
    }
    expect(table.size).toBe(list.length)
    const earliest = Math.min(...list.map(({ deadline }) => deadline))
    expect(table.nextDeadline() ?? Infinity).toBeLessThanOrEqual(earliest)
  }
}
