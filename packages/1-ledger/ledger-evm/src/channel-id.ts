/**
 * How a channel is named: by its terms. Layer 1.
 *
 * The contract stores the hash of a channel's terms and wants the terms themselves with each call. A name that
 * holds them makes every call possible at once, after a restart and for channels that others opened, without
 * the search through years of events that most nodes refuse.
 *
 * A channel has exactly one name: 232 lower-case hex digits, for
 *
 *     source 20 | destination 20 | signer 20 | token 20 (native: zeros) | settle delay in seconds 4 | salt 32
 */
import type { ChannelTerms } from '@hourglass/ledger'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { ADDRESS_BYTES, decodeAddress, encodeAddress, putUint } from './address.ts'

/** Bytes of a name's contents; its text is twice as long. */
const TERMS_BYTES = 116

/** What `ChannelTerms.asset` says of the chain's own money. */
export const NATIVE = 'native'

const ADDRESS_AT = { source: 0, destination: 20, claimKey: 40, asset: 60 } as const
const SETTLE_DELAY_AT = 80
const SALT_AT = 84
const SETTLE_DELAY_S_MAX = 2 ** 32 - 1

/** The name of the channel with these terms; undefined where no channel can have them. */
export function encodeChannelId(terms: ChannelTerms): string | undefined {
  const settleDelayS = terms.settleDelayMs / 1000
  if (!Number.isInteger(settleDelayS) || settleDelayS < 0 || settleDelayS > SETTLE_DELAY_S_MAX)
    return undefined
  if (!/^[0-9a-f]{64}$/.test(terms.reference)) return undefined
  const bytes = new Uint8Array(TERMS_BYTES)
  for (const field of ['source', 'destination', 'claimKey', 'asset'] as const) {
    if (field === 'asset' && terms.asset === NATIVE) continue
    const address = decodeAddress(terms[field])
    // Zero is nobody's address; as an asset it would be a second name for the native one.
    if (address === undefined || address.every((byte) => byte === 0)) return undefined
    bytes.set(address, ADDRESS_AT[field])
  }
  putUint(bytes, SALT_AT, 4, BigInt(settleDelayS))
  bytes.set(hexToBytes(terms.reference), SALT_AT)
  return bytesToHex(bytes)
}

/** The terms of the channel with that name; undefined for what is no name, even if it only looks different. */
export function decodeChannelId(channelId: string): ChannelTerms | undefined {
  const bytes = decodeTerms(channelId)
  if (bytes === undefined) return undefined
  const address = (at: number): Uint8Array => bytes.subarray(at, at + ADDRESS_BYTES)
  const token = address(ADDRESS_AT.asset)
  const terms: ChannelTerms = {
    source: encodeAddress(address(ADDRESS_AT.source)),
    destination: encodeAddress(address(ADDRESS_AT.destination)),
    claimKey: encodeAddress(address(ADDRESS_AT.claimKey)),
    asset: token.every((byte) => byte === 0) ? NATIVE : encodeAddress(token),
    settleDelayMs: new DataView(bytes.buffer).getUint32(SETTLE_DELAY_AT) * 1000,
    reference: channelId.slice(2 * SALT_AT),
  }
  return encodeChannelId(terms) === channelId ? terms : undefined
}

/** The canonical notation of an asset: `native`, or a token's address with its checksum; undefined for no asset. */
export function canonicalAsset(asset: string): string | undefined {
  if (asset === NATIVE) return NATIVE
  const address = decodeAddress(asset)
  return address === undefined ? undefined : encodeAddress(address)
}

/** The contents of a name, without a look at what they mean. */
export function decodeTerms(channelId: string): Uint8Array | undefined {
  if (channelId.length !== 2 * TERMS_BYTES || !/^[0-9a-f]*$/.test(channelId)) return undefined
  return hexToBytes(channelId)
}
