/**
 * Answers, copies, cuts and questions of hostile peers, one attack a case. After each: the honest are served, the books
 * add up, nothing is held or open, and no attacker has more than before or owes more than it may (testing/field.ts).
 */
import { encodeFulfill, encodePrepare, encodeReject, toAddress } from '@hourglass/ilp'
import { decodeUtf8, encodeHex } from '@hourglass/oer'
import { describe, expect } from 'vitest'
import { type Attack, codeOf, withstand } from './testing/field.ts'
import { about, fulfilled, questionOf, reply, up } from './testing/recovery.ts'
import {
  CONDITION,
  FULFILLMENT,
  NOTHING,
  NOW,
  fulfillBody,
  handle,
  prepare,
} from './testing/one-connector.ts'

const toMallory = { destination: toAddress('test.mallory'), amount: 10n }
const reject = encodeReject({ code: 'F99', triggeredBy: '', message: '', data: NOTHING })
const wrong = encodeFulfill({ fulfillment: CONDITION, data: NOTHING })

const answers: readonly Attack[] = [
  [
    'a wrong fulfillment: SEC-01',
    (f) => expect(codeOf(f.answer(f.pass(toMallory, 'alice'), wrong))).toBe('F05'),
  ],
  [
    'two fulfillments',
    (f) => {
      const id = f.pass(toMallory, 'alice')
      expect(f.answer(id, fulfillBody)).toHaveLength(1)
      expect(f.answer(id, fulfillBody)).toEqual([])
      f.paid('alice', 'mallory', 10n)
    },
  ],
  [
    'a fulfillment, then a Reject',
    (f) => {
      const id = f.pass(toMallory, 'alice')
      f.answer(id, fulfillBody)
      expect(f.answer(id, reject)).toEqual([])
      f.paid('alice', 'mallory', 10n)
    },
  ],
  [
    'a Reject, then a fulfillment',
    (f) => {
      const id = f.pass(toMallory, 'alice')
      f.answer(id, reject)
      expect(f.answer(id, fulfillBody)).toEqual([])
    },
  ],
  ['an answer to nothing', (f) => expect(f.answer(4711, fulfillBody)).toEqual([])],
  [
    'an answer that is no packet',
    (f) => expect(codeOf(f.answer(f.pass(toMallory, 'alice'), Uint8Array.of(13, 1)))).toBe('T00'),
  ],
  [
    'a Prepare for an answer',
    (f) => expect(codeOf(f.answer(f.pass(toMallory, 'alice'), encodePrepare(prepare())))).toBe('T00'),
  ],
  [
    'a Reject in our name: it is relayed as it came, and nothing is paid: SEC-05',
    (f) => {
      const lie = encodeReject({
        code: 'T04',
        triggeredBy: toAddress('test.node'),
        message: '',
        data: NOTHING,
      })
      expect(f.answer(f.pass(toMallory, 'alice'), lie)).toMatchObject([{ kind: 'reply', body: lie }])
      expect(f.machine.rejections({})).toEqual([])
    },
  ],
]

const copies: readonly Attack[] = [
  [
    'a copy of a packet of alice’s, to have its fulfillment for nothing: SEC-08',
    (f) => {
      const ids = [f.pass({}, 'alice'), f.pass()]
      for (const id of ids) f.answer(id, fulfillBody)
      f.paid('alice', 'bob', 10n)
      f.paid('mallory', 'bob', 10n)
    },
  ],
  [
    'a packet that was paid, again: SEC-08',
    (f) => {
      for (let i = 0; i < 2; i++) f.answer(f.pass(), fulfillBody)
      f.paid('mallory', 'bob', 20n)
    },
  ],
  [
    'a question about a packet of alice’s, to have its fulfillment',
    (f) => {
      f.answer(f.pass({ amount: 100n }, 'alice'), fulfillBody)
      const body = about({})
      const input = { kind: 'request', account: 'mallory', id: 9, protocol: 'reconcile', body } as const
      const [output] = handle(f.machine, input)
      const { body: answer } = output as { body: Uint8Array }
      expect(encodeHex(answer)).not.toContain(encodeHex(FULFILLMENT))
      f.paid('alice', 'bob', 100n)
    },
  ],
  [
    'questions why packets of others were rejected: SEC-05',
    (f) => {
      f.attack({ amount: 5000n }, NOW, 'alice')
      const input = {
        kind: 'request',
        account: 'mallory',
        id: 9,
        protocol: 'explain',
        body: CONDITION,
      } as const
      const [output] = handle(f.machine, input)
      expect(decodeUtf8((output as { body: Uint8Array }).body)).toBe('[]')
    },
  ],
]

const links: readonly Attack[] = [
  [
    'a cut with a packet under way, then a lie that it was fulfilled: SEC-01',
    (f) => {
      const id = f.pass(toMallory, 'alice')
      handle(f.machine, { kind: 'down', account: 'mallory' })
      handle(f.machine, { kind: 'failed', id, failure: 'lost' })
      const question = questionOf(handle(f.machine, up('mallory')))
      const lie = { kind: 'fulfilled', fulfillment: CONDITION } as const
      expect(handle(f.machine, reply(question.id, lie))).toMatchObject([
        { event: 'connector.wrong-fulfillment' },
      ])
      expect(f.machine.books.holds.size).toBe(1)
      const again = questionOf(handle(f.machine, { kind: 'timeout' }, NOW + 500))
      handle(f.machine, reply(again.id, fulfilled), NOW + 500)
      f.paid('alice', 'mallory', 10n)
    },
  ],
  [
    'a cut, then other answers than were asked for',
    (f) => {
      const id = f.pass(toMallory, 'alice')
      handle(f.machine, { kind: 'down', account: 'mallory' })
      handle(f.machine, { kind: 'failed', id, failure: 'lost' })
      const question = questionOf(handle(f.machine, up('mallory')))
      handle(f.machine, reply(question.id, fulfilled, fulfilled))
      handle(f.machine, { kind: 'timeout' }, NOW + 9000)
      expect(f.machine.books.accounts.get('alice')!.heldIncoming).toBe(0n)
    },
  ],
  [
    'questions that cannot be read',
    (f) => {
      const body = Uint8Array.of(255, 255, 255, 255)
      const input = { kind: 'request', account: 'mallory', id: 9, protocol: 'reconcile', body } as const
      expect(handle(f.machine, input)).toMatchObject([{ kind: 'refuse' }])
    },
  ],
  [
    'a link that comes and goes',
    (f) => {
      for (let i = 0; i < 100; i++) {
        handle(f.machine, { kind: 'down', account: 'mallory' })
        handle(f.machine, up('mallory'))
      }
    },
  ],
  [
    'protocols that nobody serves',
    (f) => {
      const input = { kind: 'request', account: 'mallory', id: 9, protocol: 'admin', body: NOTHING } as const
      expect(handle(f.machine, input)).toMatchObject([{ kind: 'refuse' }])
    },
  ],
]

describe.each([
  ['answers', answers],
  ['copies', copies],
  ['links', links],
] as const)('the books add up and the honest are served after attacks with %s:', (_, attacks) =>
  withstand(attacks),
)
