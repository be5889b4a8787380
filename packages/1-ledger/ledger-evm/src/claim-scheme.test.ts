import { UsageError } from '@hourglass/sansio'
import fc from 'fast-check'
import { hashTypedData } from 'viem/utils'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeChannelId } from './channel-id.ts'
import { AMOUNT_MAX, ClaimDigests, EvmClaimScheme } from './claim-scheme.ts'
import type { Curve } from './curve.ts'
import { loadCurve } from './io/native-curve.ts'
import { nobleCurve } from './noble/index.ts'

const CONTRACT = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
const privateKey = new Uint8Array(32).fill(7)
const hex = (bytes: Uint8Array): `0x${string}` => `0x${Buffer.from(bytes).toString('hex')}`

function channelId(salt: number): string {
  return encodeChannelId({
    source: CONTRACT,
    destination: '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
    claimKey: CONTRACT,
    asset: 'native',
    settleDelayMs: 3_600_000,
    reference: salt.toString(16).padStart(64, '0'),
  })!
}

const anyAmount = fc.bigInt({ min: 0n, max: AMOUNT_MAX })
const anyChannel = fc.integer({ min: 0, max: 5 }).map(channelId)

describe('digests', () => {
  const digests = new ClaimDigests(31_337, CONTRACT)
  const domain = { name: 'PayChan', version: '1', chainId: 31_337, verifyingContract: CONTRACT } as const

  it('are those of EIP-712 libraries, whichever channel and amount came before', () => {
    fc.assert(
      fc.property(anyChannel, anyAmount, (id, amount) => {
        const expected = hashTypedData({
          domain,
          types: {
            Voucher: [
              { name: 'channelId', type: 'bytes32' },
              { name: 'cumulativeAmount', type: 'uint96' },
            ],
          },
          primaryType: 'Voucher',
          message: { channelId: hex(digests.channelHash(id)!), cumulativeAmount: amount },
        })
        expect(hex(digests.digest(id, amount)!)).toBe(expected)
      }),
      { numRuns: 1000 },
    )
  })

  it('bind chain and contract', () => {
    const digest = digests.digest(channelId(1), 1n)
    expect(new ClaimDigests(1, CONTRACT).digest(channelId(1), 1n)).not.toEqual(digest)
    const elsewhere = new ClaimDigests(31_337, '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359')
    expect(elsewhere.digest(channelId(1), 1n)).not.toEqual(digest)
  })

  it('forget the oldest channels and hash them anew, to the same', () => {
    const first = digests.channelHash(channelId(0))
    for (let salt = 0; salt < 5000; salt++) digests.channelHash(channelId(salt))
    expect(digests.channelHash(channelId(0))).toEqual(first)
  })

  it('are refused to a contract that is no address', () => {
    expect(() => new ClaimDigests(1, 'nowhere')).toThrow(UsageError)
  })
})

describe('claims', () => {
  let curves: readonly Curve[]
  const schemeOf = (curve: Curve, chainId = 31_337): EvmClaimScheme =>
    new EvmClaimScheme({ chainId, contract: CONTRACT, privateKey, curve })
  let scheme: EvmClaimScheme

  beforeAll(async () => {
    // On platforms without a native one, both are the same.
    const loaded = await loadCurve()
    curves = [loaded, nobleCurve]
    scheme = schemeOf(loaded)
  })

  it('are the same with either curve, and each verifies what the other signed', () => {
    const [a, b] = curves.map((curve) => schemeOf(curve)) as [EvmClaimScheme, EvmClaimScheme]
    expect(a.claimKey).toBe(b.claimKey)
    fc.assert(
      fc.property(anyChannel, anyAmount, (id, amount) => {
        const signature = a.sign(id, amount)
        expect(signature).toHaveLength(a.signatureBytes)
        expect(b.sign(id, amount)).toEqual(signature)
        expect(a.verify(id, b.claimKey, amount, signature)).toBe(true)
        expect(b.verify(id, a.claimKey, amount, signature)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('SEC-34: hold for exactly their channel, amount, key, chain and contract', () => {
    const signature = scheme.sign(channelId(1), 5n)
    expect(scheme.verify(channelId(1), scheme.claimKey, 5n, signature)).toBe(true)
    expect(scheme.verify(channelId(2), scheme.claimKey, 5n, signature)).toBe(false)
    expect(scheme.verify(channelId(1), CONTRACT, 5n, signature)).toBe(false)
    expect(scheme.verify(channelId(1), scheme.claimKey, 6n, signature)).toBe(false)
    expect(schemeOf(curves[0]!, 1).verify(channelId(1), scheme.claimKey, 5n, signature)).toBe(false)
  })

  it('do not hold with the other parity, which the contract would not take', () => {
    const signature = scheme.sign(channelId(1), 5n)
    signature[32]! ^= 0x80
    expect(scheme.verify(channelId(1), scheme.claimKey, 5n, signature)).toBe(false)
  })

  it('do not come out of any octets, whatever their number, and none makes verification throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 66 }), anyAmount, fc.string(), (octets, amount, text) => {
        expect(scheme.verify(channelId(1), scheme.claimKey, amount, octets)).toBe(false)
        expect(scheme.verify(text, text, amount, octets)).toBe(false)
      }),
      { numRuns: 10_000 },
    )
    for (const curve of curves) {
      for (const filling of [0x00, 0x7f, 0x80, 0xff]) {
        const octets = new Uint8Array(64).fill(filling)
        expect(schemeOf(curve).verify(channelId(1), scheme.claimKey, 1n, octets)).toBe(false)
      }
    }
  })

  it('are not signed for what no channel can hold, nor for what is no channel', () => {
    expect(() => scheme.sign(channelId(1), AMOUNT_MAX + 1n)).toThrow(UsageError)
    expect(() => scheme.sign(channelId(1), -1n)).toThrow(UsageError)
    expect(() => scheme.sign('channel', 1n)).toThrow(UsageError)
    expect(scheme.verify(channelId(1), scheme.claimKey, -1n, scheme.sign(channelId(1), 1n))).toBe(false)
  })
})
