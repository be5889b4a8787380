/**
 * Packets that hostile peers send, one attack a case. After each: the honest are served, the books
 * add up, nothing is held or open, and no attacker has more than before or owes more than it may (testing/field.ts).
 */
import { type Address, encodePrepare, encodeReject, toAddress } from '@hourglass/ilp'
import { encodeUtf8 } from '@hourglass/oer'
import { describe, expect } from 'vitest'
import { REJECTIONS_KEPT } from './rejections.ts'
import { type Attack, IN_FLIGHT_MAX, codeOf, withstand } from './testing/field.ts'
import { questionOf, reply } from './testing/recovery.ts'
import { FULFILLMENT, NOTHING, NOW, fulfillBody, handle, prepare, rejectOf } from './testing/one-connector.ts'

/** Offsets in a short Prepare. */
const EXPIRES_AT = 10
const DESTINATION_AT = 60

/** A Prepare of mallory's with these octets in it. */
function altered(at: number, octets: Uint8Array | string): Uint8Array {
  const packet = encodePrepare(prepare({ destination: toAddress('test.node.bob') }))
  packet.set(typeof octets === 'string' ? encodeUtf8(octets) : octets, at)
  return packet
}

const toMallory = { destination: toAddress('test.mallory'), amount: 10n }
const reject = encodeReject({ code: 'F99', triggeredBy: '', message: '', data: NOTHING })

const times: readonly Attack[] = [
  ['an expired packet', (f) => expect(f.refusal({ expiresAt: NOW - 1 })).toBe('R02')],
  ['one that expires now', (f) => expect(f.refusal({ expiresAt: NOW })).toBe('R02')],
  ['a clock an hour behind', (f) => expect(f.refusal({ expiresAt: NOW - 3_590_000 })).toBe('R02')],
  [
    'an expiry in the year 9999, to hold money for ever: SEC-06, SEC-07',
    (f) => {
      const [output] = f.attack({ expiresAt: Date.UTC(9999, 0) })
      expect(output).toMatchObject({ kind: 'request', deadline: NOW + 30_000 })
      f.fail((output as { id: number }).id)
    },
  ],
  [
    'a date that only some can read: SEC-02',
    (f) => expect(f.refusal(altered(EXPIRES_AT, '20301302'))).toBe('F01'),
  ],
  ['a date with a sign: SEC-02', (f) => expect(f.refusal(altered(EXPIRES_AT, '+0300102'))).toBe('F01')],
  [
    'a second that does not exist: SEC-02',
    (f) => expect(f.refusal(altered(EXPIRES_AT + 12, '61'))).toBe('F01'),
  ],
  [
    'a fulfillment after the timeout: SEC-01, SEC-07',
    (f) => {
      const id = f.pass(toMallory, 'alice')
      const outputs = f.answer(id, fulfillBody, NOW + 9000)
      expect(rejectOf(outputs.filter(({ kind }) => kind === 'reply')).code).toBe('R00')
      // Who is told that it came too late takes the loss.
      const question = questionOf(outputs)
      handle(f.machine, reply(question.id, { kind: 'void' }), NOW + 9000)
    },
  ],
  [
    'a fulfillment in the last millisecond, which counts',
    (f) => {
      f.answer(f.pass(toMallory, 'alice'), fulfillBody, NOW + 8999)
      f.paid('alice', 'mallory', 10n)
    },
  ],
  [
    'no answer at all: SEC-06',
    (f) => {
      const id = f.pass(toMallory, 'alice')
      const outputs = handle(f.machine, { kind: 'failed', id, failure: 'lost' }, NOW + 9000)
      expect(f.machine.books.accounts.get('alice')!.heldIncoming).toBe(0n)
      handle(f.machine, reply(questionOf(outputs).id, { kind: 'void' }), NOW + 9000)
    },
  ],
]

const amounts: readonly Attack[] = [
  ['the largest amount there is', (f) => expect(f.refusal({ amount: 2n ** 64n - 1n })).toBe('F08')],
  ['more than one packet may carry', (f) => expect(f.refusal({ amount: 401n })).toBe('F08')],
  [
    'an amount that would wrap in units a thousand times smaller',
    (f) =>
      expect(f.refusal({ amount: 2n ** 63n, destination: toAddress('test.trudy') }, NOW, 'alice')).toBe(
        'T04',
      ),
  ],
  [
    'dust that would be delivered and not be charged: SEC-31, SEC-39',
    (f) => expect(f.refusal({ amount: 1n }, NOW, 'trudy')).toBe('R01'),
  ],
  [
    'more than it may owe, in parts: SEC-35',
    (f) => {
      const ids = [f.pass({ amount: 400n }), f.pass({ amount: 100n })]
      expect(f.refusal({ amount: 1n })).toBe('T04')
      f.fail(...ids)
    },
  ],
  [
    'more than it may owe, while what it owes is on its way: SEC-35',
    (f) => {
      const first = f.pass({ amount: 400n })
      const second = f.pass({ amount: 100n })
      f.answer(first, fulfillBody)
      expect(f.refusal({ amount: 1n })).toBe('T04')
      f.answer(second, fulfillBody)
      f.paid('mallory', 'bob', 500n)
    },
  ],
  [
    'settlements that it lets be refused afterwards: SEC-36',
    (f) => {
      const ids = Array.from({ length: 5 }, () => f.pass({ ...toMallory, amount: 100n }, 'alice'))
      for (const id of ids) expect(f.answer(id, reject)).toMatchObject([{ kind: 'reply' }])
    },
  ],
  [
    'a settlement told twice, and one that is less than before',
    (f) => {
      for (const total of [50n, 50n, 20n]) {
        handle(f.machine, { kind: 'received', account: 'mallory', total, reference: 'x' })
      }
      f.moved['mallory']! -= 50n
    },
  ],
  [
    'more packets at a time than it may have: SEC-06',
    (f) => {
      const ids = Array.from({ length: IN_FLIGHT_MAX }, () => f.pass({ amount: 0n }))
      expect(f.refusal({ amount: 0n })).toBe('T05')
      f.fail(...ids)
    },
  ],
]

const addresses: readonly Attack[] = [
  [
    'an address that begins like another: SEC-09',
    (f) => expect(f.refusal(to('test.node.bobby'))).toBe('F02'),
  ],
  [
    'an address that ends where another goes on: SEC-09',
    (f) => expect(f.refusal(to('test.mallor'))).toBe('F02'),
  ],
  [
    'an octet that some read as a letter: SEC-03',
    (f) => expect(f.refusal(altered(DESTINATION_AT + 5, Uint8Array.of(0xe2)))).toBe('F01'),
  ],
  ['an empty segment: SEC-10', (f) => expect(f.refusal(altered(DESTINATION_AT + 5, '.'))).toBe('F01')],
  ['an address of the link: SEC-10', (f) => expect(f.refusal(to('peer.bob'))).toBe('F01')],
  ['one below an address of the link: SEC-10', (f) => expect(f.refusal(to('peer.config.bob'))).toBe('F01')],
  [
    '`self.` and `local.`: SEC-10',
    (f) => expect([f.refusal(to('self.bob')), f.refusal(to('local.bob'))]).toEqual(['F02', 'F02']),
  ],
  ['the live network: SEC-10', (f) => expect(f.refusal(to('g.node.bob'))).toBe('F02')],
  ['a packet to itself: SEC-38', (f) => expect(f.refusal(to('test.mallory'))).toBe('F02')],
  [
    'a packet for the node: SEC-42',
    (f) => expect(f.refusal({ ...to('test.node'), data: encodeUtf8('ECHOECHOECHOECHO\0\0') })).toBe('F02'),
  ],
  [
    'a request for an address, as no child of ours: SEC-11',
    (f) => expect(f.refusal(to('peer.config'))).toBe('F00'),
  ],
  [
    'money in what the node answers itself',
    (f) => {
      const heartbeat = { ...to('peer.heartbeat'), data: FULFILLMENT }
      for (let i = 0; i < 100; i++) expect(f.attack(heartbeat)).toMatchObject([{ kind: 'reply' }])
    },
  ],
]

const octets: readonly Attack[] = [
  [
    'a length of four gigabytes: SEC-04',
    (f) => expect(f.refusal(Uint8Array.of(12, 0x84, 255, 255, 255, 255))).toBe('F01'),
  ],
  ['a length of its length: SEC-04', (f) => expect(f.refusal(Uint8Array.of(12, 0xff))).toBe('F01')],
  ['nothing: SEC-04', (f) => expect(f.refusal(NOTHING)).toBe('F01')],
  ['an answer for a question', (f) => expect(f.refusal(fulfillBody)).toBe('F01')],
  [
    'octets behind the packet, which do not travel on',
    (f) => {
      const packet = encodePrepare(prepare({ destination: toAddress('test.node.bob') }))
      const [output] = f.attack(Uint8Array.of(...packet, 1, 2, 3))
      if (output?.kind === 'request') {
        expect(output.body).toHaveLength(packet.length)
        f.fail(output.id)
      } else expect(codeOf([output!])).toBe('F01')
    },
  ],
  [
    'ten thousand packets that are refused, to fill the memory: SEC-13',
    (f) => {
      for (let i = 0; i < 10_000; i++) f.attack({ amount: 5000n })
      expect(f.machine.rejections({ account: 'mallory' })).toHaveLength(REJECTIONS_KEPT)
    },
  ],
  [
    'a message that tells who else is here: SEC-05',
    (f) => {
      for (const packet of [
        { amount: 5000n },
        to('test.nobody'),
        to('test.node.carol'),
        { expiresAt: NOW },
      ]) {
        expect(rejectOf(f.attack(packet)).message).not.toMatch(/alice|bob|trudy|\d/)
      }
    },
  ],
]

describe.each([
  ['times', times],
  ['amounts', amounts],
  ['addresses', addresses],
  ['octets', octets],
] as const)('the books add up and the honest are served after attacks with %s:', (_, attacks) =>
  withstand(attacks),
)

function to(destination: string): { destination: Address } {
  return { destination: toAddress(destination) }
}
