import { describe, expect, it } from 'vitest'
import { Fields, parseJson } from './json.ts'

describe('what a daemon says in JSON', () => {
  it('keeps each digit of an amount, however it is written', () => {
    const text = '{"n":2100000000000000123,"s":"2100000000000000123","m":"5msat","small":7}'
    const fields = new Fields(parseJson(text))
    expect(fields.amount('n')).toBe(2_100_000_000_000_000_123n)
    expect(fields.amount('s')).toBe(2_100_000_000_000_000_123n)
    expect([fields.amount('m'), fields.amount('small'), fields.amount('absent')]).toEqual([5n, 7n, 0n])
  })

  it('leaves the outcome unknown where a field is not what it should be', () => {
    const fields = new Fields(parseJson('{"a":1.5,"b":[1],"c":{},"d":"x"}'))
    const unknown = expect.objectContaining({ code: 'unavailable' }) as Error
    expect(() => fields.amount('a')).toThrow(unknown)
    expect(() => fields.amount('d')).toThrow(unknown)
    expect(() => fields.list('b')).toThrow(unknown)
    expect(() => fields.list('c')).toThrow(unknown)
    expect(() => fields.text('a')).toThrow(unknown)
    expect(() => fields.hex('d')).toThrow(unknown)
    expect(() => new Fields(parseJson('no JSON'))).toThrow(unknown)
  })
})
