/**
 * ILP Prepare: offers money against a condition. Layer 3, wire.
 * Spec: IL-RFC 27 "ILP Prepare"; encodings IL-RFC 30.
 *
 *   amount u64 | expiresAt 17 digits | executionCondition 32 octets | destination | data
 */
import {
  TIMESTAMP_BYTES,
  UINT64_BYTES,
  UINT64_MAX,
  octetsBytes,
  writeTimestamp,
  writeUint64,
} from '@hourglass/oer'
import { type Instant, UsageError } from '@hourglass/sansio'
import { type Address, readAddress, writeAddress } from './address.ts'
import { checkData, readData, writeData } from './data.ts'
import { PacketType, canonicalPacket, newEnvelope, openEnvelope } from './envelope.ts'

/** One offer, as it travels on one account. */
export interface Prepare {
  /** Base units of the account's asset, 0 … 2^64-1. */
  readonly amount: bigint
  /** UTC, in the years 1 … 9999; the offer is void from this instant on. */
  readonly expiresAt: Instant
  /** SHA-256 digest, 32 octets. A view when decoded: copy it to keep it. */
  readonly executionCondition: Uint8Array
  readonly destination: Address
  /** End-to-end payload, at most 32 767 octets. A view when decoded: copy it to keep it. */
  readonly data: Uint8Array
}

export const CONDITION_BYTES = 32

/** The largest amount that a packet carries. */
export const AMOUNT_MAX: bigint = UINT64_MAX

/** Offsets from the start of the contents. */
const EXPIRES_AT = UINT64_BYTES
const CONDITION_AT = EXPIRES_AT + TIMESTAMP_BYTES
const DESTINATION_AT = CONDITION_AT + CONDITION_BYTES

/**
 * Reads a whole packet. What trails is ignored: `canonicalPrepare` takes it off.
 * @throws DecodeError `bad-type` | `short` | `bad-length` | `bad-timestamp` | `bad-address` | `long-data`
 */
export function decodePrepare(packet: Uint8Array): Prepare {
  const contents = openEnvelope(packet, PacketType.Prepare)
  const amount = contents.uint64()
  const expiresAt = contents.timestamp()
  const executionCondition = contents.take(CONDITION_BYTES)
  const destination = readAddress(contents)
  return { amount, expiresAt, executionCondition, destination, data: readData(contents) }
}

/** Throws UsageError where a field is out of its range. */
export function encodePrepare(prepare: Prepare): Uint8Array {
  const { amount, expiresAt, executionCondition, destination, data } = prepare
  checkAmount(amount)
  checkCondition(executionCondition)
  checkData(data)
  const contentsBytes = DESTINATION_AT + octetsBytes(destination.length) + octetsBytes(data.length)
  const { packet, at } = newEnvelope(PacketType.Prepare, contentsBytes)
  writeUint64(packet, at, amount)
  writeTimestamp(packet, at + EXPIRES_AT, expiresAt)
  packet.set(executionCondition, at + CONDITION_AT)
  writeData(packet, writeAddress(packet, at + DESTINATION_AT, destination), data)
  return packet
}

/**
 * Replaces amount and expiry in place; nothing else changes (ILP-18, ILP-67). `packet` is one that
 * `decodePrepare` reads. Throws UsageError where a value is out of its range: the packet then stays as it was.
 */
export function rewritePrepare(packet: Uint8Array, amount: bigint, expiresAt: Instant): void {
  checkAmount(amount)
  const { at } = openEnvelope(packet, PacketType.Prepare)
  writeTimestamp(packet, at + EXPIRES_AT, expiresAt)
  writeUint64(packet, at, amount)
}

/** The packet as it may go on: `canonicalPacket` of a decoded Prepare. */
export function canonicalPrepare(packet: Uint8Array, prepare: Prepare): Uint8Array {
  return canonicalPacket(packet, prepare)
}

function checkAmount(amount: bigint): void {
  if (amount >= 0n && amount <= AMOUNT_MAX) return
  throw new UsageError(`the amount ${amount} is not between 0 and 2^64-1`)
}

function checkCondition({ length }: Uint8Array): void {
  if (length === CONDITION_BYTES) return
  throw new UsageError(`an execution condition has ${CONDITION_BYTES} octets, not ${length}`)
}
