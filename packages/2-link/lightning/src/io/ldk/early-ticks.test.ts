import { expect, it } from 'vitest'
import { EarlyTicks } from './early-ticks.ts'

const START = 1000

/** So many payments, each begun and ended at these times. */
function pay(ticks: EarlyTicks, payments: number, begun: number, ended: number): void {
  for (let i = 0; i < payments; i++) ticks.began(`${begun} ${i}`, begun)
  for (let i = 0; i < payments; i++) ticks.ended(`${begun} ${i}`, ended)
}

it('ticks early where much is paid, and not where little is', () => {
  const ticks = new EarlyTicks(START)
  expect(ticks.isDue(START + 9999)).toBe(false)
  pay(ticks, 3, START + 1, START + 20)
  expect(ticks.isDue(START + 9999)).toBe(false)
  pay(ticks, 1, START + 21, START + 40)
  expect(ticks.isDue(START + 40)).toBe(true)
})

it('waits for what was under way at the last tick, but not for what is held', () => {
  const ticks = new EarlyTicks(START)
  ticks.began('slow', START)
  pay(ticks, 9, START + 1, START + 20)
  expect(ticks.isDue(START + 9999)).toBe(false)
  expect(ticks.isDue(START + 10_000)).toBe(true)
  ticks.ended('slow', START + 50)
  expect(ticks.isDue(START + 50)).toBe(true)
})

it('does not wait for what began since', () => {
  const ticks = new EarlyTicks(START)
  pay(ticks, 4, START + 1, START + 20)
  ticks.began('new', START + 15)
  expect(ticks.isDue(START + 20)).toBe(true)
  ticks.ticked(START + 20)
  pay(ticks, 4, START + 21, START + 60)
  expect(ticks.isDue(START + 60)).toBe(false)
})

it('leaves slow peers the time that they took, also for the tick after', () => {
  const ticks = new EarlyTicks(START)
  ticks.began('slow', START + 1)
  pay(ticks, 4, START + 1, START + 20)
  ticks.ended('slow', START + 301)
  expect(ticks.isDue(START + 301)).toBe(true)
  ticks.ticked(START + 301)
  pay(ticks, 4, START + 302, START + 320)
  expect(ticks.isDue(START + 600)).toBe(false)
  expect(ticks.isDue(START + 601)).toBe(true)
  ticks.ticked(START + 601)
  pay(ticks, 4, START + 602, START + 620)
  expect(ticks.isDue(START + 620)).toBe(true)
})
