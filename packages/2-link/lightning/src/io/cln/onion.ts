/**
 * What each node on a payment's way finds in its layer of the onion. Layer 2, io.
 * Spec: BOLT 4, "Payload Format"; BOLT 1, "Type-Length-Value Format".
 */
import { Writer, encodeBigUint } from '@hourglass/oer'
import type { CustomRecord } from '../../node.ts'

/** The record that holds the preimage. */
const KEYSEND_RECORD = 5_482_373_484n
const AMOUNT = 2n
const CLTV = 4n
const CHANNEL = 6n

interface Forward {
  /** To pass on, or to keep. */
  readonly amountMsat: bigint
  /** The height at which that is void. */
  readonly cltv: number
}

/** For one that passes it on through `channel`, as `BLOCKxTRANSACTIONxOUTPUT`. */
export function hopPayload({
  amountMsat,
  cltv,
  channel,
}: Forward & { readonly channel: string }): Uint8Array {
  const [block = 0n, transaction = 0n, output = 0n] = channel.split('x').map(BigInt)
  const id = new Writer(8).uint64((block << 40n) | (transaction << 16n) | output).finish()
  return payload([...forward({ amountMsat, cltv }), { type: CHANNEL, value: id }])
}

/** For the receiver of a payment by keysend. */
export function keysendPayload({
  preimage,
  records,
  ...rest
}: Forward & { readonly preimage: Uint8Array; readonly records: readonly CustomRecord[] }): Uint8Array {
  return payload([...forward(rest), { type: KEYSEND_RECORD, value: preimage }, ...records])
}

function forward({ amountMsat, cltv }: Forward): CustomRecord[] {
  return [
    { type: AMOUNT, value: encodeBigUint(amountMsat) },
    { type: CLTV, value: encodeBigUint(BigInt(cltv)) },
  ]
}

/** BOLT 1: types rise, and none comes twice. */
function payload(records: readonly CustomRecord[]): Uint8Array {
  const sorted = [...records].sort((a, b) => (a.type < b.type ? -1 : 1))
  const bytes = sorted.reduce((sum, { value }) => sum + value.length + 2 * BIG_SIZE_BYTES_MAX, 0)
  const stream = new Writer(bytes)
  for (const { type, value } of sorted) {
    writeBigSize(stream, type)
    writeBigSize(stream, BigInt(value.length)).bytes(value)
  }
  const content = stream.finish()
  const prefixed = new Writer(content.length + BIG_SIZE_BYTES_MAX)
  return writeBigSize(prefixed, BigInt(content.length)).bytes(content).finish()
}

const BIG_SIZE_BYTES_MAX = 9

function writeBigSize(writer: Writer, value: bigint): Writer {
  if (value < 0xfdn) return writer.uint8(Number(value))
  if (value <= 0xffffn) return writer.uint8(0xfd).uint16(Number(value))
  if (value <= 0xffff_ffffn) return writer.uint8(0xfe).uint32(Number(value))
  return writer.uint8(0xff).uint64(value)
}
