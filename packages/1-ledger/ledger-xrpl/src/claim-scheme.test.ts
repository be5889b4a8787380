import { decodeHex, encodeHex } from '@hourglass/oer'
import { UsageError } from '@hourglass/sansio'
import { ed25519 } from '@noble/curves/ed25519.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DROPS_MAX, XrplClaimScheme, claimMessage } from './claim-scheme.ts'
import { ED25519_TAG } from './curves.ts'
import { nativeCurves } from './io/native-curves.ts'
import { keyPairOf } from './io/signer.ts'
import { nobleCurves } from './noble/index.ts'

// Recorded from rippled 2.6.1: a channel, what is signed, and signatures that the ledger paid.
const CHANNEL = 'e7b5a8bdad8d88a3d7d43481050dae1c9ccd46e126dc2c900817c6d5c69fd5bc'
const channelId = CHANNEL + 'ab'.repeat(32)
const MESSAGE = `434c4d00${CHANNEL}0000000000989680`
const DROPS = 10_000_000n
const RECORDED = {
  ed25519: {
    secret: 'sEdSKf8B5b4HUw4eJRuZ3rG9T64xZie',
    key: 'ed7ddf56f60f40f9fdc953c17bceadf921449f2875b20212d7e166bdd9931742bd',
    signature:
      '1664cf9cb36f4b5a879dc2c8016dec8aa4c33688947aec674fae8d964c030041' +
      'c3bba886d1966c3bf22d8d8b2ea47e7af6fd5c2fc6939f2fd7610ceaab50360a',
  },
  secp256k1: {
    secret: 'sp5AqBazVUEo1zPnEb8TnGbreQezX',
    key: '035336a488e95b7dd6239fe3aa7f1f4e528e50a7e8d61136a1bdcf419eb086e5e2',
    signature:
      '3045022100f62237c9200ec468d2d558a25cb1370d6e5a4d36a33b1477ad65b1bb615b2d53' +
      '022016a6d14de534b5ff52878352b4ceba5a7fd36517d91ef7c652b354d7f38be2b8',
  },
} as const

const CURVES = { native: nativeCurves(), noble: nobleCurves } as const
const KINDS = ['ed25519', 'secp256k1'] as const
const bytes = (hex: string): Uint8Array => decodeHex(hex)!
const schemeOf = (kind: (typeof KINDS)[number], curves = CURVES.native): XrplClaimScheme =>
  new XrplClaimScheme({ key: keyPairOf(RECORDED[kind].secret), curves })
const anyChannel = fc
  .uint8Array({ minLength: 64, maxLength: 64 })
  .map((octets) => Buffer.from(octets).toString('hex'))
const anyAmount = fc.bigInt({ min: 0n, max: DROPS_MAX })

it('signs what the ledger says a claim is', () => {
  expect(encodeHex(claimMessage(channelId, DROPS)!)).toBe(MESSAGE)
})

describe.each(['native', 'noble'] as const)('with %s curves', (name) => {
  it.each(KINDS)('makes and takes the recorded claim of %s', (kind) => {
    const scheme = schemeOf(kind, CURVES[name])
    const { key, signature } = RECORDED[kind]
    expect(scheme.claimKey).toBe(key)
    expect(encodeHex(scheme.sign(channelId, DROPS))).toBe(signature)
    expect(scheme.verify(channelId, key, DROPS, bytes(signature))).toBe(true)
  })

  it.each(KINDS)('SEC-34: a claim of %s holds for exactly its channel, amount and key', (kind) => {
    const scheme = schemeOf(kind, CURVES[name])
    const { key, signature } = RECORDED[kind]
    const other = RECORDED[kind === 'ed25519' ? 'secp256k1' : 'ed25519'].key
    expect(scheme.verify('00'.repeat(64), key, DROPS, bytes(signature))).toBe(false)
    expect(scheme.verify(channelId, key, DROPS + 1n, bytes(signature))).toBe(false)
    expect(scheme.verify(channelId, other, DROPS, bytes(signature))).toBe(false)
    expect(scheme.verify(channelId, key.toUpperCase(), DROPS, bytes(signature))).toBe(false)
  })

  it('takes no claim of secp256k1 in a second encoding, which the ledger refuses', () => {
    const { key, signature } = RECORDED.secp256k1
    const scheme = schemeOf('secp256k1', CURVES[name])
    const { r, s } = secp256k1.Signature.fromBytes(bytes(signature), 'der')
    const high = new secp256k1.Signature(r, secp256k1.Point.Fn.ORDER - s).toBytes('der')
    const padded = bytes(signature.replace(/^3045022100/, '304602220000'))
    const trailing = bytes(`${signature}00`)
    for (const second of [high, padded, trailing, bytes(signature).subarray(1)]) {
      expect(scheme.verify(channelId, key, DROPS, second)).toBe(false)
    }
  })

  it('takes no claim of Ed25519 in a second encoding', () => {
    const { key, signature } = RECORDED.ed25519
    const malleated = bytes(signature)
    let carry = 0n
    const s = BigInt(`0x${Buffer.from(malleated.subarray(32)).reverse().toString('hex')}`)
    for (let at = 32, rest = s + ed25519.Point.Fn.ORDER; at < 64; at++, rest >>= 8n) {
      malleated[at] = Number(rest & 0xffn)
      carry = rest >> 8n
    }
    expect(carry).toBe(0n)
    expect(schemeOf('ed25519', CURVES[name]).verify(channelId, key, DROPS, malleated)).toBe(false)
  })

  it('does not fail on any octets, nor take them', () => {
    const scheme = schemeOf('ed25519', CURVES[name])
    const keys = KINDS.map((kind) => RECORDED[kind].key)
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom(...keys, `ed${'00'.repeat(32)}`, `02${'ff'.repeat(32)}`, 'key'),
        anyAmount,
        (octets, key, amount) => {
          expect(scheme.verify(channelId, key, amount, octets)).toBe(false)
          expect(scheme.verify('no channel', key, amount, octets)).toBe(false)
        },
      ),
      { numRuns: name === 'native' ? 10_000 : 1000 },
    )
  })
})

it.each(KINDS)('is the same with either kind of curves (%s)', (kind) => {
  const [a, b] = [schemeOf(kind, CURVES.native), schemeOf(kind, CURVES.noble)]
  fc.assert(
    fc.property(anyChannel, anyAmount, (id, amount) => {
      const signature = a.sign(id, amount)
      expect(signature.length).toBeLessThanOrEqual(a.signatureBytes)
      expect(b.sign(id, amount)).toEqual(signature)
      expect(a.verify(id, b.claimKey, amount, signature)).toBe(true)
      expect(b.verify(id, a.claimKey, amount, signature)).toBe(true)
    }),
    { numRuns: 50 },
  )
})

it('judges keys of small order as the ledger does: either kind of curves says the same', () => {
  // The neutral element as a key and as R, with s = 0: a library that clears the cofactor would take it for any key.
  const neutral = new Uint8Array(32)
  neutral[0] = 1
  const order8 = bytes('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
  for (const key of [neutral, order8]) {
    const claimKey = encodeHex(Uint8Array.of(ED25519_TAG, ...key))
    const signature = Uint8Array.of(...order8, ...new Uint8Array(32))
    for (const curves of Object.values(CURVES)) {
      expect(schemeOf('ed25519', curves).verify(channelId, claimKey, 7n, signature)).toBe(false)
    }
  }
})

it('signs nothing that no channel can hold, nor for what is no channel', () => {
  const scheme = schemeOf('ed25519')
  for (const amount of [-1n, DROPS_MAX + 1n]) expect(() => scheme.sign(channelId, amount)).toThrow(UsageError)
  for (const id of ['channel', CHANNEL, channelId.toUpperCase()]) {
    expect(() => scheme.sign(id, 1n)).toThrow(UsageError)
  }
})
