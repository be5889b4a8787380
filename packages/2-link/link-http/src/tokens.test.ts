import { digestToken } from '@hourglass/link'
import { nodeCrypto } from '@hourglass/sansio/io'
import { expect, it } from 'vitest'
import { Tokens } from './tokens.ts'

const digests = (...tokens: string[]): Uint8Array[] => tokens.map((token) => digestToken(nodeCrypto, token))

it('an account is found by any of its tokens, which are kept as digests: HTTP-36', () => {
  const tokens = new Tokens(nodeCrypto, [
    { account: 'alice', tokenDigests: digests('old', 'new') },
    { account: 'bob', tokenDigests: digests('b') },
  ])
  expect(['old', 'new', 'b', 'c', '', 'OLD'].map((token) => tokens.find(token))).toEqual([
    'alice',
    'alice',
    'bob',
    undefined,
    undefined,
    undefined,
  ])
})

it('two accounts may not have one token', () => {
  const accounts = ['alice', 'bob'].map((account) => ({ account, tokenDigests: digests('same') }))
  expect(() => new Tokens(nodeCrypto, accounts)).toThrow('alice and bob have the same token')
})
