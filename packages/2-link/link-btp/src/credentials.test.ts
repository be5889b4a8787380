import { digestToken } from '@hourglass/link'
import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { Credentials } from './credentials.ts'

const digest = (token: string): Uint8Array => digestToken(nodeCrypto, token)

const credentials = new Credentials(nodeCrypto, [
  { account: 'alice', tokenDigest: digest('a-token') },
  { account: 'bob', username: 'robert', tokenDigest: digest('b-token') },
  { account: 'carol', tokenDigest: digest('shared') },
  { account: 'dave', tokenDigest: digest('shared') },
])

const ALICE = { username: 'alice', token: 'a-token' }

/** Octets that count how often one of them is read. */
class CountedOctets {
  reads = 0
  readonly octets: Uint8Array

  constructor(octets: Uint8Array) {
    this.octets = new Proxy(octets, {
      get: (target, key) => {
        if (key !== 'length') this.reads++
        return Reflect.get(target, key, target) as unknown
      },
    })
  }
}

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

  it('are compared to the last octet, wherever the first difference is (BTP-29)', () => {
    const stored = digest('a-token')
    const reads: number[] = []
    for (const at of [0, 15, 31, undefined]) {
      const claimed = new CountedOctets(stored.map((octet, i) => (i === at ? octet ^ 1 : octet)))
      const crypto = { sha256: () => claimed.octets }
      const found = new Credentials(crypto, [{ account: 'alice', tokenDigest: stored }]).find(ALICE)
      expect(found).toBe(at === undefined ? 'alice' : undefined)
      expect(new Credentials(crypto, []).find(ALICE)).toBeUndefined()
      reads.push(claimed.reads)
    }
    expect(reads).toEqual([64, 64, 64, 64])
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
