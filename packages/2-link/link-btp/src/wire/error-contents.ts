/**
 * What an Error frame says. Layer 2, wire.
 * Spec: IL-RFC 23 "Error"; layout from its ASN.1 module:
 *
 *   code (3 octets), name (string), triggeredAt (GeneralizedTime), data (octet string)
 */
import {
  type Reader,
  type Writer,
  decodeUtf8Lossy,
  decodeVariableTimestamp,
  encodeUtf8,
  encodeVariableTimestamp,
} from '@hourglass/oer'
import { DecodeError, type Instant, UsageError } from '@hourglass/sansio'

/** Codes and names of IL-RFC 23 "Error Codes"; there is no F02. F: do not retry. T: retry later. */
export const ERROR_NAMES = {
  T00: 'UnreachableError',
  F00: 'NotAcceptedError',
  F01: 'InvalidFieldsError',
  F03: 'TransferNotFoundError',
  F04: 'InvalidFulfillmentError',
  F05: 'DuplicateIdError',
  F06: 'AlreadyRolledBackError',
  F07: 'AlreadyFulfilledError',
  F08: 'InsufficientBalanceError',
} as const

export type ErrorCode = keyof typeof ERROR_NAMES

/** RFC 23 "Error Codes": what may be asked again later. A code that nobody knows is final. */
export function isTemporary(code: string): boolean {
  return code.startsWith('T')
}

/** RFC 23 "Error": the longest data, in octets. */
const ERROR_DATA_BYTES_MAX = 8192

export interface ErrorContents {
  /** Three characters, `F00`. Peers may send codes that are not in the RFC. */
  readonly code: string
  readonly name: string
  /** Undefined where the peer's clock writes no instant: the error counts all the same (BTP-41). */
  readonly triggeredAt: Instant | undefined
  /** By custom JSON, `{ "message": … }` (X-BTP7); for people. */
  readonly data: Uint8Array
}

/** @throws DecodeError of `Reader` */
export function readErrorContents(reader: Reader): ErrorContents {
  const code = decodeUtf8Lossy(reader.take(CODE_BYTES))
  const name = reader.lossyText()
  return { code, name, triggeredAt: readTriggeredAt(reader), data: reader.octets() }
}

/** Throws UsageError for a code that is not three ASCII characters, and for data above the limit. */
export function writeErrorContents(writer: Writer, { code, name, triggeredAt, data }: ErrorContents): void {
  if (!/^[\x21-\x7e]{3}$/.test(code))
    throw new UsageError(`error code ${JSON.stringify(code)} is not three characters`)
  if (data.length > ERROR_DATA_BYTES_MAX) {
    throw new UsageError(`an error's data has at most ${ERROR_DATA_BYTES_MAX} bytes, this one ${data.length}`)
  }
  writer.bytes(encodeUtf8(code)).text(name)
  writer.octets(triggeredAt === undefined ? new Uint8Array(0) : encodeVariableTimestamp(triggeredAt))
  writer.octets(data)
}

/** Contents of an error of ours, with a message for people that is cut to fit. */
export function makeErrorContents(code: ErrorCode, message: string, now: Instant): ErrorContents {
  const data = encodeUtf8(JSON.stringify({ message: message.slice(0, MESSAGE_LENGTH_MAX) }))
  return { code, name: ERROR_NAMES[code], triggeredAt: now, data }
}

const CODE_BYTES = 3

/** JSON makes up to six octets of a character. */
const MESSAGE_LENGTH_MAX = 1000

function readTriggeredAt(reader: Reader): Instant | undefined {
  const octets = reader.octets()
  try {
    return decodeVariableTimestamp(octets)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
