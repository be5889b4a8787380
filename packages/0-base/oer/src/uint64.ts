/**
 * Unsigned 64-bit integers, big endian, as bigint. Base. Spec: IL-RFC 30 "Fixed-length unsigned integers".
 * They pass through one scratch view, so that no intermediate bigint is made and no view per buffer.
 */

export const UINT64_BYTES = 8
export const UINT64_MAX = 0xffff_ffff_ffff_ffffn

const scratch = new DataView(new ArrayBuffer(UINT64_BYTES))

/** Reads eight octets; the caller has checked that they are there. */
export function readUint64(bytes: Uint8Array, at: number): bigint {
  scratch.setUint32(0, readUint32(bytes, at))
  scratch.setUint32(4, readUint32(bytes, at + 4))
  return scratch.getBigUint64(0)
}

/** Writes `value`, 0 … 2^64-1, into eight octets; the caller has checked both. */
export function writeUint64(bytes: Uint8Array, at: number, value: bigint): void {
  scratch.setBigUint64(0, value)
  writeUint32(bytes, at, scratch.getUint32(0))
  writeUint32(bytes, at + 4, scratch.getUint32(4))
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
