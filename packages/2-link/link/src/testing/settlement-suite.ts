/** What every settlement must do, whatever moves the value. Layer 2, testing. It knows the face alone. */
import type { Journal } from '@hourglass/journal'
import { type Driver, drive, nodeRng } from '@hourglass/sansio/io'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Settlement, SettlementInput, SettlementOutput } from '../settlement.ts'

/** One life of one side: made anew over what the last life left in its journal. */
export interface SettlementLife {
  /** Restored. */
  readonly settlement: Settlement<unknown, unknown>
  readonly journal: Journal
  /** Carries an action to the ledger. */
  perform(action: unknown): void
  /** What the ledger tells goes there from now on. */
  listen(tell: (event: unknown) => void): void
  /** Lets go of ledger and journal: nothing is told from now on. */
  close(): Promise<void>
}

export interface SettlementFixture {
  /** Begins a side's life. */
  begin(name: 'alice' | 'bob'): Promise<SettlementLife>
  /** An amount ten times above the fees of settling it, in base units of the account. A side has 20 times as much. */
  readonly unit: bigint
  /** What the side's account on the ledger holds, final, in the same base units. */
  holds(name: 'alice' | 'bob'): Promise<bigint>
  /** Lets the ledger, and everybody, go on for a moment. */
  advance(): Promise<void>
  dispose(): Promise<void>
}

type Input = SettlementInput<unknown>
type Output = SettlementOutput<unknown>
/** What becomes of a message on the link. */
type Fate = 'delivered' | 'lost' | 'doubled'

/** One side with its link to the other. */
class Side {
  peer!: Side
  /** What was told last, in this life. */
  received = 0n
  sent = 0n
  /** The highest that was ever told as received. */
  shown = 0n
  /** What becomes of requests of ours. */
  fate: () => Fate = () => 'delivered'
  /** Replies to requests that a test made, by its ids. */
  readonly answers = new Map<number, string>()
  readonly #name: 'alice' | 'bob'
  #life: SettlementLife | undefined
  #driver: Driver<Input> | undefined
  /** Requests that wait for their one answer. */
  readonly #waiting = new Set<number>()

  constructor(name: 'alice' | 'bob') {
    this.#name = name
  }

  async begin(fixture: SettlementFixture): Promise<void> {
    const life = await fixture.begin(this.#name)
    this.#life = life
    const driver = drive<Input, Output>(life.settlement, (output) => this.#perform(output, life))
    this.#driver = driver
    life.listen((event) => driver.push({ kind: 'ledger', event }))
    driver.push({ kind: 'timeout' })
  }

  /** Ends the process at once. */
  async end(): Promise<void> {
    const life = this.#life
    this.#life = undefined
    this.#driver?.stop()
    this.#driver = undefined
    this.#waiting.clear()
    this.received = 0n
    this.sent = 0n
    await life?.close()
  }

  push(input: Input): void {
    this.#driver?.push(input)
  }

  settle(total: bigint): void {
    this.push({ kind: 'settle', total })
  }

  link(isUp: boolean): void {
    this.push({ kind: isUp ? 'up' : 'down' })
    if (isUp) return
    for (const id of this.#waiting) this.push({ kind: 'failed', id, failure: 'lost' })
    this.#waiting.clear()
  }

  #perform(output: Output, life: SettlementLife): void {
    switch (output.kind) {
      case 'request':
        return this.#request(output.id, output.body)
      case 'reply':
        return this.#answer(output.id, { kind: 'reply', id: output.id, body: output.body })
      case 'refuse':
        return this.#answer(output.id, { kind: 'failed', id: output.id, failure: 'refused' })
      case 'ledger':
        return life.perform(output.action)
      case 'commit':
        return life.journal.commit(output.records, () => this.push({ kind: 'committed', id: output.id }))
      case 'received':
        this.received = output.total
        if (output.total > this.shown) this.shown = output.total
        return
      case 'sent':
        this.sent = output.total
        return
      case 'trace':
    }
  }

  #request(id: number, body: Uint8Array): void {
    this.#waiting.add(id)
    const fate = this.fate()
    const { peer } = this
    if (fate !== 'lost') setImmediate(() => peer.push({ kind: 'request', id, body }))
    if (fate === 'doubled') setImmediate(() => peer.push({ kind: 'request', id: id + COPY, body }))
    const driver = this.#driver
    // A link gives up what is not answered.
    if (fate === 'lost') setTimeout(() => this.#arrive({ kind: 'failed', id, failure: 'lost' }, driver), 5)
  }

  #answer(id: number, answer: Extract<Input, { kind: 'reply' | 'failed' }>): void {
    const { peer } = this
    if (id >= TEST_IDS) peer.answers.set(id, answer.kind)
    else setImmediate(() => peer.#arrive(answer, peer.#driver))
  }

  #arrive(answer: Extract<Input, { kind: 'reply' | 'failed' }>, driver: Driver<Input> | undefined): void {
    if (this.#waiting.delete(answer.id)) driver?.push(answer)
  }
}

/** Added to the id of a request's copy, whose answer nobody awaits. */
const COPY = 1_000_000_000
const TEST_IDS = 2_000_000_000
const TIMEOUT_MS = 60_000

export function settlementSuite(name: string, makeFixture: () => Promise<SettlementFixture>): void {
  describe(`${name}, as a settlement`, { timeout: TIMEOUT_MS }, () => {
    let fixture: SettlementFixture
    let alice: Side
    let bob: Side
    let unit: bigint

    beforeEach(async () => {
      fixture = await makeFixture()
      unit = fixture.unit
      alice = new Side('alice')
      bob = new Side('bob')
      alice.peer = bob
      bob.peer = alice
      await begin(alice, bob)
    })
    afterEach(async () => {
      await Promise.all([alice.end(), bob.end()])
      await fixture.dispose()
    })

    async function begin(...sides: Side[]): Promise<void> {
      for (const side of sides) await side.begin(fixture)
      link(true)
    }
    function link(isUp: boolean): void {
      alice.link(isUp)
      bob.link(isUp)
    }
    async function until(isSo: () => boolean): Promise<void> {
      while (!isSo()) await fixture.advance()
    }
    async function aWhile(): Promise<void> {
      for (let i = 0; i < 10; i++) await fixture.advance()
    }

    it('pays running totals both ways, and both sides say the same', async () => {
      alice.settle(unit)
      bob.settle(2n * unit)
      await until(() => bob.received === unit && alice.received === 2n * unit)
      alice.settle(3n * unit)
      await until(() => bob.received === 3n * unit)
      await until(() => alice.sent === 3n * unit && bob.sent === 2n * unit)
    })

    it('pays nothing for a total that was ordered before, or a lower one: PCS-12', async () => {
      alice.settle(2n * unit)
      await until(() => alice.sent === 2n * unit)
      alice.settle(2n * unit)
      alice.settle(unit)
      await aWhile()
      expect(bob.received).toBe(2n * unit)
      expect(alice.sent).toBe(2n * unit)
    })

    it('pays what was ordered while the link was down, when it is up again', async () => {
      alice.settle(unit)
      await until(() => bob.received === unit)
      link(false)
      alice.settle(4n * unit)
      await aWhile()
      expect(bob.received).toBe(unit)
      link(true)
      await until(() => bob.received === 4n * unit && alice.sent === 4n * unit)
    })

    it('pays once though messages are lost and doubled', async () => {
      const fates: Fate[] = ['lost', 'doubled', 'delivered', 'doubled']
      let messages = 0
      alice.fate = () => fates[messages++ % fates.length]!
      for (let total = unit; total <= 5n * unit; total += unit) {
        alice.settle(total)
        await until(() => alice.sent === total)
      }
      await aWhile()
      expect(bob.received).toBe(5n * unit)
    })

    it('tells its totals again after a restart, and pays nothing twice', async () => {
      alice.settle(3n * unit)
      await until(() => alice.sent === 3n * unit)
      link(false)
      await alice.end()
      await bob.end()
      await begin(alice, bob)
      alice.settle(3n * unit)
      await until(() => bob.received === 3n * unit && alice.sent === 3n * unit)
      alice.settle(4n * unit)
      await until(() => bob.received === 4n * unit)
    })

    it('has kept whatever it told, wherever its process ends', async () => {
      for (let total = unit; total <= 5n * unit; total += unit) {
        alice.settle(total)
        // Killed in the very moment in which it tells, and at once after its payer orders more.
        await until(() => bob.received >= total)
        link(false)
        const ending = total % (2n * unit) === 0n ? alice : bob
        await ending.end()
        await begin(ending)
        alice.settle(total)
        await until(() => bob.received >= bob.shown && alice.sent === total)
        expect(bob.received).toBe(total)
      }
    })

    it('takes in what was promised when asked to, no more and no less than fees, and the totals stay', async () => {
      alice.settle(2n * unit)
      await until(() => bob.received === 2n * unit)
      const before = await fixture.holds('bob')
      bob.push({ kind: 'collect' })
      let gained = 0n
      while (gained === 0n) {
        await fixture.advance()
        gained = (await fixture.holds('bob')) - before
      }
      expect(gained).toBeLessThanOrEqual(2n * unit)
      expect(gained).toBeGreaterThan(unit)
      alice.settle(3n * unit)
      await until(() => bob.received === 3n * unit && alice.sent === 3n * unit)
    })

    it('brings all money home when the peering ends, less fees, also over a restart, and pays no more', async () => {
      const before = { alice: await fixture.holds('alice'), bob: await fixture.holds('bob') }
      alice.settle(3n * unit)
      bob.settle(unit)
      await until(() => bob.received === 3n * unit && alice.received === unit)
      await until(() => alice.sent === 3n * unit && bob.sent === unit)
      alice.push({ kind: 'end' })
      bob.push({ kind: 'end' })
      await fixture.advance()
      link(false)
      await alice.end()
      await begin(alice)
      alice.push({ kind: 'end' })
      const isHome = async (name: 'alice' | 'bob', gained: bigint): Promise<boolean> => {
        const held = await fixture.holds(name)
        return held <= before[name] + gained && held > before[name] + gained - unit
      }
      while (!((await isHome('alice', -2n * unit)) && (await isHome('bob', 2n * unit))))
        await fixture.advance()
      alice.settle(4n * unit)
      await aWhile()
      expect(bob.received).toBe(3n * unit)
      expect([await isHome('alice', -2n * unit), await isHome('bob', 2n * unit)]).toEqual([true, true])
    })

    it('answers each request once, whatever is in it', async () => {
      const bodies = [new Uint8Array(0), Uint8Array.of(1), nodeRng.bytes(40), nodeRng.bytes(1000)]
      for (let i = 0; i < 200; i++) {
        const body = bodies[i] ?? Uint8Array.of(1, i % 5, ...nodeRng.bytes(i))
        bob.push({ kind: 'request', id: TEST_IDS + i, body })
      }
      await until(() => alice.answers.size === 200)
      alice.settle(unit)
      await until(() => bob.received === unit)
    })
  })
}
