import { decodeHex, encodeBase64, encodeHex } from '@hourglass/oer'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { type ReceiptDetails, encodeReceipt } from '@hourglass/stream'
import { loadVectors } from '@hourglass/vectors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NONCES_MAX, RECEIPT_LIFETIME_MS, ReceiptVerifier } from './verifier.ts'

const NOW = 1_700_000_000_000
const SEED = new Uint8Array(32).fill(0x22)

function newVerifier(): ReceiptVerifier {
  return new ReceiptVerifier({ crypto: nodeCrypto, rng: nodeRng, seed: SEED })
}

function receipt({ nonce, secret }: ReceiptDetails, totalReceived: bigint, streamId = 1): Uint8Array {
  return encodeReceipt({ nonce, streamId, totalReceived }, secret, nodeCrypto)
}

describe('receipt verifier', () => {
  it('credits what is above the highest amount so far, for each stream: RCPT-06, RCPT-07, SEC-58, SEC-60', () => {
    const verifier = newVerifier()
    const details = verifier.issue(NOW)
    const credits = [100n, 100n, 90n, 150n, 2n ** 63n, 2n ** 64n - 1n].map((total) => {
      const verdict = verifier.verify(receipt(details, total), NOW)
      return verdict.kind === 'credit' ? verdict.amount : verdict.reason
    })
    const last = [2n ** 63n - 150n, 2n ** 63n - 1n]
    expect(credits).toEqual([100n, 'not-higher', 'not-higher', 50n, ...last])
    const other = verifier.verify(receipt(details, 7n, 3), NOW)
    expect(other).toEqual({ kind: 'credit', amount: 7n, total: 7n, streamId: 3 })
    expect(verifier.verify(receipt(verifier.issue(NOW), 7n), NOW)).toMatchObject({ amount: 7n })
  })

  it('takes base64 of 80 characters as well: RCPT-24', () => {
    const verifier = newVerifier()
    const text = encodeBase64(receipt(verifier.issue(NOW), 7n))
    expect(text).toHaveLength(80)
    expect(verifier.verify(text, NOW)).toMatchObject({ kind: 'credit', amount: 7n })
  })

  it('takes none that is too late: RCPT-08', () => {
    const verifier = newVerifier()
    const details = verifier.issue(NOW)
    const end = NOW + RECEIPT_LIFETIME_MS
    expect(verifier.verify(receipt(details, 1n), end - 1)).toMatchObject({ kind: 'credit' })
    expect(verifier.verify(receipt(details, 2n), end)).toEqual({ kind: 'refused', reason: 'unknown' })
  })

  it('makes nonces of 16 octets, and secrets that only the seed tells: RCPT-09, RCPT-18', () => {
    const verifier = newVerifier()
    const [a, b] = [verifier.issue(NOW), verifier.issue(NOW)]
    expect(a.nonce).toHaveLength(16)
    expect(a.nonce).not.toEqual(b.nonce)
    expect(a.secret).not.toEqual(b.secret)
  })

  it('forgets the oldest nonce where there is no room: NONCES_MAX', () => {
    const verifier = newVerifier()
    const [first, second] = [verifier.issue(NOW), verifier.issue(NOW)]
    for (let i = 2; i < NONCES_MAX; i++) verifier.issue(NOW)
    expect(verifier.verify(receipt(first, 1n), NOW)).toMatchObject({ kind: 'credit' })
    verifier.issue(NOW)
    expect(verifier.verify(receipt(first, 2n), NOW)).toMatchObject({ reason: 'unknown' })
    expect(verifier.verify(receipt(second, 2n), NOW)).toMatchObject({ kind: 'credit' })
  })

  it('takes nothing that was changed, in any bit, and nothing else: RCPT-03, RCPT-04, RCPT-05', () => {
    const verifier = newVerifier()
    const good = receipt(verifier.issue(NOW), 1000n)
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = good.slice()
        changed[at]! ^= change
        expect(verifier.verify(changed, NOW).kind).toBe('refused')
      }),
    )
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.string()), (any) => {
        expect(verifier.verify(any, NOW).kind).toBe('refused')
      }),
      { numRuns: 10_000 },
    )
    const version2 = good.slice()
    version2[0] = 2
    for (const bytes of [good.subarray(1), Uint8Array.of(...good, 0), version2]) {
      expect(verifier.verify(bytes, NOW)).toEqual({ kind: 'refused', reason: 'malformed' })
    }
  })

  it('derives secrets as receipt-verifier does: RCPT-18', () => {
    const { cases } = loadVectors('derived/stream-receipt.json') as {
      cases: readonly Readonly<Record<string, string>>[]
    }
    const vector = cases.find(({ name }) => name === 'verifier-secret-derivation')!
    const seed = decodeHex(vector['seedHex']!)!
    const verifier = new ReceiptVerifier({ crypto: nodeCrypto, rng: nodeRng, seed })
    expect(encodeHex(verifier.secretOf(decodeHex(vector['nonceHex']!)!))).toBe(vector['secretHex'])
  })
})
