import { decodeBtpUrl } from '@hourglass/link-btp/io'
import { describe, expect, it } from 'vitest'

describe('a BTP URL (BTP-46)', () => {
  it.each([
    ['btp+ws://alice:secret@host:7768/path', 'ws://host:7768/path', 'alice', 'secret'],
    ['btp+wss://alice:secret@host/', 'wss://host/', 'alice', 'secret'],
    ['btp+ws://:secret@host:7768', 'ws://host:7768/', '', 'secret'],
    ['btp+ws://host:7768', 'ws://host:7768/', '', ''],
    ['btp+ws://al%40ice:a%3Ab%2Fc%25%20%C3%A4@host', 'ws://host/', 'al@ice', 'a:b/c% ä'],
    ['btp+ws://u:t@[::1]:7768/accounts/u/ilp/btp', 'ws://[::1]:7768/accounts/u/ilp/btp', 'u', 't'],
  ])('%s', (text, url, username, token) => {
    expect(decodeBtpUrl(text)).toEqual({ url, username, token })
  })

  it.each([
    'ws://alice:secret@host',
    'btp+http://alice:secret@host',
    'btp+ws://',
    'btp+ws://alice:secret@host:seven',
    'btp+ws://alice:se%cret@host',
    'btp+ws://alice:secret@host/#secret',
  ])('%s is refused, without repeating it', (text) => {
    let message = ''
    try {
      decodeBtpUrl(text)
    } catch (error) {
      expect(error).toMatchObject({ name: 'LinkError', code: 'bad-url' })
      message = (error as Error).message
    }
    expect(message).toMatch(/^the peer's BTP URL is wrong: /)
    expect(message).not.toContain('secret@')
  })
})
