import fc from 'fast-check'
import { deriveKeypair, sign, verify } from 'ripple-keypairs'
import { expect, test } from 'vitest'
import { isSignature } from './signature.ts'

const PAIRS = {
  ed25519: deriveKeypair('sEdSKf8B5b4HUw4eJRuZ3rG9T64xZie'),
  secp256k1: deriveKeypair('sp5AqBazVUEo1zPnEb8TnGbreQezX'),
} as const

const anyMessage = fc
  .uint8Array({ minLength: 1, maxLength: 100 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))

/** The judge, where it can be asked: it throws at what it cannot read. */
function isSignatureByKeypairs(message: string, signature: string, publicKey: string): boolean {
  try {
    return verify(message, signature, publicKey)
  } catch {
    return false
  }
}

test.each(['ed25519', 'secp256k1'] as const)('%s: what ripple-keypairs signs is a signature', (type) => {
  const { publicKey, privateKey } = PAIRS[type]
  fc.assert(
    fc.property(anyMessage, (message) => {
      expect(isSignature(message, sign(message, privateKey), publicKey)).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test.each(['ed25519', 'secp256k1'] as const)(
  '%s: of spoilt signatures it thinks as ripple-keypairs does',
  (type) => {
    const { publicKey, privateKey } = PAIRS[type]
    const place = fc.record({ at: fc.nat(70), bit: fc.nat(7) })
    fc.assert(
      fc.property(anyMessage, place, fc.boolean(), (message, { at, bit }, cuts) => {
        const bytes = Buffer.from(sign(message, privateKey), 'hex')
        bytes[at % bytes.length]! ^= 1 << bit
        const spoilt = (cuts ? bytes.subarray(0, -1) : bytes).toString('hex').toUpperCase()
        expect(isSignature(message, spoilt, publicKey)).toBe(
          isSignatureByKeypairs(message, spoilt, publicKey),
        )
      }),
      { numRuns: 200 },
    )
  },
)

test('a secp256k1 signature with the higher of the two equal numbers is refused', () => {
  const { publicKey, privateKey } = PAIRS.secp256k1
  const signature = sign('00', privateKey)
  const rLength = parseInt(signature.slice(6, 8), 16)
  const s = BigInt(`0x${signature.slice(8 + 2 * rLength + 4)}`)
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const high = `00${(order - s).toString(16).padStart(64, '0')}`
  const body = `02${signature.slice(6, 8)}${signature.slice(8, 8 + 2 * rLength)}0221${high}`
  const der = `30${(body.length / 2).toString(16).padStart(2, '0')}${body}`
  expect(isSignature('00', signature, publicKey)).toBe(true)
  expect(isSignature('00', der, publicKey)).toBe(false)
})
