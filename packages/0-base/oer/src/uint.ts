/**
 * Fixed-length unsigned integers, big endian. Base. Spec: IL-RFC 30 "Fixed-length unsigned integers".
 * Whoever calls has checked that the octets are there and that the value fits.
 */

export const UINT64_BYTES = 8
export const UINT64_MAX = 0xffff_ffff_ffff_ffffn

/** 64-bit values pass through here: no bigint is made on the way, and no view for each buffer. */
const scratch = new DataView(new ArrayBuffer(UINT64_BYTES))

export function readUint64(bytes: Uint8Array, at: number): bigint {
  scratch.setUint32(0, readUint32(bytes, at))
  scratch.setUint32(4, readUint32(bytes, at + 4))
  return scratch.getBigUint64(0)
}

export function writeUint64(bytes: Uint8Array, at: number, value: bigint): void {
  scratch.setBigUint64(0, value)
  writeUint32(bytes, at, scratch.getUint32(0))
  writeUint32(bytes, at + 4, scratch.getUint32(4))
}

/** How many octets `value` takes without leading zeros; zero takes one. */
export function significantOctets(value: bigint): number {
  scratch.setBigUint64(0, value)
  const high = scratch.getUint32(0)
  return high === 0 ? Math.max(1, octetsOf(scratch.getUint32(4))) : 4 + octetsOf(high)
}

function octetsOf(uint32: number): number {
  return 4 - (Math.clz32(uint32) >>> 3)
}

/** Writes the last `octets` octets of `value`. */
export function writeUint(bytes: Uint8Array, at: number, value: bigint, octets: number): void {
  scratch.setBigUint64(0, value)
  for (let i = 0; i < octets; i++) bytes[at + i] = scratch.getUint8(UINT64_BYTES - octets + i)
}

/** Reads `octets` octets, at most 8. */
export function readUint(bytes: Uint8Array, at: number, octets: number): bigint {
  scratch.setBigUint64(0, 0n)
  for (let i = 0; i < octets; i++) scratch.setUint8(UINT64_BYTES - octets + i, bytes[at + i]!)
  return scratch.getBigUint64(0)
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}
