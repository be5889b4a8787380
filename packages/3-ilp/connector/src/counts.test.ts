import { encodeReject } from '@hourglass/ilp'
import { expect, it } from 'vitest'
import { NOTHING, ask, connector, fulfillBody, handle, prepare, send } from './testing/one-connector.ts'

it('an account counts its packets by direction and by how they ended: CONN-42', () => {
  const machine = connector()
  const body = encodeReject({ code: 'F99', triggeredBy: '', message: '', data: NOTHING })
  handle(machine, { kind: 'reply', id: send(machine), body: fulfillBody })
  handle(machine, { kind: 'reply', id: send(machine), body })
  handle(machine, { kind: 'failed', id: send(machine), failure: 'lost' })
  handle(machine, ask(prepare({ amount: 5000n })))
  send(machine)
  expect([...machine.accounts()].map(({ counts }) => counts)).toEqual([
    { incomingFulfilled: 1, incomingRejected: 3, outgoingFulfilled: 0, outgoingRejected: 0 },
    { incomingFulfilled: 0, incomingRejected: 0, outgoingFulfilled: 1, outgoingRejected: 2 },
  ])
})
