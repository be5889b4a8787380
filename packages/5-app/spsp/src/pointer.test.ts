import { DecodeError } from '@hourglass/sansio'
import { loadVectors } from '@hourglass/vectors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  POINTER_FAULTS,
  POINTER_LENGTH_MAX,
  decodePointer,
  encodePointer,
  pointerOf,
  pointerUrl,
  samePointer,
} from './pointer.ts'

interface Case {
  readonly input: string
  /** The URL; null: refused; `?`: implementations differ, we refuse. */
  readonly expect: string | null
  readonly why: string
}

const { cases: vectors } = loadVectors('derived/payment-pointer.json') as { cases: Case[] }

function codeOf(text: string): string {
  try {
    return `accepted: ${pointerUrl(decodePointer(text))}`
  } catch (error) {
    if (error instanceof DecodeError) return String(error.code)
    throw error
  }
}

describe('payment pointer', () => {
  it.each(vectors.filter(({ expect: url }) => url?.startsWith('https://') === true))(
    'PP-01, PP-02: resolves $input ($why)',
    ({ input, expect: url }) => {
      expect(pointerUrl(decodePointer(input))).toBe(url)
    },
  )

  it.each(vectors.filter(({ expect: url }) => url?.startsWith('https://') !== true))(
    'PP-01, PP-09: refuses $input ($why)',
    ({ input }) => {
      expect(() => decodePointer(input)).toThrow(DecodeError)
    },
  )

  it.each([
    ['$example.com', 'https://example.com/.well-known/pay', 'PP-03'],
    ['$example.com/', 'https://example.com/.well-known/pay', 'PP-04, X-PP'],
    ['$example.com/invoices/12345', 'https://example.com/invoices/12345', 'PP-05'],
    ['$EXAMPLE.com/Bob', 'https://example.com/Bob', 'PP-12'],
    ['$a.com/a%20b', 'https://a.com/a%20b', 'PP-13'],
    ['$a.com/../b', 'https://a.com/../b', 'PP-13'],
    ['$a.com/bob/', 'https://a.com/bob/', 'PP-14'],
    ['$bob.example.com', 'https://bob.example.com/.well-known/pay', 'PP-28'],
    ['$a.com/p@ss:word', 'https://a.com/p@ss:word', 'RFC 3986 pchar'],
    ['$127.0.0.1/bob', 'https://127.0.0.1/bob', 'RFC 3986 host'],
    ['$[::1]', 'https://[::1]/.well-known/pay', 'RFC 3986 host'],
    ['$xn--exmple-cua.com', 'https://xn--exmple-cua.com/.well-known/pay', 'PP-10'],
  ])('resolves %s to %s (%s)', (text, url) => {
    expect(pointerUrl(decodePointer(text))).toBe(url)
  })

  it.each([
    ['example.com', 'no-dollar', 'PP-11'],
    ['', 'no-dollar', 'PP-11'],
    ['$$example.com', 'no-dollar', 'PP-11'],
    ['$', 'bad-host', 'PP-11'],
    ['$/bob', 'bad-host', 'PP-11'],
    ['$https://example.com', 'scheme', 'PP-11'],
    ['$user@example.com', 'user', 'PP-06'],
    ['$u:p@example.com', 'user', 'PP-06'],
    ['$example.com:8080', 'port', 'PP-07'],
    ['$example.com:443/bob', 'port', 'PP-07, X-PP3'],
    ['$example.com:', 'port', 'PP-07'],
    ['$[::1]:443', 'port', 'PP-07'],
    ['$example.com?', 'query', 'PP-08'],
    ['$example.com/bob?x=1', 'query', 'PP-08'],
    ['$example.com/bob#', 'fragment', 'PP-08'],
    ['$exämple.com', 'not-ascii', 'PP-10'],
    ['$example.com/bøb', 'not-ascii', 'PP-10'],
    ['$exa mple.com', 'bad-host', 'RFC 3986'],
    ['$a..com', 'bad-host', 'RFC 3986'],
    ['$-a.com', 'bad-host', 'RFC 1123'],
    ['$exa%6Dple.com', 'bad-host', 'a host that hides its name'],
    ['$2130706433', 'bad-host', 'an IPv4 address in disguise'],
    ['$0x7f.1', 'bad-host', 'an IPv4 address in disguise'],
    ['$127.0.0.01', 'bad-host', 'an IPv4 address in disguise'],
    ['$a.com/a b', 'bad-path', 'RFC 3986'],
    ['$a.com/%zz', 'bad-path', 'RFC 3986'],
    ['$a.com\\bob', 'bad-host', 'RFC 3986'],
    [`$${'a'.repeat(POINTER_LENGTH_MAX)}`, 'too-long', 'limit'],
  ])('refuses %s as %s (%s)', (text, code) => {
    expect(codeOf(text)).toBe(code)
    expect(Object.keys(POINTER_FAULTS)).toContain(code)
  })

  it('gives a value or a DecodeError for any text, and what is accepted is what a URL parser sees', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: 'grapheme-ascii', maxLength: 60 }).map((rest) => `$${rest}`),
      fc
        .array(
          fc.constantFrom(
            '$',
            'a',
            'B',
            '1',
            '.',
            '/',
            ':',
            '@',
            '%',
            '2',
            'e',
            '[',
            ']',
            '-',
            '_',
            '~',
            '\\',
          ),
        )
        .map((parts) => `$a${parts.join('')}`),
    )
    fc.assert(
      fc.property(text, (input) => {
        let pointer
        try {
          pointer = decodePointer(input)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
          return
        }
        expect(decodePointer(encodePointer(pointer))).toEqual(pointer)
        if (pointer.host.startsWith('[')) return
        const url = new URL(pointerUrl(pointer))
        expect(url.hostname).toBe(pointer.host)
        expect(url.username + url.password + url.port + url.search + url.hash).toBe('')
      }),
      { numRuns: 20_000 },
    )
  })
})

describe('pointerOf', () => {
  it.each([
    ['https://example.com/.well-known/pay', '$example.com'],
    ['https://example.com/', '$example.com'],
    ['https://EXAMPLE.com/Bob/', '$example.com/Bob/'],
    ['HTTPS://example.com', '$example.com'],
  ])('PP-16 turns %s into %s', (url, text) => {
    const pointer = pointerOf(url)
    expect(pointer && encodePointer(pointer)).toBe(text)
  })

  it.each([
    'http://example.com/bob',
    'https://example.com:8443/bob',
    'https://example.com/bob?x=1',
    'https://example.com/bob#x',
    'https://user@example.com/bob',
    'bob',
  ])('PP-16 has no pointer for %s', (url) => {
    expect(pointerOf(url)).toBeUndefined()
  })
})

describe('samePointer', () => {
  it.each([
    ['$example.com', '$example.com/', true],
    ['$example.com', '$example.com/.well-known/pay', true],
    ['$EXAMPLE.com/bob', '$example.com/bob/', true],
    ['$example.com/Bob', '$example.com/bob', false],
    ['$example.com/bob', '$example.org/bob', false],
    ['$example.com/bob//', '$example.com/bob', false],
  ])('PP-12, PP-14, PP-15: %s and %s: %s', (a, b, same) => {
    expect(samePointer(decodePointer(a), decodePointer(b))).toBe(same)
  })
})
