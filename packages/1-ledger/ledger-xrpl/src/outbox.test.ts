import { AssertionError } from '@hourglass/sansio'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { LEDGERS_MAX, Outbox, type OutboxInput, type OutboxOutput } from './outbox.ts'

const FIELDS = { TransactionType: 'AccountSet' }
const submit: OutboxInput = {
  kind: 'submit',
  id: 1,
  fields: FIELDS,
  sequence: 5,
  ledgerIndex: 100,
  feeDrops: 10n,
}
const ledger = (ledgerIndex: number, feeDrops = 10n): OutboxInput => ({
  kind: 'ledger',
  ledgerIndex,
  feeDrops,
})
const validated = (hash: string, sequence = 5): OutboxInput => ({
  kind: 'validated',
  transaction: { hash, sequence },
})
const answered = (result: string): OutboxInput => ({ kind: 'answered', id: 1, result })

let outbox: Outbox

beforeEach(() => {
  outbox = new Outbox({
    sign: (_, { sequence, lastLedger, feeDrops }) => {
      const hash = `${sequence}/${lastLedger}/${feeDrops}`
      return { hash, blob: hash }
    },
    feeDropsMax: 100n,
  })
})

/** What comes out, in short. */
function hand(...inputs: OutboxInput[]): string[] {
  for (const input of inputs) outbox.handle(input)
  const outputs: OutboxOutput[] = []
  for (let output = outbox.poll(); output !== undefined; output = outbox.poll()) outputs.push(output)
  return outputs.map((output) => {
    if (output.kind === 'send') return `send ${output.transaction.hash}`
    return output.kind === 'final' ? `final ${output.hash}` : `void ${output.answer ?? ''}`
  })
}

describe('one transaction', () => {
  it('goes out with the sequence number of its ledger, and a last ledger', () => {
    expect(hand(submit)).toEqual([`send 5/${100 + LEDGERS_MAX}/10`])
    expect(outbox.idle).toBe(false)
  })

  it('is sent again in each ledger, the same each time, since its way may have been lost', () => {
    hand(submit)
    expect(hand(ledger(101), ledger(102))).toEqual(['send 5/110/10', 'send 5/110/10'])
  })

  it('ends when a validated ledger holds it', () => {
    hand(submit)
    expect(hand(validated('5/110/10'))).toEqual(['final 5/110/10'])
    expect(outbox.idle).toBe(true)
    expect(hand(ledger(101), validated('5/110/10'))).toEqual([])
  })

  it('is void when its last ledger passed without it, and not one ledger earlier', () => {
    hand(submit)
    for (let index = 101; index < 110; index++) expect(hand(ledger(index))).toHaveLength(1)
    expect(hand(ledger(110))).toEqual(['void '])
  })

  it('counts in its last ledger, too', () => {
    hand(submit, ledger(109))
    expect(hand(validated('5/110/10'), ledger(110))).toEqual(['final 5/110/10'])
  })

  it('is void when somebody else used its number', () => {
    hand(submit)
    expect(hand(validated('another', 4), validated('a ticket', 0))).toEqual([])
    expect(hand(validated('another'))).toEqual(['void '])
  })

  it('is one at a time', () => {
    hand(submit)
    expect(() => hand({ ...submit, id: 2 })).toThrow(AssertionError)
  })
})

describe('answers', () => {
  it('decide nothing: not a success, not a refusal', () => {
    hand(submit)
    for (const result of ['tesSUCCESS', 'tefPAST_SEQ', 'tecNO_DST', 'temMALFORMED', 'terQUEUED']) {
      expect(hand(answered(result))).toEqual([])
      expect(outbox.idle).toBe(false)
    }
    expect(hand(validated('5/110/10'))).toEqual(['final 5/110/10'])
  })

  it('are told where the transaction came to nothing', () => {
    hand(submit, answered('temMALFORMED'))
    expect(hand(ledger(110))).toEqual(['void temMALFORMED'])
  })

  it('to an older transaction do not count', () => {
    hand(submit, validated('5/110/10'), { ...submit, id: 2, sequence: 6 }, answered('temMALFORMED'))
    expect(hand(ledger(110))).toEqual(['void '])
  })
})

describe('fees', () => {
  it('rise when the server wants more, with the same number and last ledger', () => {
    hand(submit, answered('telINSUF_FEE_P'))
    expect(hand(ledger(101, 50n))).toEqual(['send 5/110/50'])
    expect(hand(ledger(102, 50n))).toEqual(['send 5/110/50'])
  })

  it('rise where it lasts, by at least a half', () => {
    hand(submit)
    expect(hand(ledger(101), ledger(102), ledger(103))).toEqual([
      'send 5/110/10',
      'send 5/110/10',
      'send 5/110/16',
    ])
  })

  it('never exceed their bound', () => {
    expect(hand({ ...submit, feeDrops: 1000n })).toEqual(['send 5/110/100'])
    expect(hand(answered('telINSUF_FEE_P'), ledger(101, 5000n))).toEqual(['send 5/110/100'])
  })

  it('do not matter to the end: each fee that was tried may be the one that came through', () => {
    hand(submit, answered('telINSUF_FEE_P'), ledger(101, 50n))
    expect(hand(validated('5/110/10'))).toEqual(['final 5/110/10'])
  })
})

describe('ledgers that nobody remembers', () => {
  it('make it void where its number is taken after them', () => {
    hand(submit)
    expect(hand({ kind: 'gap', sequence: 5 })).toEqual([])
    expect(hand({ kind: 'gap', sequence: 6 })).toEqual(['void '])
    expect(hand({ kind: 'gap', sequence: 7 })).toEqual([])
  })
})

it('ends each transaction once, whatever comes in which order', () => {
  const anyInput: fc.Arbitrary<OutboxInput> = fc.oneof(
    fc.integer({ min: 101, max: 115 }).map((index) => ledger(index)),
    fc.constantFrom('5/110/10', '5/110/16', 'another').map((hash) => validated(hash)),
    fc.constantFrom('telINSUF_FEE_P', 'tesSUCCESS').map(answered),
    fc.constantFrom<OutboxInput>({ kind: 'gap', sequence: 5 }, { kind: 'gap', sequence: 6 }),
  )
  fc.assert(
    fc.property(fc.array(anyInput), (inputs) => {
      hand(submit)
      const ends = [...inputs, ledger(110)]
        .flatMap((input) => hand(input))
        .filter((text) => !text.startsWith('send'))
      expect(ends).toHaveLength(1)
      expect(outbox.idle).toBe(true)
    }),
    { numRuns: 2000 },
  )
})
