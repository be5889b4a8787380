/** The last field of every packet: the end-to-end payload. Layer 3, wire. Spec: IL-RFC 27; InterledgerProtocol.asn. */
import { type Reader, writeOctets } from '@hourglass/oer'
import { DecodeError, UsageError } from '@hourglass/sansio'
import type { IlpFault } from './fault.ts'

/** The most that a packet carries (ILP-11, ILP-12, ILP-17). */
export const DATA_BYTES_MAX = 32_767

/** A view. @throws DecodeError `short` | `bad-length` | `long-data` */
export function readData(contents: Reader): Uint8Array {
  const at = contents.at
  const data = contents.octets()
  if (data.length > DATA_BYTES_MAX) throw new DecodeError<IlpFault>('long-data', at)
  return data
}

/** Writes `data` and returns the offset behind it. There must be room. */
export function writeData(packet: Uint8Array, at: number, data: Uint8Array): number {
  return writeOctets(packet, at, data)
}

export function checkData(data: Uint8Array): void {
  if (data.length > DATA_BYTES_MAX) {
    throw new UsageError(`${data.length} octets of data are more than ${DATA_BYTES_MAX}`)
  }
}
