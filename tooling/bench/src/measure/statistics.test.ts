import { expect, it } from 'vitest'
import { median, quantile } from './statistics.ts'

it('the median is the middle value, or the mean of the two in the middle', () => {
  expect(median([5, 1, 3])).toBe(3)
  expect(median([4, 1, 3, 2])).toBe(2.5)
})

it('a quantile of nothing is no number', () => {
  expect(quantile([], 0.5)).toBeNaN()
})

it('quantiles run from the least to the greatest value', () => {
  expect([0, 0.99, 1].map((share) => quantile([10, 0], share))).toEqual([0, 9.9, 10])
})
