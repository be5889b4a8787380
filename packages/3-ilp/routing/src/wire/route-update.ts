/**
 * CCP route update: what changed in the sender's table between two epochs. Layer 3, wire. As in ilp-protocol-ccp:
 *
 *   table 16 | currentEpoch u32 | fromEpoch u32 | toEpoch u32 | holdDownMs u32 | speaker
 *   count, new routes: prefix | count, path: address | auth 32 | count, properties
 *   count, withdrawn prefixes
 *
 * Leniency: a route whose prefix or path has what is no address is left out, and so is such a withdrawal (CCP-11):
 * one bad route in a peer's table must not keep all others back.
 */
import { type Address, isAddress } from '@hourglass/ilp'
import { Reader, Writer, lengthBytes, octetsBytes } from '@hourglass/oer'
import { type RouteProperty, propertyBytes, readProperty, writeProperty } from './route-property.ts'
import { TABLE_ID_BYTES, readTableId, writeTableId } from './table-id.ts'

export const AUTH_BYTES = 32

/** A way to all addresses that begin with `prefix`, as its speaker offers it. */
export interface Route {
  readonly prefix: Address
  /** The nodes on the way, the speaker first, the owner of the prefix last. Empty from some speakers (X-CCP5). */
  readonly path: readonly Address[]
  /** 32 octets: a hash chain that begins with the owner's secret; verified by nobody (X-CCP4). */
  readonly auth: Uint8Array
  readonly properties: readonly RouteProperty[]
}

export interface RouteUpdate {
  readonly kind: 'update'
  /** 32 hex digits. */
  readonly table: string
  readonly currentEpoch: number
  /** First epoch of the changes. */
  readonly fromEpoch: number
  /** First epoch behind them. */
  readonly toEpoch: number
  /** For how long the routes count where nothing more is heard. */
  readonly holdDownMs: number
  /** Informative (CCP-42); empty where it is no address. */
  readonly speaker: Address | ''
  readonly newRoutes: readonly Route[]
  /** Counts before the new routes. */
  readonly withdrawn: readonly Address[]
}

/**
 * Routes outlive the packet, so their octets are copies. What trails is ignored (CCP-13).
 * @throws DecodeError `short` | `bad-length` | `bad-varuint`
 */
export function decodeRouteUpdate(data: Uint8Array): RouteUpdate {
  const reader = new Reader(data)
  return {
    kind: 'update',
    table: readTableId(reader),
    currentEpoch: reader.uint32(),
    fromEpoch: reader.uint32(),
    toEpoch: reader.uint32(),
    holdDownMs: reader.uint32(),
    speaker: readIfAddress(reader) ?? '',
    newRoutes: readAll(reader, readRoute),
    withdrawn: readAll(reader, readIfAddress),
  }
}

/** Throws UsageError where a number does not fit its field. */
export function encodeRouteUpdate(update: RouteUpdate): Uint8Array {
  const writer = new Writer(routeUpdateBytes(update))
  writeTableId(writer, update.table)
  writer.uint32(update.currentEpoch).uint32(update.fromEpoch).uint32(update.toEpoch)
  writer.uint32(update.holdDownMs).text(update.speaker)
  writer.varUint(BigInt(update.newRoutes.length))
  for (const route of update.newRoutes) writeRoute(writer, route)
  writer.varUint(BigInt(update.withdrawn.length))
  for (const prefix of update.withdrawn) writer.text(prefix)
  return writer.finish()
}

/** How long the message is, as `encodeRouteUpdate` writes it. */
export function routeUpdateBytes({ speaker, newRoutes, withdrawn }: RouteUpdate): number {
  let bytes = FIXED_BYTES + octetsBytes(speaker.length) + countBytes(newRoutes) + countBytes(withdrawn)
  for (const route of newRoutes) bytes += routeBytes(route)
  for (const prefix of withdrawn) bytes += octetsBytes(prefix.length)
  return bytes
}

/** The share of one route in it. */
export function routeBytes({ prefix, path, properties }: Route): number {
  let bytes = octetsBytes(prefix.length) + countBytes(path) + AUTH_BYTES + countBytes(properties)
  for (const hop of path) bytes += octetsBytes(hop.length)
  for (const property of properties) bytes += propertyBytes(property)
  return bytes
}

/** Epochs, times and the table's id. */
const FIXED_BYTES = TABLE_ID_BYTES + 4 * 4

/** A count is a VarUInt: a length, and the number in as few octets as it needs. */
function countBytes({ length }: readonly unknown[]): number {
  return length <= 0xff ? 2 : lengthBytes(length)
}

function readRoute(reader: Reader): Route | undefined {
  const prefix = readIfAddress(reader)
  let isWhole = prefix !== undefined
  const path: Address[] = []
  for (let count = reader.count(); count > 0; count--) {
    const hop = readIfAddress(reader)
    if (hop === undefined) isWhole = false
    else path.push(hop)
  }
  const auth = reader.take(AUTH_BYTES).slice()
  const properties = readAll(reader, readProperty)
  return isWhole ? { prefix: prefix!, path, auth, properties } : undefined
}

function writeRoute(writer: Writer, { prefix, path, auth, properties }: Route): void {
  writer.text(prefix).varUint(BigInt(path.length))
  for (const hop of path) writer.text(hop)
  writer.bytes(auth).varUint(BigInt(properties.length))
  for (const property of properties) writeProperty(writer, property)
}

function readIfAddress(reader: Reader): Address | undefined {
  const text = reader.lossyText()
  return isAddress(text) ? text : undefined
}

/** CCP-12: a count is bounded by the octets that are left, and nothing is reserved for it. */
function readAll<T>(reader: Reader, read: (reader: Reader) => T | undefined): T[] {
  const values: T[] = []
  for (let count = reader.count(); count > 0; count--) {
    const value = read(reader)
    if (value !== undefined) values.push(value)
  }
  return values
}
