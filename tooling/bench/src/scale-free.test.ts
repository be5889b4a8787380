import { expect, it } from 'vitest'
import { chanceOf, scaleFree } from './scale-free.ts'

it('a network has as many links as asked for, some nodes with many of them, and is the same each time', () => {
  const { links } = scaleFree(1000, 3500, chanceOf(1))
  expect(links).toHaveLength(3500)
  expect(new Set(links.map((pair) => pair.join(' '))).size).toBe(3500)
  const degrees = new Map<number, number>()
  for (const node of links.flat()) degrees.set(node, (degrees.get(node) ?? 0) + 1)
  expect(degrees.size).toBe(1000)
  expect(Math.max(...degrees.values())).toBeGreaterThan(60)
  expect(scaleFree(1000, 3500, chanceOf(1)).links).toEqual(links)
})
