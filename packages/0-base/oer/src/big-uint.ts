/**
 * Unsigned integers of any size, big endian, without leading zeros; zero is no octet at all. Base.
 * For running totals and ledger amounts, which outgrow 64 bits; they travel as variable-length octet strings.
 */
import { UsageError } from '@hourglass/sansio'
import { allocate } from './allocate.ts'
import { UINT64_MAX, significantOctets, writeUint } from './uint.ts'

/** The octets of `value`. @throws UsageError below zero */
export function encodeBigUint(value: bigint): Uint8Array {
  if (value < 0n) throw new UsageError(`${value} is below zero`)
  if (value === 0n) return new Uint8Array(0)
  if (value <= UINT64_MAX) {
    const length = significantOctets(value)
    const octets = allocate(length)
    writeUint(octets, 0, value, length)
    return octets
  }
  const digits = value.toString(16)
  const padded = digits.length % 2 === 0 ? digits : `0${digits}`
  return Uint8Array.from({ length: padded.length / 2 }, (_, i) =>
    parseInt(padded.slice(2 * i, 2 * i + 2), 16),
  )
}

/** The value of any octets; leading zeros change nothing. */
export function decodeBigUint(octets: Uint8Array): bigint {
  let value = 0n
  for (const octet of octets) value = (value << 8n) | BigInt(octet)
  return value
}
