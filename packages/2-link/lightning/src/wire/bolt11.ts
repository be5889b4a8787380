/**
 * What a payer has to know of an invoice before its node pays it: which payment it is, and how much. Layer 2, wire.
 * Spec: BOLT 11; BIP 173 for the encoding. The signature is the node's to check.
 */
import { DecodeError } from '@hourglass/sansio'
import type { BitcoinNetwork } from '../node.ts'

export interface Invoice {
  readonly network: BitcoinNetwork
  readonly amountMsat: bigint
  /** 32 bytes. */
  readonly hash: Uint8Array
}

export type InvoiceFault =
  | 'bad-character'
  | 'bad-checksum'
  | 'bad-prefix'
  | 'bad-amount'
  | 'bad-hash'
  | 'short'

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const CHECKSUM_GROUPS = 6
const TIMESTAMP_GROUPS = 7
const SIGNATURE_GROUPS = 104
const HASH_FIELD = 1
const HASH_GROUPS = 52
const HASH_BYTES = 32
const NETWORKS: Readonly<Record<string, BitcoinNetwork>> = {
  bc: 'bitcoin',
  tb: 'testnet',
  tbs: 'signet',
  bcrt: 'regtest',
}
/** In tenths of a millisatoshi. */
const MULTIPLIERS: Readonly<Record<string, bigint>> = {
  '': 10n ** 12n,
  m: 10n ** 9n,
  u: 10n ** 6n,
  n: 1000n,
  p: 1n,
}

/** @throws DecodeError InvoiceFault */
export function decodeInvoice(text: string): Invoice {
  const lower = text.toLowerCase()
  const separator = lower.lastIndexOf('1')
  const prefix = lower.slice(0, Math.max(separator, 0))
  const groups = readGroups(lower, separator + 1)
  if (checksumOf(prefix, groups) !== 1) throw new DecodeError<InvoiceFault>('bad-checksum', separator)
  return { ...readPrefix(prefix), hash: readHash(groups.slice(0, -CHECKSUM_GROUPS)) }
}

/** BIP 173: 1 where the last six groups are the checksum of all before. */
export function checksumOf(prefix: string, groups: readonly number[]): number {
  const codes = Array.from(prefix, (character) => character.charCodeAt(0))
  const expanded = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...groups]
  let checksum = 1
  for (const value of expanded) {
    const top = checksum >>> 25
    checksum = ((checksum & 0x1ffffff) << 5) ^ value
    for (const [bit, generator] of GENERATORS.entries()) if (((top >>> bit) & 1) === 1) checksum ^= generator
  }
  return checksum >>> 0
}

const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]

function readGroups(text: string, from: number): number[] {
  return Array.from(text.slice(from), (character, i) => {
    const value = CHARSET.indexOf(character)
    if (value < 0) throw new DecodeError<InvoiceFault>('bad-character', from + i)
    return value
  })
}

function readPrefix(prefix: string): Omit<Invoice, 'hash'> {
  const [, name = '', digits = '', multiplier = ''] = /^ln(bcrt|tbs|bc|tb)(\d*)([munp]?)$/.exec(prefix) ?? []
  const network = NETWORKS[name]
  if (network === undefined) throw new DecodeError<InvoiceFault>('bad-prefix', 0)
  const tenths = BigInt(digits) * MULTIPLIERS[multiplier]!
  // An invoice for any amount says nothing of what its payer owes.
  if (tenths === 0n || tenths % 10n !== 0n) throw new DecodeError<InvoiceFault>('bad-amount', 2 + name.length)
  return { network, amountMsat: tenths / 10n }
}

/** The tagged fields stand between timestamp and signature; a hash of another length is skipped, as BOLT 11 asks. */
function readHash(groups: readonly number[]): Uint8Array {
  const end = groups.length - SIGNATURE_GROUPS
  let hash: Uint8Array | undefined
  for (let at = TIMESTAMP_GROUPS; at < end;) {
    const [type, high = 0, low = 0] = groups.slice(at, at + 3)
    const from = at + 3
    at = from + high * 32 + low
    if (at > end) throw new DecodeError<InvoiceFault>('short', groups.length)
    if (type !== HASH_FIELD || at - from !== HASH_GROUPS) continue
    if (hash !== undefined) throw new DecodeError<InvoiceFault>('bad-hash', from)
    hash = toBytes(groups.slice(from, at))
  }
  if (hash === undefined) throw new DecodeError<InvoiceFault>('bad-hash', groups.length)
  return hash
}

/** Groups of 5 bits as octets; what is left of the last group is dropped. */
function toBytes(groups: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(HASH_BYTES)
  let bits = 0
  let held = 0
  let at = 0
  for (const group of groups) {
    held = ((held << 5) | group) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = held >>> bits
  }
  return bytes
}
