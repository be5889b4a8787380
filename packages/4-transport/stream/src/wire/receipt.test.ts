import { decodeHex, encodeBase64, encodeHex } from '@hourglass/oer'
import { nodeCrypto } from '@hourglass/sansio/io'
import { nobleCrypto } from '@hourglass/sansio/noble'
import { loadVectors } from '@hourglass/vectors'
import { describe, expect, it } from 'vitest'
import { decodeReceipt, encodeReceipt, isReceiptSigned } from './receipt.ts'

interface Vector {
  readonly name: string
  readonly nonceHex?: string
  readonly streamId?: number
  readonly totalReceived?: string
  readonly secretHex: string
  readonly receiptHex?: string
  readonly receiptBase64?: string
  readonly verify?: boolean
}

const { cases } = loadVectors('derived/stream-receipt.json') as { readonly cases: readonly Vector[] }

describe.each([
  ['Node', nodeCrypto],
  ['pure JavaScript', nobleCrypto],
])('STREAM receipts, with the cryptography of %s', (_name, crypto) => {
  it.each(cases.filter(({ receiptBase64 }) => receiptBase64 !== undefined))(
    '$name: RCPT-01, RCPT-02, RCPT-24',
    ({ nonceHex, streamId, totalReceived, secretHex, receiptHex, receiptBase64 }) => {
      const secret = decodeHex(secretHex)!
      const receipt = {
        nonce: decodeHex(nonceHex!)!,
        streamId: streamId!,
        totalReceived: BigInt(totalReceived!),
      }
      const bytes = encodeReceipt(receipt, secret, crypto)
      expect([encodeHex(bytes), encodeBase64(bytes)]).toEqual([receiptHex, receiptBase64])
      expect(decodeReceipt(bytes)).toEqual(receipt)
    },
  )

  it.each(cases.filter(({ verify }) => verify !== undefined))(
    '$name is good: $verify (RCPT-03, RCPT-05)',
    ({ receiptHex, secretHex, verify }) => {
      const bytes = decodeHex(receiptHex!)!
      const isGood =
        decodeReceipt(bytes) !== undefined && isReceiptSigned(bytes, decodeHex(secretHex)!, crypto)
      expect(isGood).toBe(verify)
    },
  )
})
