/**
 * A property of a route. None is defined; unknown ones are passed on, dropped, or make a route unusable, as BGP does.
 * Layer 3, wire. As in ilp-protocol-ccp:
 *
 *   meta u8 | id u16 | value, variable length        meta: 0x80 optional, 0x40 transitive, 0x20 partial, 0x10 UTF-8
 */
import { type Reader, type Writer, octetsBytes } from '@hourglass/oer'

export interface RouteProperty {
  readonly id: number
  /** Who does not know it may use the route all the same. */
  readonly isOptional: boolean
  /** Who does not know it passes it on. */
  readonly isTransitive: boolean
  /** Somebody passed it on without knowing it. */
  readonly isPartial: boolean
  readonly isUtf8: boolean
  readonly value: Uint8Array
}

const OPTIONAL = 0x80
const TRANSITIVE = 0x40
const PARTIAL = 0x20
const UTF8 = 0x10
/** Octets before the value. */
const HEAD_BYTES = 3

/** @throws DecodeError `short` | `bad-length` */
export function readProperty(reader: Reader): RouteProperty {
  const meta = reader.uint8()
  return {
    id: reader.uint16(),
    isOptional: (meta & OPTIONAL) !== 0,
    isTransitive: (meta & TRANSITIVE) !== 0,
    isPartial: (meta & PARTIAL) !== 0,
    isUtf8: (meta & UTF8) !== 0,
    value: reader.octets().slice(),
  }
}

/** CCP-09: what is not optional goes out as transitive, and partial is what is optional and transitive alone. */
export function writeProperty(writer: Writer, property: RouteProperty): void {
  const { id, isOptional, isTransitive, isPartial, isUtf8, value } = property
  let meta = isUtf8 ? UTF8 : 0
  if (isOptional) meta |= OPTIONAL
  if (!isOptional || isTransitive) meta |= TRANSITIVE
  if (isOptional && isTransitive && isPartial) meta |= PARTIAL
  writer.uint8(meta).uint16(id).octets(value)
}

export function propertyBytes({ value }: RouteProperty): number {
  return HEAD_BYTES + octetsBytes(value.length)
}
