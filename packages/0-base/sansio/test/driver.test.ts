import { afterEach, expect, it } from 'vitest'
import type { Instant, Machine, TimeoutInput } from '../src/index.ts'
import { now } from '../src/io/clock.ts'
import { type Driver, drive } from '../src/io/driver.ts'

interface Word {
  readonly kind: 'word'
  readonly word: string
}

/** Says each word back; remembers how it was driven. */
class Echo implements Machine<Word | TimeoutInput, string> {
  readonly times: Instant[] = []
  readonly #outputs: string[] = []
  wakeAt: Instant | undefined
  isHandling = false

  handle(input: Word | TimeoutInput, at: Instant): void {
    expect(this.isHandling, 'no handle inside another').toBe(false)
    this.isHandling = true
    this.times.push(at)
    if (input.kind === 'word') this.#outputs.push(input.word)
    else if (this.wakeAt !== undefined && at >= this.wakeAt) {
      this.wakeAt = undefined
      this.#outputs.push('woke')
    }
    this.isHandling = false
  }

  poll(): string | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    return this.wakeAt
  }
}

let driver: Driver<Word> | undefined
afterEach(() => driver?.stop())

it('performs each output, in order, before it takes the next input; what is pushed meanwhile waits', () => {
  const performed: string[] = []
  const machine = new Echo()
  driver = drive<Word, string>(machine, (word) => {
    performed.push(word)
    if (word === 'a') {
      driver?.push({ kind: 'word', word: 'c' })
      performed.push('a is done')
    }
  })
  driver.push({ kind: 'word', word: 'a' })
  driver.push({ kind: 'word', word: 'b' })
  expect(performed).toEqual(['a', 'a is done', 'c', 'b'])
})

it('hands in a timeout once it is due, and time never falls', async () => {
  const machine = new Echo()
  machine.wakeAt = now() + 5
  const due = machine.wakeAt
  await new Promise<void>((resolve) => {
    driver = drive<Word, string>(machine, (word) => {
      if (word === 'woke') resolve()
    })
    driver.push({ kind: 'word', word: 'start' })
  })
  expect(machine.times.at(-1)).toBeGreaterThanOrEqual(due)
  expect(machine.times).toEqual([...machine.times].toSorted((a, b) => a - b))
})

it('drops what comes after it was stopped, also from within', () => {
  const performed: string[] = []
  const machine = new Echo()
  machine.wakeAt = now() + 60_000
  driver = drive<Word, string>(machine, (word) => {
    performed.push(word)
    driver?.stop()
  })
  driver.push({ kind: 'word', word: 'last' })
  driver.push({ kind: 'word', word: 'late' })
  expect(performed).toEqual(['last'])
})
