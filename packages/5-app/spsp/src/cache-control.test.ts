import { describe, expect, it } from 'vitest'
import { freshMs } from './cache-control.ts'

describe('freshMs', () => {
  it.each([
    ['max-age=60', 60_000],
    ['Max-Age=60, private', 60_000],
    ['private, max-age="60"', 60_000],
    ['max-age=9999999999', 86_400_000],
    ['max-age=0', 0],
    ['max-age=-1', 0],
    ['max-age=1.5', 0],
    ['max-age=60, no-cache', 0],
    ['no-store, max-age=60', 0],
    ['no-cache', 0],
    ['', 0],
    [undefined, 0],
  ])('SPSP-12, PP-25: Cache-Control %s keeps an answer for %i ms', (header, ms) => {
    expect(freshMs(header)).toBe(ms)
  })
})
