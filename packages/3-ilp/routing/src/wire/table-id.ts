/**
 * The name of one run of a sender's table: who hears another one knows that the sender begins anew. Layer 3, wire.
 * On the wire 16 octets, here 32 hex digits.
 */
import { type Reader, type Writer, decodeHex, encodeHex } from '@hourglass/oer'
import { type Rng, assert } from '@hourglass/sansio'

export const TABLE_ID_BYTES = 16

/** CCP-18: the table of whoever knows none. */
export const NO_TABLE: string = '0'.repeat(2 * TABLE_ID_BYTES)

/** CCP-17: a UUID of version 4. */
export function drawTableId(rng: Rng): string {
  const bytes = rng.bytes(TABLE_ID_BYTES)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return encodeHex(bytes)
}

/** @throws DecodeError `short` */
export function readTableId(reader: Reader): string {
  return encodeHex(reader.take(TABLE_ID_BYTES))
}

export function writeTableId(writer: Writer, id: string): void {
  const bytes = decodeHex(id)
  assert(bytes?.length === TABLE_ID_BYTES, 'a table id has 32 hex digits')
  writer.bytes(bytes)
}
