import { nodeCrypto } from '@hourglass/sansio/io'
import { PacketType } from '@hourglass/ilp'
import { describe, expect, it } from 'vitest'
import { Inquiry } from './inquiry.ts'
import { StreamSender } from './sender.ts'
import { Hops, PLAIN_PATH } from './testing/hops.ts'
import { seededRng } from './testing/seeded-rng.ts'

const world = { rng: seededRng(1), now: () => 0, after: (_: number, act: () => void) => act() }

describe('STREAM inquiry', () => {
  it('tells a payer that lost all answers what a connection has brought the receiver: STR-13, STR-66', () => {
    const hops = new Hops(PLAIN_PATH, world)
    const credentials = hops.credentials()
    const common = { crypto: nodeCrypto, rng: world.rng, credentials }
    const sender = new StreamSender({ ...common, amount: { send: 500n } })
    sender.handle({ kind: 'start' }, 0)
    let lastSequence = 0n
    for (let output = sender.poll(); output !== undefined; output = sender.poll()) {
      if (output.kind === 'quoted') sender.handle({ kind: 'pay' }, 0)
      if (output.kind !== 'prepare') continue
      lastSequence++
      const reply = hops.carry(output.prepare)
      // The Fulfill is never heard of.
      if (reply.type === PacketType.Reject) sender.handle({ kind: 'reply', id: output.id, reply }, 0)
    }
    expect(hops.received).toBe(500n)
    const inquiry = new Inquiry({ ...common, lastSequence })
    const question = inquiry.ask(1, 30_000)
    expect(question.amount).toBe(0n)
    expect(inquiry.answered(hops.carry(question))).toMatchObject({ received: 500n, closed: undefined })
  })

  it('believes nobody but the receiver: STR-38', () => {
    const hops = new Hops({ ...PLAIN_PATH, lossPerMille: 1021 }, world)
    const credentials = hops.credentials()
    const inquiry = new Inquiry({ crypto: nodeCrypto, rng: world.rng, credentials, lastSequence: 0n })
    expect(inquiry.answered(hops.carry(inquiry.ask(1, 30_000)))).toBeUndefined()
  })
})
