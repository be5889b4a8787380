import { describe, expect, it } from 'vitest'
import { ErrorCode, errorClass } from './error-code.ts'

describe('error codes', () => {
  it('are all that RFC 27 names, each as its name begins (ILP-35 … ILP-58)', () => {
    const all = 'F00 F01 F02 F03 F04 F05 F06 F07 F08 F99 T00 T01 T02 T03 T04 T05 T99 R00 R01 R02 R99'
    expect(Object.values(ErrorCode).join(' ')).toBe(all)
    for (const [name, code] of Object.entries(ErrorCode)) expect(name.slice(0, 3)).toBe(code)
  })

  it.each([
    ['F00', 'final'],
    ['F42', 'final'],
    ['T00', 'temporary'],
    ['T42', 'temporary'],
    ['R00', 'relative'],
    ['R42', 'relative'],
    ['X42', 'final'],
    ['t00', 'final'],
    ['', 'final'],
  ])('%j counts as %s, known or not (ILP-59 … ILP-62)', (code, expected) => {
    expect(errorClass(code)).toBe(expected)
  })
})
