import { expect, it } from 'vitest'
import { AssertionError, DecodeError, UsageError, assert } from './errors.ts'

it('says of bad octets what is wrong and where', () => {
  const error = new DecodeError('short', 7)
  expect([error.name, error.code, error.at, error.message]).toEqual([
    'DecodeError',
    'short',
    7,
    'short at byte 7',
  ])
})

it('stops on a broken invariant, and on nothing else', () => {
  expect(() => assert(true, 'holds')).not.toThrow()
  expect(() => assert(false, 'holds')).toThrow(AssertionError)
  expect(() => assert(false, 'money is conserved')).toThrow('broken invariant: money is conserved')
})

it('keeps the kinds apart: nobody who catches one catches another', () => {
  const errors = [new DecodeError('short', 0), new UsageError('no'), new AssertionError('no')]
  for (const kind of [DecodeError, UsageError, AssertionError]) {
    expect(errors.filter((error) => error instanceof kind)).toHaveLength(1)
  }
})
