/**
 * CCP route control: asks a peer to send its routes from some epoch on, or none. Layer 3, wire.
 * As in ilp-protocol-ccp:
 *
 *   mode u8 | lastKnownTable 16 | lastKnownEpoch u32 | count, features: variable-length UTF-8
 */
import { Reader, Writer } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import type { RoutingFault } from './fault.ts'
import { readTableId, writeTableId } from './table-id.ts'

export interface RouteControl {
  readonly kind: 'control'
  /** `sync`: send what is new; `idle`: send nothing. */
  readonly mode: 'idle' | 'sync'
  /** 32 hex digits. */
  readonly lastKnownTable: string
  readonly lastKnownEpoch: number
  /** Free text; none is defined (CCP-61). */
  readonly features: readonly string[]
}

const MODES = ['idle', 'sync'] as const

/**
 * What trails is ignored (CCP-13).
 * @throws DecodeError `bad-mode` | `short` | `bad-length` | `bad-varuint`
 */
export function decodeRouteControl(data: Uint8Array): RouteControl {
  const reader = new Reader(data)
  const mode = MODES[reader.uint8()]
  if (mode === undefined) throw new DecodeError<RoutingFault>('bad-mode', 0) // CCP-07
  const lastKnownTable = readTableId(reader)
  const lastKnownEpoch = reader.uint32()
  const features: string[] = []
  for (let count = reader.count(); count > 0; count--) features.push(reader.lossyText())
  return { kind: 'control', mode, lastKnownTable, lastKnownEpoch, features }
}

export function encodeRouteControl(control: RouteControl): Uint8Array {
  const writer = new Writer()
  writer.uint8(MODES.indexOf(control.mode))
  writeTableId(writer, control.lastKnownTable)
  writer.uint32(control.lastKnownEpoch).varUint(BigInt(control.features.length))
  for (const feature of control.features) writer.text(feature)
  return writer.finish()
}
