import { expect, it } from 'vitest'
import { OwedAnswers } from './owed-answers.ts'

const PREIMAGE = 2
const SIGNED = 1
const REVOKED = 3

/** A change as LDK writes it: its steps, each with so many bytes. */
function update(...steps: [kind: number, bytes: number][]): Uint8Array {
  const head = Buffer.alloc(18)
  head.writeBigUInt64BE(BigInt(steps.length), 10)
  const parts = steps.map(([kind, bytes]) =>
    Buffer.concat([Buffer.of(kind), bigSize(bytes), Buffer.alloc(bytes)]),
  )
  return Buffer.concat([head, ...parts, Buffer.of(0)])
}

function bigSize(value: number): Buffer {
  if (value < 0xfd) return Buffer.of(value)
  const long = Buffer.alloc(value <= 0xffff ? 3 : 5)
  long[0] = value <= 0xffff ? 0xfd : 0xfe
  if (value <= 0xffff) long.writeUInt16BE(value, 1)
  else long.writeUInt32BE(value, 1)
  return long
}

it('is owed an answer from a signature on, until the peer revokes', () => {
  const owed = new OwedAnswers()
  expect(owed.isOwedSince('a', 1000)).toBe(false)
  owed.changed('a', update([SIGNED, 30]), 50)
  expect(owed.isOwedSince('a', 49)).toBe(false)
  expect(owed.isOwedSince('a', 50)).toBe(true)
  owed.changed('a', update([PREIMAGE, 60]), 60)
  expect(owed.isOwedSince('a', 50)).toBe(true)
  owed.changed('a', update([REVOKED, 40]), 70)
  expect(owed.isOwedSince('a', 1000)).toBe(false)
})

it('is owed the next one where the same change has both, whatever lies between', () => {
  const owed = new OwedAnswers()
  owed.changed('a', update([SIGNED, 30]), 10)
  for (const [i, bytes] of [0, 0xfc, 0xfd, 0xffff, 0x1_0000].entries()) {
    owed.changed('a', update([REVOKED, 40], [PREIMAGE, bytes], [SIGNED, bytes]), 20 + i)
    expect(owed.isOwedSince('a', 19 + i)).toBe(false)
    expect(owed.isOwedSince('a', 20 + i)).toBe(true)
  }
})

it('knows each channel for itself', () => {
  const owed = new OwedAnswers()
  owed.changed('a', update([SIGNED, 30]), 10)
  owed.changed('b', update([SIGNED, 30]), 20)
  owed.changed('a', update([REVOKED, 40]), 30)
  expect(owed.isOwedSince('a', 1000)).toBe(false)
  expect(owed.isOwedSince('b', 20)).toBe(true)
  owed.gone('b')
  expect(owed.isOwedSince('b', 1000)).toBe(false)
})
