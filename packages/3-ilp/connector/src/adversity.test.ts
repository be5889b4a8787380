import { type Address, encodeFulfill, encodePrepare, encodeReject } from '@hourglass/ilp'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConnectorInput } from './messages.ts'
import {
  CONDITION,
  NOTHING,
  connector,
  handle,
  prepare,
  ask,
  fulfillBody,
  balances,
} from './testing/one-connector.ts'

describe('connector: whatever peers do', () => {
  it('keeps each balance the sum of its fulfilled packets, and no hold once all are answered', () => {
    const step = fc.record({
      from: fc.constantFrom('alice', 'bob'),
      amount: fc.bigInt({ min: 0n, max: 400n }),
      outcome: fc.constantFrom('fulfill', 'reject', 'wrong', 'lost', 'garbage', 'twice'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.infiniteStream(fc.boolean()), (steps, later) => {
        const routes = [
          { prefix: 'test.bob', account: 'bob' },
          { prefix: 'test.alice', account: 'alice' },
        ]
        const machine = connector({ routes, spread: { numerator: 1n, denominator: 7n } })
        const expected = { alice: 0n, bob: 0n }
        const open: { id: number; step: (typeof steps)[number] }[] = []
        const answer = (): void => {
          const next = open.shift()
          if (next === undefined) return
          const { from, amount, outcome } = next.step
          const good: ConnectorInput = { kind: 'reply', id: next.id, body: fulfillBody }
          if (outcome === 'lost') handle(machine, { kind: 'failed', id: next.id, failure: 'lost' })
          else if (outcome === 'garbage') handle(machine, { ...good, body: Uint8Array.of(13) })
          else if (outcome === 'wrong') {
            handle(machine, { ...good, body: encodeFulfill({ fulfillment: CONDITION, data: NOTHING }) })
          } else if (outcome === 'reject') {
            handle(machine, {
              ...good,
              body: encodeReject({ code: 'F99', triggeredBy: '', message: '', data: NOTHING }),
            })
          } else {
            handle(machine, good)
            if (outcome === 'twice') handle(machine, good)
            const to = from === 'alice' ? 'bob' : 'alice'
            expected[from as 'alice'] += amount
            expected[to] -= amount
          }
        }
        steps.forEach((step, i) => {
          const destination = (step.from === 'alice' ? 'test.bob' : 'test.alice') as Address
          const [output] = handle(machine, ask(prepare({ amount: step.amount, destination }), i, step.from))
          if (output?.kind === 'request') open.push({ id: output.id, step })
          for (const { balance, heldIncoming } of machine.accounts()) {
            expect(balance + heldIncoming <= 1000n).toBe(true)
          }
          expect(machine.books.assets().every(({ sum }) => sum === 0n)).toBe(true)
          if (later.next().value) answer()
        })
        while (open.length > 0) answer()
        expect(balances(machine)).toEqual(expected)
        expect([...machine.accounts()].map((a) => a.heldIncoming + a.heldOutgoing)).toEqual([0n, 0n])
        expect([...machine.accounts()].map((a) => a.packetsInFlight)).toEqual([0, 0])
      }),
      { numRuns: 500 },
    )
  })

  it('answers any bytes from a peer with exactly one reply, and no balance moves', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.nat(200), fc.nat(255)).map(([at, value]) => {
        const packet = encodePrepare(prepare())
        packet[at % packet.length] = value
        return packet
      }),
    )
    const machine = connector()
    fc.assert(
      fc.property(bytes, (body) => {
        const outputs = handle(machine, ask(body))
        expect(outputs).toHaveLength(1)
        expect(balances(machine)).toEqual({ alice: 0n, bob: 0n })
        if (outputs[0]?.kind === 'request') {
          handle(machine, { kind: 'failed', id: outputs[0].id, failure: 'lost' })
        }
      }),
      { numRuns: 10_000 },
    )
  })
})
