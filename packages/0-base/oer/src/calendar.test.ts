import { expect, it } from 'vitest'
import { DAY_MS, dateOf, dayOf, isDate } from './calendar.ts'

it('every day of the years 1 to 9999 is the platform’s day, in both directions (OER-23)', () => {
  const date = new Date(0)
  const first = Date.parse('0001-01-01T00:00:00Z') / DAY_MS
  const last = Date.parse('9999-12-31T00:00:00Z') / DAY_MS
  let wrong = 0
  for (let day = first; day <= last; day++) {
    date.setTime(day * DAY_MS)
    const ours = dateOf(day)
    const same =
      ours.year === date.getUTCFullYear() &&
      ours.month === date.getUTCMonth() + 1 &&
      ours.day === date.getUTCDate() &&
      isDate(ours.year, ours.month, ours.day) &&
      dayOf(ours.year, ours.month, ours.day) === day
    if (!same) wrong++
  }
  expect(wrong).toBe(0)
})
