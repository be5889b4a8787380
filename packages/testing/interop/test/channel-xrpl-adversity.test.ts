/**
 * Whatever goes wrong between two settlements and the XRP Ledger, in any order: nobody is paid twice, nothing is
 * credited twice, no claim is lost to a source that closes, and all arrives in the end.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEPOSIT, type Side } from './xrpl-side.ts'
import { RULE_SETS, type RuleSet, World } from './xrpl-world.ts'

const RUNS = 6
const TEST_MS_MAX = 180_000
/** Long enough for any of the mishaps below. */
const SETTLE_DELAY_S = 3600
/** More than any mishap lasts. */
const CALM_LEDGERS = 24
const OPTIONS = {
  settleDelayMs: SETTLE_DELAY_S * 1000,
  settleDelayMsMin: SETTLE_DELAY_S * 1000,
}

/** How often each is drawn. */
const WEIGHTS: Readonly<Record<string, number>> = {
  ...{ order: 3, tick: 3, collect: 1, crash: 1, connect: 1, disconnect: 1, 'request-close': 2 },
  ...{ discard: 1, 'lose-answer': 1, 'hold-back': 1, 'skip-streams': 1, duplicate: 1, drop: 1 },
  ...{ load: 1, behind: 1, reverse: 1 },
}
const KINDS = Object.entries(WEIGHTS).flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind))

interface Step {
  readonly kind: string
  readonly who: 'alice' | 'bob'
  readonly size: number
}
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...KINDS),
  who: fc.constantFrom('alice', 'bob'),
  size: fc.integer({ min: 1, max: 4 }),
})

class Trial {
  readonly world: World
  readonly ordered = { alice: 0n, bob: 0n }

  constructor(world: World) {
    this.world = world
  }

  async apply({ kind, who, size }: Step): Promise<void> {
    const { world } = this
    switch (kind) {
      case 'tick':
        return world.ticks(size)
      case 'crash':
        return this.restart(world[who])
      case 'request-close':
        return this.requestClose(world[who])
      default:
        this.act(kind, world[who], size)
    }
  }

  act(kind: string, side: Side, size: number): void {
    switch (kind) {
      case 'order':
        this.ordered[nameOf(side)] += (BigInt(size) * DEPOSIT) / 3n
        side.settle(this.ordered[nameOf(side)])
        break
      case 'collect':
        side.input({ kind: 'collect' })
        break
      case 'connect':
        this.world.connect()
        break
      case 'disconnect':
        this.world.disconnect()
        break
      case 'drop':
        this.world.server.dropConnections()
        break
      default:
        this.harm(kind, size)
    }
  }

  harm(kind: string, size: number): void {
    const { faults } = this.world.server
    switch (kind) {
      case 'discard':
        faults.discardSubmits(size)
        break
      case 'lose-answer':
        faults.loseAnswers(1)
        break
      case 'hold-back':
        faults.holdBack(size, size)
        break
      case 'skip-streams':
        faults.skipStreams(size)
        break
      case 'duplicate':
        faults.duplicateStreams = !faults.duplicateStreams
        break
      case 'load':
        faults.loadFactor = size ** 3
        break
      case 'behind':
        faults.ledgersBehind = size - 1
        break
      case 'reverse':
        faults.reverseNextLedger()
        break
    }
  }

  /** No more faults: everything that was ordered arrives, and can be redeemed. */
  async recover(): Promise<void> {
    const { world, ordered } = this
    const { alice, bob, server } = world
    Object.assign(server.faults, { duplicateStreams: false, loadFactor: 1, ledgersBehind: 0 })
    world.disconnect()
    world.connect()
    // What was lost, held back or not told is made up for while the ledger's time still goes at its own pace.
    await world.ticks(CALM_LEDGERS)
    await world.catchUp()
    await world.ticks(CALM_LEDGERS)
    for (let i = 0; i < 8; i++) {
      await world.tick(SETTLE_DELAY_S / 4) // Channels that are closing are closed.
      await world.ticks(2)
    }
    await world.until(() => bob.received === ordered.alice && alice.received === ordered.bob)
    await world.until(() => alice.sent === ordered.alice && bob.sent === ordered.bob)
    for (const side of [alice, bob]) side.input({ kind: 'collect' })
    await world.ticks(2 * CALM_LEDGERS)
  }

  async check(): Promise<void> {
    const { world, ordered } = this
    for (const side of [world.alice, world.bob]) {
      const closed = side.tracesOf('channel.closed').filter(({ role }) => role === 'incoming')
      for (const fields of closed) expect(fields).toMatchObject({ lost: 0n })
    }
    const all = async ({ wallet }: Side): Promise<bigint> => {
      const channels = (await world.channelsOf(wallet)).filter(
        ({ Account }) => Account === wallet.classicAddress,
      )
      expect(channels.length).toBeLessThanOrEqual(1)
      return channels.reduce((sum, { Amount, Balance }) => sum + BigInt(Amount) - BigInt(Balance), 0n)
    }
    const [escrowed, backEscrowed] = [await all(world.alice), await all(world.bob)]
    const both = (total: bigint): { sent: bigint; received: bigint } => ({ sent: total, received: total })
    // What went one way came back the other: the ledger's own sums show the difference.
    const back = { ...both(ordered.bob), paid: ordered.bob, escrowed: backEscrowed }
    await world.expectSums({ ...both(ordered.alice), paid: ordered.alice, escrowed, back })
  }

  async restart(side: Side): Promise<void> {
    await side.stop()
    await side.start(OPTIONS)
    this.world.disconnect()
    this.world.connect()
    side.settle(this.ordered[nameOf(side)])
  }

  async requestClose({ wallet }: Side): Promise<void> {
    const [channel] = (await this.world.channelsOf(wallet)).filter(
      ({ Account }) => Account === wallet.classicAddress,
    )
    if (channel === undefined) return
    const close = { TransactionType: 'PaymentChannelClaim', Channel: channel.index, Flags: 0x0002_0000 }
    await this.world.submit(wallet, close)
  }
}

function nameOf({ name }: Side): 'alice' | 'bob' {
  return name === 'alice' ? 'alice' : 'bob'
}

async function run(rules: RuleSet, steps: readonly Step[]): Promise<void> {
  const world = await World.open(rules)
  try {
    await world.ticks(4) // A server that is behind knows the accounts all the same.
    await world.start(OPTIONS)
    const trial = new Trial(world)
    for (const each of steps) await trial.apply(each)
    await trial.recover()
    await trial.check()
  } finally {
    await world.close()
  }
}

describe.each(RULE_SETS)('adversity, by the rules of %s', { retry: 0 }, (_name, rules) => {
  it('neither pays nor credits twice, loses no claim, and pays all', { timeout: TEST_MS_MAX }, async () => {
    const steps = fc.array(step, { minLength: 10, maxLength: 40, size: 'max' })
    const property = fc.asyncProperty(steps, (each) => run(rules, each))
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
  })
})
