/** Where hostile peers try what they can, and what must be true after each attempt. */
import { type Prepare, toAddress } from '@hourglass/ilp'
import { expect, it } from 'vitest'
import type { Connector } from '../connector.ts'
import type { ConnectorOutput } from '../messages.ts'
import { toRatio } from '../ratio.ts'
import { REJECTIONS_KEPT } from '../rejections.ts'
import {
  NOW,
  account,
  ask,
  balances,
  connector,
  fulfillBody,
  handle,
  prepare,
  rejectOf,
} from './one-connector.ts'

const OWED_MAX = 500n
export const IN_FLIGHT_MAX = 20

/** A node with two honest children, a hostile peer, and a hostile one in another asset. */
export class Field {
  readonly machine: Connector
  /** What the honest have moved besides. */
  readonly moved: Record<string, bigint> = { alice: 0n, bob: 0n, mallory: 0n, trudy: 0n }

  constructor() {
    const limits = { balanceMax: OWED_MAX, packetsInFlightMax: IN_FLIGHT_MAX, packetAmountMax: 400n }
    this.machine = connector({
      accounts: [
        account('alice', { relation: 'child' }),
        account('bob', { relation: 'child' }),
        account('mallory', limits),
        account('trudy', { ...limits, asset: { code: 'EUR', scale: 9 } }),
      ],
      routes: ['mallory', 'trudy'].map((id) => ({ prefix: `test.${id}`, account: id })),
      rates: [{ from: 'USD', to: 'EUR', rate: toRatio('0.9') }],
      spread: toRatio('0.01'),
      reconciling: true,
    })
  }

  /** Mallory sends this; what comes out. */
  attack(packet: Partial<Prepare> | Uint8Array = {}, now = NOW, from = 'mallory'): ConnectorOutput[] {
    const to = { destination: toAddress('test.node.bob'), amount: 10n }
    const body = packet instanceof Uint8Array ? packet : prepare({ ...to, ...packet })
    return handle(this.machine, ask(body, 1, from), now)
  }

  /** The code of the Reject that mallory gets. */
  refusal(packet: Partial<Prepare> | Uint8Array, now = NOW, from = 'mallory'): string {
    return rejectOf(this.attack(packet, now, from)).code
  }

  /** A packet goes on; the id of our request. */
  pass(packet: Partial<Prepare> = {}, from = 'mallory'): number {
    const [output] = this.attack(packet, NOW, from)
    if (output?.kind !== 'request') throw new Error(`it did not go on: ${output?.kind ?? 'nothing'}`)
    return output.id
  }

  answer(id: number, body: Uint8Array, now = NOW): ConnectorOutput[] {
    return handle(this.machine, { kind: 'reply', id, body }, now)
  }

  fail(...ids: number[]): void {
    for (const id of ids) handle(this.machine, { kind: 'failed', id, failure: 'refused' })
  }

  /** `amount` moved from one to the other, in USD. */
  paid(from: string, to: string, amount: bigint): void {
    this.moved[from]! += amount
    this.moved[to]! -= amount
  }

  check(): void {
    const { machine } = this
    for (const [from, to] of [
      ['alice', 'bob'],
      ['bob', 'alice'],
    ] as const) {
      const id = this.pass({ destination: toAddress(`test.node.${to}`), amount: 7n }, from)
      expect(this.answer(id, fulfillBody)).toMatchObject([
        { kind: 'reply', account: from, body: fulfillBody },
      ])
    }
    expect(machine.packetsInFlight).toBe(0)
    expect(machine.books.holds.size).toBe(0)
    expect(balances(machine)).toEqual(this.moved)
    for (const {
      id,
      heldIncoming,
      heldOutgoing,
      packetsInFlight,
      balance,
      balanceMax,
    } of machine.accounts()) {
      expect([id, heldIncoming, heldOutgoing, packetsInFlight]).toEqual([id, 0n, 0n, 0])
      expect(balance <= balanceMax).toBe(true)
    }
    expect(machine.books.assets().every(({ sum }) => sum === 0n)).toBe(true)
    expect(machine.rejections({}).length).toBeLessThanOrEqual(4 * REJECTIONS_KEPT)
  }
}

/** The code of the Reject among the outputs. */
export function codeOf(outputs: readonly ConnectorOutput[]): string {
  return rejectOf(outputs.filter(({ kind }) => kind === 'reply')).code
}

export type Attack = readonly [name: string, attack: (field: Field) => void]

/** Each attack on a field of its own. */
export function withstand(attacks: readonly Attack[]): void {
  it.each(attacks)('%s', (_name, attack) => {
    const field = new Field()
    field.check()
    attack(field)
    field.check()
  })
}
