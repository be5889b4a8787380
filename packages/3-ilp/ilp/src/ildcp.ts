/**
 * IL-DCP: a child asks its parent for its address and asset. Layer 3, wire.
 * Spec: IL-RFC 31 "Packet". The request is a Prepare of amount 0 to `peer.config`, the response a Fulfill:
 *
 *   address | assetScale u8 | assetCode, a variable-length UTF-8 string
 */
import { Reader, Writer } from '@hourglass/oer'
import { DecodeError, type Instant, equalBytes } from '@hourglass/sansio'
import { type Address, readAddress, toAddress } from './address.ts'
import type { IlpFault } from './fault.ts'
import { FULFILLMENT_BYTES, type Fulfill } from './fulfill.ts'
import { encodePrepare } from './prepare.ts'

/** What the parent says of the child's account. */
export interface IldcpResponse {
  /** The child's own address. */
  readonly address: Address
  readonly assetCode: string
  /** 0 … 255 */
  readonly assetScale: number
}

export const ILDCP_DESTINATION: Address = toAddress('peer.config')

/** The fulfillment that everyone knows: no money hangs on it. */
export const ILDCP_FULFILLMENT: Uint8Array = new Uint8Array(FULFILLMENT_BYTES)

/** SHA-256 of `ILDCP_FULFILLMENT`. */
export const ILDCP_CONDITION: Uint8Array = Uint8Array.of(
  ...[0x66, 0x68, 0x7a, 0xad, 0xf8, 0x62, 0xbd, 0x77, 0x6c, 0x8f, 0xc1, 0x8b, 0x8e, 0x9f, 0x8e, 0x20],
  ...[0x08, 0x97, 0x14, 0x85, 0x6e, 0xe2, 0x33, 0xb3, 0x90, 0x2a, 0x59, 0x1d, 0x0d, 0x5f, 0x29, 0x25],
)

/** The Prepare that asks; a minute is time enough (DCP-05). Throws UsageError outside the years 1 … 9999. */
export function encodeIldcpRequest(expiresAt: Instant): Uint8Array {
  return encodePrepare({
    amount: 0n,
    expiresAt,
    executionCondition: ILDCP_CONDITION,
    destination: ILDCP_DESTINATION,
    data: new Uint8Array(0),
  })
}

/**
 * Reads the Fulfill that answers (DCP-08). What trails is ignored.
 * @throws DecodeError `bad-fulfillment` | `bad-address` | `short` | `bad-length` | `bad-utf8`; offsets are those
 * of its data
 */
export function decodeIldcpResponse({ fulfillment, data }: Fulfill): IldcpResponse {
  if (!equalBytes(fulfillment, ILDCP_FULFILLMENT)) throw new DecodeError<IlpFault>('bad-fulfillment', 0)
  const reader = new Reader(data)
  const address = readAddress(reader)
  const assetScale = reader.uint8()
  return { address, assetScale, assetCode: reader.text() }
}

/** The data of the Fulfill that answers; its fulfillment is `ILDCP_FULFILLMENT`. Throws UsageError on a wrong scale. */
export function encodeIldcpResponse({ address, assetCode, assetScale }: IldcpResponse): Uint8Array {
  return new Writer().text(address).uint8(assetScale).text(assetCode).finish()
}
