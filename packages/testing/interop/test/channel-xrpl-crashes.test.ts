/** A process that ends between any two steps of paying over the XRP Ledger: the next one goes on, and pays once. */
import { MessageType, messageType } from '@hourglass/channel/testing'
import type { LedgerAction } from '@hourglass/ledger'
import type { SettlementOutput } from '@hourglass/link'
import { afterEach, describe, expect, it } from 'vitest'
import { DEPOSIT } from './xrpl-side.ts'
import { RULE_SETS, World } from './xrpl-world.ts'

type Output = SettlementOutput<LedgerAction>

const XRP = 1_000_000n
/** Ledgers that close before somebody starts the process again: none, and more than a transaction lives. */
const AWAY = [0, 12]

const action =
  (kind: LedgerAction['kind']) =>
  (output: Output): boolean =>
    output.kind === 'ledger' && output.action.kind === kind

const message =
  (type: number) =>
  (output: Output): boolean =>
    (output.kind === 'request' || output.kind === 'reply') && messageType(output.body) === type

/** The nth commit from now on. */
const commit = (n: number): ((output: Output) => boolean) => {
  let left = n
  return (output) => output.kind === 'commit' && --left === 0
}

interface Point {
  readonly at: string
  readonly who: 'alice' | 'bob'
  readonly when: 'dieBefore' | 'dieAfter'
  readonly where: () => (output: Output) => boolean
  /** What was paid before all that. */
  readonly paid?: bigint
}
const POINTS: readonly Point[] = [
  { at: 'before what the payer decided is durable', who: 'alice', when: 'dieBefore', where: () => commit(1) },
  {
    at: 'when what the payer decided is being written',
    who: 'alice',
    when: 'dieAfter',
    where: () => commit(1),
  },
  { at: 'before the opening is handed in', who: 'alice', when: 'dieBefore', where: () => action('open') },
  {
    at: 'between the submission of the opening and its commit',
    who: 'alice',
    when: 'dieAfter',
    where: () => action('open'),
  },
  {
    at: 'before the name of the open channel is durable',
    who: 'alice',
    when: 'dieBefore',
    where: () => commit(2),
  },
  { at: 'before the claim is durable', who: 'alice', when: 'dieBefore', where: () => commit(3) },
  {
    at: 'before the durable claim is sent',
    who: 'alice',
    when: 'dieBefore',
    where: () => message(MessageType.Claim),
  },
  {
    at: 'after the claim is sent, before its answer',
    who: 'alice',
    when: 'dieAfter',
    where: () => message(MessageType.Claim),
  },
  {
    at: 'between the submission of more money and its commit',
    who: 'alice',
    when: 'dieAfter',
    where: () => action('fund'),
    paid: XRP,
  },
  { at: 'before the claim that came is durable', who: 'bob', when: 'dieBefore', where: () => commit(1) },
  {
    at: 'before the durable claim is answered',
    who: 'bob',
    when: 'dieBefore',
    where: () => message(MessageType.Answer),
  },
  { at: 'before the redeem is handed in', who: 'bob', when: 'dieBefore', where: () => action('redeem') },
  {
    at: 'between the submission of the redeem and its commit',
    who: 'bob',
    when: 'dieAfter',
    where: () => action('redeem'),
  },
]

let world: World

describe.each(RULE_SETS)('a crash, by the rules of %s', { retry: 0 }, (_name, rules) => {
  afterEach(async () => world.close())

  it.each(POINTS.map((point) => [point.at, point] as const))(
    '%s',
    async (_at, { who, when, where, paid = 0n }) => {
      const total = 8n * XRP
      for (const ledgers of AWAY) {
        world = await World.open(rules)
        const { alice, bob } = world
        const victim = world[who]
        await world.paid(paid, { redeemThreshold: 1n })
        victim[when] = where()
        alice.settle(total)
        await world.until(() => !victim.isRunning)
        await victim.stop()
        await world.ticks(ledgers)
        await victim.start({ redeemThreshold: 1n })
        world.disconnect()
        world.connect()
        alice.settle(total)
        await world.until(() => alice.sent === total && bob.received === total)
        await world.until(async () => (await world.channel()).Balance === String(total))
        const { Amount } = await world.channel()
        expect(BigInt(Amount), 'opened or filled up once').toBe(total + DEPOSIT)
        await world.expectSums({
          sent: total,
          received: total,
          paid: total,
          escrowed: BigInt(Amount) - total,
        })
        if (ledgers !== AWAY.at(-1)) await world.close()
      }
    },
  )
})
