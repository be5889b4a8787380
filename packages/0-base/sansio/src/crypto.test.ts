/** Node's cryptography and the one in JavaScript alone: both right, and never different. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeCrypto, nodeRng } from './io/index.ts'
import { nobleCrypto } from './noble/index.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const text = (words: string): Uint8Array => new Uint8Array(Buffer.from(words))

describe.each([
  ['Node', nodeCrypto],
  ['pure JavaScript', nobleCrypto],
])('cryptography of %s', (_name, crypto) => {
  it('gives the digest of FIPS 180-4, "abc"', () => {
    expect(hex(crypto.sha256(text('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })

  it('gives the code of RFC 4231, cases 1, 2 and 6', () => {
    expect(hex(crypto.hmacSha256(new Uint8Array(20).fill(0x0b))(text('Hi There')))).toBe(
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    )
    expect(hex(crypto.hmacSha256(text('Jefe'))(text('what do ya want for nothing?')))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
    const long = crypto.hmacSha256(new Uint8Array(131).fill(0xaa))
    expect(hex(long(text('Test Using Larger Than Block-Size Key - Hash Key First')))).toBe(
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    )
  })

  it('seals as case 14 of the GCM specification, in the order IV, tag, ciphertext', () => {
    const aead = crypto.aes256Gcm(new Uint8Array(32))
    const sealed = aead.seal(new Uint8Array(12), new Uint8Array(16))
    const [iv, tag] = ['000000000000000000000000', 'd0d1c8a799996bf0265b98b5d48ab919']
    expect(hex(sealed)).toBe(`${iv}${tag}cea7403d4d606b6e074ec5d3baf39d18`)
    expect(aead.open(sealed)).toEqual(new Uint8Array(16))
  })

  it('opens nothing that is too short for a tag, changed, or sealed under another key or IV', () => {
    const aead = crypto.aes256Gcm(new Uint8Array(32))
    const iv = new Uint8Array(12)
    for (let length = 0; length < 28; length++) expect(aead.open(new Uint8Array(length))).toBeUndefined()
    const sealed = aead.seal(iv, text('pay'))
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice()
      changed[at]! ^= 0x80
      expect(aead.open(changed)).toBeUndefined()
    }
    expect(crypto.aes256Gcm(new Uint8Array(32).fill(1)).open(sealed)).toBeUndefined()
  })

  it('leaves what it is given as it was', () => {
    const [key, iv, plaintext] = [nodeRng.bytes(32), nodeRng.bytes(12), nodeRng.bytes(50)]
    const before = [key, iv, plaintext].map(hex)
    const sealed = crypto.aes256Gcm(key).seal(iv, plaintext)
    const sealedBefore = hex(sealed)
    crypto.aes256Gcm(key).open(sealed)
    crypto.hmacSha256(key)(plaintext)
    expect([key, iv, plaintext].map(hex)).toEqual(before)
    expect(hex(sealed)).toBe(sealedBefore)
  })
})

it('is the same in Node and in JavaScript alone, for any key and any text', () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const iv = fc.uint8Array({ minLength: 12, maxLength: 12 })
  fc.assert(
    fc.property(key, iv, fc.uint8Array({ maxLength: 300 }), (secret, nonce, bytes) => {
      expect(hex(nobleCrypto.sha256(bytes))).toBe(hex(nodeCrypto.sha256(bytes)))
      expect(hex(nobleCrypto.hmacSha256(secret)(bytes))).toBe(hex(nodeCrypto.hmacSha256(secret)(bytes)))
      const sealed = nodeCrypto.aes256Gcm(secret).seal(nonce, bytes)
      expect(hex(nobleCrypto.aes256Gcm(secret).seal(nonce, bytes))).toBe(hex(sealed))
      expect(hex(nobleCrypto.aes256Gcm(secret).open(sealed)!)).toBe(hex(bytes))
    }),
  )
})

it('uses a prepared key as often as it is asked', () => {
  for (const crypto of [nodeCrypto, nobleCrypto]) {
    const hmac = crypto.hmacSha256(unhex('00'))
    expect(hex(hmac(text('a')))).toBe(hex(hmac(text('a'))))
    expect(hex(hmac(text('a')))).not.toBe(hex(hmac(text('b'))))
  }
})

it('draws chance of any length, and never the same twice, across the pool that it fills at once', () => {
  const seen = new Set<string>()
  for (let i = 0; i < 2000; i++) seen.add(hex(nodeRng.bytes(12)))
  expect(seen.size).toBe(2000)
  for (const length of [0, 1, 8191, 8192, 8193, 100_000]) expect(nodeRng.bytes(length)).toHaveLength(length)
})
