import type { Address } from '@hourglass/ilp'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { ConnectionKeys } from './keys.ts'
import { SendingEnd } from './sending-end.ts'

const keys = new ConnectionKeys(nodeCrypto, new Uint8Array(32))
const destination = 'test.bob' as Address
const PLAN = { amount: 5n, destinationMin: 3n, isFulfillable: true, frames: [], expiresAt: 1e12 }

describe('the sending end of a connection', () => {
  it('numbers its packets from 1 and states their minimum: STR-13, STR-18, STR-84', () => {
    const end = new SendingEnd(nodeRng, keys, { destination })
    const packets = [1, 2, 3].map((id) => keys.openPacket(end.build(id, PLAN).prepare.data)!)
    expect(packets.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n])
    expect(packets[0]?.prepareAmount).toBe(3n)
  })

  it('says when its keys are nearly worn out, and never uses them longer: STR-12, SEC-49', () => {
    const last = 2n ** 31n - 1n
    expect(new SendingEnd(nodeRng, keys, { destination, sequence: last - 1000n }).isWorn).toBe(false)
    const end = new SendingEnd(nodeRng, keys, { destination, sequence: last - 1n })
    expect(end.isWorn).toBe(true)
    end.build(1, PLAN)
    expect(() => end.build(2, PLAN)).toThrow('keys are worn out')
  })

  it('takes one fulfillment alone, and for a probe none: STR-32, STR-33', () => {
    const end = new SendingEnd(nodeRng, keys, { destination })
    const { prepare, outstanding } = end.build(1, PLAN)
    const fulfillment = keys.fulfillment(prepare.data)
    const data = new Uint8Array(0)
    expect(end.check(outstanding, { type: 13, fulfillment, data }).isFulfilled).toBe(true)
    expect(end.check(outstanding, { type: 13, fulfillment: new Uint8Array(32), data }).isFulfilled).toBe(
      false,
    )
    const probe = end.build(2, { ...PLAN, isFulfillable: false })
    const its = keys.fulfillment(probe.prepare.data)
    expect(keys.condition(its)).not.toEqual(probe.prepare.executionCondition)
    expect(end.check(probe.outstanding, { type: 13, fulfillment: its, data }).isFulfilled).toBe(false)
  })
})
