import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Outbox } from './outbox.ts'

it('sends together what is said in one turn, and then what is said later', async () => {
  const sent: (readonly number[])[] = []
  const outbox = new Outbox<number>((messages) => sent.push(messages))
  outbox.say(1)
  outbox.say(2)
  expect(sent).toEqual([])
  await nextTurn()
  expect(sent).toEqual([[1, 2]])
  outbox.say(3)
  await nextTurn()
  expect(sent).toEqual([[1, 2], [3]])
})

it('sends at once where no turn is left, and nothing twice', async () => {
  const sent: (readonly number[])[] = []
  const outbox = new Outbox<number>((messages) => sent.push(messages))
  outbox.say(1)
  outbox.flush()
  expect(sent).toEqual([[1]])
  await nextTurn()
  expect(sent).toHaveLength(1)
})
