import { DecodeError } from '@hourglass/sansio'
import { beforeEach, describe, expect, it } from 'vitest'
import { Greeting } from './greeting.ts'
import { SettlementEffects } from './settlement-effects.ts'

const OURS = Uint8Array.of(1)
const THEIRS = Uint8Array.of(2)
const NONSENSE = Uint8Array.of(3)

let effects: SettlementEffects<never>
let greeting: Greeting
let greeted: Uint8Array[]

beforeEach(() => {
  effects = new SettlementEffects()
  greeted = []
  greeting = new Greeting({
    effects,
    hello: () => OURS,
    greeted(hello) {
      if (hello === NONSENSE) throw new DecodeError('bad-type', 0)
      greeted.push(hello)
    },
  })
})

/** Our hello goes out, and nothing else; what answers it. */
function said(): (answer: Uint8Array | undefined) => void {
  const output = effects.poll()
  if (output?.kind !== 'request') throw new Error('no hello was said')
  expect(output.body).toBe(OURS)
  expect(effects.poll()).toBeUndefined()
  return (answer) => effects.answered(output.id, answer)
}

function waitForIt(): number {
  const before = effects.now
  effects.now = greeting.nextTimeout()!
  greeting.timeout()
  return effects.now - before
}

describe('a greeting', () => {
  it('is said when the link comes up, and over with the answer', () => {
    greeting.linkChanged(true)
    said()(THEIRS)
    expect(greeted).toEqual([THEIRS])
    expect(greeting.nextTimeout()).toBeUndefined()
  })

  it('is said again, later each time, until the answer can be read', () => {
    greeting.linkChanged(true)
    said()(undefined)
    expect(waitForIt()).toBe(1000)
    said()(NONSENSE)
    expect(waitForIt()).toBe(2000)
    said()(THEIRS)
    expect(greeting.nextTimeout()).toBeUndefined()
  })

  it('waits for the link where it is down, and for nothing where the peering has ended', () => {
    greeting.linkChanged(true)
    const answer = said()
    greeting.linkChanged(false)
    answer(undefined)
    expect(greeting.nextTimeout()).toBeUndefined()
    greeting.linkChanged(true)
    const last = said()
    greeting.end()
    last(undefined)
    expect(greeting.nextTimeout()).toBeUndefined()
    greeting.linkChanged(true)
    expect(effects.poll()).toBeUndefined()
  })

  it('takes what the peer says first, and says so where it cannot be read', () => {
    expect(greeting.take(THEIRS)).toBe(true)
    expect(greeting.take(NONSENSE)).toBe(false)
    expect(greeted).toEqual([THEIRS])
  })
})
