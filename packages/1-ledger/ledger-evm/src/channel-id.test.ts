import type { ChannelTerms } from '@hourglass/ledger'
import fc from 'fast-check'
import { encodeAbiParameters, keccak256, parseAbiParameters } from 'viem/utils'
import { expect, it } from 'vitest'
import { encodeAddress } from './address.ts'
import { NATIVE, decodeChannelId, encodeChannelId } from './channel-id.ts'
import { ClaimDigests } from './claim-scheme.ts'

const anyAddress = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .filter((bytes) => bytes.some((byte) => byte !== 0))
  .map(encodeAddress)

const anyTerms: fc.Arbitrary<ChannelTerms> = fc.record({
  source: anyAddress,
  destination: anyAddress,
  claimKey: anyAddress,
  asset: fc.oneof(fc.constant(NATIVE), anyAddress),
  settleDelayMs: fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((seconds) => seconds * 1000),
  reference: fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('hex')),
})

const terms: ChannelTerms = {
  source: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  destination: '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  claimKey: '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  asset: NATIVE,
  settleDelayMs: 3_600_000,
  reference: '0a'.repeat(32),
}

it('names a channel by its terms, and finds the terms in the name', () => {
  fc.assert(
    fc.property(anyTerms, (any) => {
      const id = encodeChannelId(any)!
      expect(id).toMatch(/^[0-9a-f]{232}$/)
      expect(decodeChannelId(id)).toEqual(any)
    }),
  )
})

it('gives each channel one name: any text is a name as it stands, or none', () => {
  const nearly = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[0-9a-fA-F]{232}$/),
    anyTerms.map((any) => encodeChannelId(any)!.toUpperCase()),
    fc.tuple(anyTerms, fc.nat(57)).map(([any, at]) => zeroed(encodeChannelId(any)!, 2 * at)),
  )
  fc.assert(
    fc.property(nearly, (text) => {
      const found = decodeChannelId(text)
      expect(found === undefined ? undefined : encodeChannelId(found)).toBe(found && text)
    }),
    { numRuns: 10_000 },
  )
})

/** Zeros 40 digits: an address, or parts of two. */
function zeroed(text: string, at: number): string {
  return text.slice(0, at) + '0'.repeat(40) + text.slice(at + 40)
}

it('takes addresses in any case, and names them in one', () => {
  const lower = { ...terms, source: terms.source.toLowerCase(), claimKey: terms.claimKey.toLowerCase() }
  expect(encodeChannelId(lower)).toBe(encodeChannelId(terms))
})

it.each<[string, Partial<ChannelTerms>]>([
  ['an address that is none', { source: 'alice' }],
  [
    'an address with a wrong checksum',
    { destination: terms.destination.replace('F', 'f').replace('A', 'a').replace('d', 'D') },
  ],
  ['nobody as its destination', { destination: `0x${'0'.repeat(40)}` }],
  ['nobody as its signer', { claimKey: `0x${'0'.repeat(40)}` }],
  ['the zero token, which would be a second name of native money', { asset: `0x${'0'.repeat(40)}` }],
  ['a delay of less than a second', { settleDelayMs: 1 }],
  ['a delay that is not whole seconds', { settleDelayMs: 1500 }],
  ['a delay in the past', { settleDelayMs: -1000 }],
  ['a delay that the contract cannot count', { settleDelayMs: 2 ** 32 * 1000 }],
  ['a reference that is too short', { reference: '0a' }],
  ['a reference in upper case', { reference: '0A'.repeat(32) }],
])('has no name for a channel with %s', (_, changes) => {
  expect(encodeChannelId({ ...terms, ...changes })).toBeUndefined()
})

it('hashes a name to what the contract calls the channel', () => {
  const parameters = parseAbiParameters(
    'uint256, address, (address, address, address, address, uint32, bytes32)',
  )
  fc.assert(
    fc.property(anyTerms, anyAddress, fc.integer({ min: 1 }), (any, contract, chainId) => {
      const token = any.asset === NATIVE ? `0x${'0'.repeat(40)}` : any.asset
      const tuple = [
        any.source,
        any.destination,
        any.claimKey,
        token,
        any.settleDelayMs / 1000,
        `0x${any.reference}`,
      ]
      const expected = keccak256(encodeAbiParameters(parameters, [BigInt(chainId), contract, tuple] as never))
      const hash = new ClaimDigests(chainId, contract).channelHash(encodeChannelId(any)!)!
      expect(`0x${Buffer.from(hash).toString('hex')}`).toBe(expected)
    }),
  )
})

it('hashes nothing that has not the length of a name', () => {
  const digests = new ClaimDigests(1, terms.source)
  for (const text of ['', 'ab', '0'.repeat(231), `${'0'.repeat(231)}g`]) {
    expect(digests.channelHash(text)).toBeUndefined()
  }
})
