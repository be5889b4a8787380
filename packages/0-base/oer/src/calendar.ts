/** The calendar of the wire formats: proleptic Gregorian, UTC, without leap seconds. Base. */

export const SECOND_MS = 1000
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

export interface CalendarDate {
  readonly year: number
  /** 1 … 12 */
  readonly month: number
  /** 1 … 31 */
  readonly day: number
}

/** Whether the day exists, in the years 1 … 9999. */
export function isDate(year: number, month: number, day: number): boolean {
  return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

/** Days from 1970-01-01 to the date. Years begin in March, so that the leap day comes last. */
export function dayOf(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1
  const marchMonth = (month + 9) % 12
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  return marchYear * 365 + leapDays + Math.floor((marchMonth * 153 + 2) / 5) + day - 1 - EPOCH_DAY
}

/** The date that lies `days` after 1970-01-01. */
export function dateOf(days: number): CalendarDate {
  const era = Math.floor((days + EPOCH_DAY) / ERA_DAYS)
  const dayOfEra = days + EPOCH_DAY - era * ERA_DAYS
  // A cycle's last day would be counted into the next one: 4 years, 100 years and 400 years each end in one.
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / (4 * 365)) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / (ERA_DAYS - 1))) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = ((marchMonth + 2) % 12) + 1
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  }
}

/** Days in 400 years. */
const ERA_DAYS = 146_097
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_DAY = 719_468

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
