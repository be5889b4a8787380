import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { Credentials, digestToken } from './credentials.ts'

const digest = (token: string): Uint8Array => digestToken(nodeCrypto, token)

const credentials = new Credentials(nodeCrypto, [
  { account: 'alice', tokenDigest: digest('a-token') },
  { account: 'bob', username: 'robert', tokenDigest: digest('b-token') },
  { account: 'carol', tokenDigest: digest('shared') },
  { account: 'dave', tokenDigest: digest('shared') },
])

describe('Credentials', () => {
  it.each([
    ['alice', 'a-token', 'alice'],
    ['robert', 'b-token', 'bob'],
    ['carol', 'shared', 'carol'],
    ['dave', 'shared', 'dave'],
  ])('%s with %s opens %s', (username, token, account) => {
    expect(credentials.find({ username, token })).toBe(account)
  })

  it.each([
    ['alice', 'b-token'],
    ['alice', ''],
    ['bob', 'b-token'],
    ['nobody', 'a-token'],
    ['', 'no such token'],
    ['', 'shared'],
  ])('%j with %j opens nothing (BTP-22)', (username, token) => {
    expect(credentials.find({ username, token })).toBeUndefined()
  })

  it('find the account by its token where the client sends no name', () => {
    expect(credentials.find({ username: '', token: 'a-token' })).toBe('alice')
  })

  it('without entries open nothing', () => {
    const none = new Credentials(nodeCrypto, [])
    expect(none.find({ username: 'alice', token: '' })).toBeUndefined()
  })

  it('refuse two accounts of one user name', () => {
    const twice = [
      { account: 'alice', tokenDigest: digest('x') },
      { account: 'bob', username: 'alice', tokenDigest: digest('y') },
    ]
    expect(() => new Credentials(nodeCrypto, twice)).toThrow('user name alice')
  })
})
