import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { atTurnEnd } from '../src/io/turn.ts'

it('commits before it sends, and sends in the same turn what a commit lets go', async () => {
  const done: string[] = []
  atTurnEnd('send', () => done.push('early send'))
  atTurnEnd('commit', () => {
    done.push('commit')
    atTurnEnd('send', () => done.push('send'))
    atTurnEnd('commit', () => done.push('next commit'))
  })
  expect(done).toEqual([])
  await nextTurn()
  expect(done).toEqual(['commit', 'early send', 'send'])
  await nextTurn()
  expect(done.slice(3)).toEqual(['next commit'])
})

it('works before it commits, and commits in the same turn what work has to write', async () => {
  const done: string[] = []
  atTurnEnd('commit', () => done.push('early commit'))
  atTurnEnd('work', () => {
    done.push('work')
    atTurnEnd('commit', () => done.push('commit'))
    atTurnEnd('work', () => done.push('next work'))
  })
  await nextTurn()
  expect(done).toEqual(['work', 'early commit', 'commit'])
  await nextTurn()
  expect(done.slice(3)).toEqual(['next work'])
})

it('goes on after a task that throws', async () => {
  const thrown = new Promise((resolve) => process.once('uncaughtException', resolve))
  const listeners = process.listeners('uncaughtException').slice(0, -1)
  listeners.forEach((listener) => process.off('uncaughtException', listener))
  const sent = new Promise<void>((resolve) => {
    atTurnEnd('commit', () => {
      throw new Error('broken')
    })
    atTurnEnd('commit', resolve)
  })
  expect(await thrown).toMatchObject({ message: 'broken' })
  await sent
  listeners.forEach((listener) => process.on('uncaughtException', listener))
})
