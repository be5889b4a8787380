import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FaultyLink, MemoryLink, type MemoryWire, type WayFaults, flipBit } from './index.ts'
import { PairDriver, linkSuite, seededRng } from './testing/index.ts'

type Driver = PairDriver<MemoryWire, MemoryWire>

function faulty(faults: WayFaults, seed: number): FaultyLink<MemoryWire, MemoryWire> {
  return new FaultyLink(new MemoryLink(50), {
    faults,
    rng: seededRng(seed),
    isForPeer: () => true,
    corrupt: (wire, rng) => ('body' in wire ? { ...wire, body: flipBit(wire.body, rng) } : wire),
  })
}

function pairOf(
  faults: WayFaults,
  seed = 1,
): ConstructorParameters<typeof PairDriver<MemoryWire, MemoryWire>>[0] {
  return {
    a: faulty(faults, seed),
    b: faulty(faults, seed + 1),
    opened: { kind: 'opened' },
    closed: { kind: 'closed' },
    carry: (wire) => wire,
    requestsMax: 50,
  }
}

linkSuite('FaultyLink without faults', () => pairOf({}))

/** Up, with both sides' `up` taken. */
function up(faults: WayFaults, seed?: number): Driver {
  const driver = new PairDriver(pairOf(faults, seed))
  driver.open()
  for (const side of ['a', 'b'] as const) driver.take(side)
  return driver
}

/** Asks with bodies 1 … `count`; which of them came out at the other side, in order, `ms` later. */
function ask(driver: Driver, count: number, ms: number): number[] {
  const begun = driver.now
  for (let id = 1; id <= count; id++) driver.request('a', id, Uint8Array.of(id))
  for (let elapsed = 0; elapsed <= ms; elapsed++) {
    driver.reach(begun + elapsed)
    driver.deliver()
  }
  return driver.take('b').flatMap((output) => (output.kind === 'request' ? [output.body[0]!] : []))
}

const ORDER = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

describe('a faulty link', () => {
  it('loses what it says, and who asked hears so at the deadline', () => {
    const driver = up({ loss: 1 })
    driver.request('a', 1, Uint8Array.of(1))
    driver.deliver()
    expect(driver.take('b')).toEqual([])
    driver.reach(driver.now + 30_000)
    expect(driver.take('a')).toEqual([{ kind: 'failed', id: 1, failure: 'lost' }])
  })

  it('brings what is late when it is due, and asks for a timeout until then', () => {
    const pair = pairOf({ delayMs: 100 })
    const driver = new PairDriver(pair)
    driver.open()
    driver.take('b')
    driver.request('a', 1, Uint8Array.of(1))
    expect(pair.a.nextTimeout()).toBe(driver.now + 100)
    driver.reach(driver.now + 99)
    driver.deliver()
    expect(driver.take('b')).toEqual([])
    driver.reach(driver.now + 1)
    driver.deliver()
    expect(driver.take('b')).toHaveLength(1)
  })

  it('keeps the order where messages take different times, and not where some take a detour', () => {
    expect(ask(up({ jitterMs: 20 }), 10, 30)).toEqual(ORDER)
    const detoured = ask(up({ detour: 0.5, detourMs: 20 }), 10, 30)
    expect(detoured.toSorted((a, b) => a - b)).toEqual(ORDER)
    expect(detoured).not.toEqual(ORDER)
  })

  it('doubles', () => {
    expect(ask(up({ doubling: 1 }), 2, 0)).toEqual([1, 1, 2, 2])
  })

  it('changes one bit', () => {
    const [changed] = ask(up({ corruption: 1 }), 1, 0)
    expect(Math.log2(changed! ^ 1) % 1).toBe(0)
  })

  it('lets go of what is on its way when the way closes', () => {
    const driver = up({ delayMs: 100 })
    driver.request('a', 1, Uint8Array.of(1))
    driver.close()
    driver.open()
    driver.reach(driver.now + 1000)
    driver.deliver()
    expect(driver.take('b').filter(({ kind }) => kind === 'request')).toEqual([])
  })

  it('leaves each request its one answer, whatever happens, the same for the same chance', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const faults = fc.record({
      ...{ loss: share, doubling: share, corruption: share, detour: share },
      ...{ detourMs: fc.nat(100), delayMs: fc.nat(100), jitterMs: fc.nat(100) },
    })
    fc.assert(
      fc.property(faults, fc.nat(), (each, seed) => {
        const course = play(up(each, seed))
        expect(course.answered.toSorted((a, b) => a - b)).toEqual(ORDER)
        expect(play(up(each, seed))).toEqual(course)
      }),
      { numRuns: 200 },
    )
  })
})

/** Ten requests to a peer that answers each that it gets, until the deadline of all. */
function play(driver: Driver): { readonly answered: number[]; readonly told: unknown[] } {
  for (const id of ORDER) driver.request('a', id, Uint8Array.of(id))
  const told: unknown[] = []
  const until = driver.now + 30_000
  while (driver.now <= until) {
    driver.deliver()
    for (const output of driver.take('b')) {
      if (output.kind === 'request') driver.handle('b', { kind: 'reply', id: output.id, body: output.body })
    }
    told.push(...driver.take('a'))
    driver.reach(driver.now < until - 1000 ? driver.now + 50 : driver.now + 1000)
  }
  const answered = told.flatMap((output) => [(output as { id: number }).id])
  return { answered, told }
}
