import { isAddress } from '@hourglass/ilp'
import { UINT64_MAX, decodeBase64, encodeHex } from '@hourglass/oer'
import { UsageError } from '@hourglass/sansio'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { nobleCrypto } from '@hourglass/sansio/noble'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CONNECTION_TAG_BYTES_MAX, Tokens } from './token.ts'

const SECRET = new Uint8Array(32).fill(4)
const tokens = new Tokens(nodeCrypto, nodeRng, SECRET)

it('carries what its server needs to know, for any process with the server’s secret: STR-03, STR-04', () => {
  const other = new Tokens(nobleCrypto, nodeRng, SECRET)
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: UINT64_MAX }), (receiveMax) => {
      const token = tokens.issue({ receiveMax })
      expect(isAddress(`test.bob.${token}`)).toBe(true) // STR-05
      expect(other.open(token)).toEqual({ receiveMax })
      expect(other.secretOf(token)).toEqual(new Uint8Array(tokens.secretOf(token)))
    }),
  )
})

it('is never the same twice, and neither is its secret: STR-02, STR-05', () => {
  const [a, b] = [tokens.issue(), tokens.issue()]
  expect(a).not.toBe(b)
  expect(tokens.secretOf(a)).not.toEqual(tokens.secretOf(b))
  expect(tokens.secretOf(a)).toHaveLength(32)
})

it('is refused where it was changed, or another server issued it: STR-06, STR-120', () => {
  const token = tokens.issue({ receiveMax: 100n })
  for (let at = 0; at < token.length - 1; at++) {
    const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
    expect(tokens.open(changed), `character ${at}`).toBeUndefined()
  }
  expect(new Tokens(nodeCrypto, nodeRng, nodeRng.bytes(32)).open(token)).toBeUndefined()
  for (const other of ['', 'x', token.slice(1), `${token}A`, '~'.repeat(59)]) {
    expect(tokens.open(other)).toBeUndefined()
  }
})

it('carries what receipts need and the application’s tag, unseen: STR-06, STR-123, RCPT-10, RCPT-19, SEC-57', () => {
  const receipts = { nonce: nodeRng.bytes(16), secret: nodeRng.bytes(32) }
  const token = tokens.issue({ receipts, connectionTag: 'invoice 17 €' })
  expect(isAddress(`test.bob.${token}`)).toBe(true)
  expect(encodeHex(decodeBase64(token)!)).not.toContain(encodeHex(receipts.secret.subarray(0, 8)))
  const opened = tokens.open(token)
  expect(opened).toEqual({ receiveMax: UINT64_MAX, receipts, connectionTag: 'invoice 17 €' })
  expect(tokens.open(tokens.issue({ connectionTag: 'a' }))).toEqual({
    receiveMax: UINT64_MAX,
    connectionTag: 'a',
  })
  const longest = tokens.issue({ receipts, connectionTag: 'x'.repeat(CONNECTION_TAG_BYTES_MAX) })
  expect(tokens.open(longest)?.connectionTag).toHaveLength(CONNECTION_TAG_BYTES_MAX)
  expect(() => tokens.issue({ connectionTag: 'x'.repeat(CONNECTION_TAG_BYTES_MAX + 1) })).toThrow(UsageError)
})

it('asks for a server secret that can keep one', () => {
  expect(() => new Tokens(nodeCrypto, nodeRng, new Uint8Array(31))).toThrow(UsageError)
})
