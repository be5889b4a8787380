/**
 * Room for what is encoded. Base.
 * A new ArrayBuffer for each packet costs several times the packet's encoding, so small arrays are cut from
 * shared slabs, each octet once.
 */

/**
 * `length` zero octets that nobody else uses. Their `buffer` holds other arrays too, and lives as long as any
 * of them: whoever keeps a few octets for long, or hands on a `buffer`, makes a copy (`slice`).
 */
export function allocate(length: number): Uint8Array<ArrayBuffer> {
  if (length > PIECE_BYTES_MAX) return new Uint8Array(length)
  if (length > SLAB_BYTES - used) {
    slab = new ArrayBuffer(SLAB_BYTES)
    used = 0
  }
  const piece = new Uint8Array(slab, used, length)
  used += (length + ALIGNMENT - 1) & -ALIGNMENT
  return piece
}

const SLAB_BYTES = 65_536
const PIECE_BYTES_MAX = SLAB_BYTES / 4
/** Copies are faster from and to such offsets. */
const ALIGNMENT = 8

let slab = new ArrayBuffer(SLAB_BYTES)
let used = 0
