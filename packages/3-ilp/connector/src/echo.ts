/**
 * Echo and ping: who asks gets its packet sent back, or answered, which shows that there is a path. Layer 3, connector.
 * Impl: ilp-connector, rafiki, interledger-rs (echo); Quilt's PingLoopbackLink (ping). There is no RFC.
 *
 *   request    "ECHOECHOECHOECHO" | 0 | return address, length-prefixed
 *   response   "ECHOECHOECHOECHO" | 1                       a Prepare of its own to the return address
 *
 * An echo makes this node send money where a stranger says (SEC-42): off unless an account has it switched on, and
 * within its limits then.
 */
import { type Address, ErrorCode, type Fulfill, type Prepare, readAddress } from '@hourglass/ilp'
import { Reader, encodeUtf8 } from '@hourglass/oer'
import { DecodeError, type Instant, equalBytes } from '@hourglass/sansio'
import { type PacketRate, bucketOf } from './rules/packet-rate.ts'
import type { Refusal } from './rules/rule.ts'

/** What an account may have echoed. */
export interface EchoOptions extends PacketRate {
  readonly amountMax: bigint
}

/** Answers a packet to our own address: with the Prepare to send back, with a Fulfill, or with a refusal. */
export type Echo = (prepare: Prepare, now: Instant) => Prepare | Fulfill | Refusal

/** Without options nothing is echoed. */
export function echo(options: EchoOptions | undefined): Echo | undefined {
  if (options === undefined) return undefined
  const { amountMax, perMinute } = options
  const bucket = bucketOf(options)
  return (prepare, now) => {
    if (prepare.data.length === 0) return NOBODY
    if (equalBytes(prepare.executionCondition, PING_CONDITION)) {
      return { fulfillment: PING_FULFILLMENT, data: prepare.data }
    }
    const to = returnAddressOf(prepare.data)
    // ECHO-09: a loop.
    if (to === undefined || to === prepare.destination || to.startsWith('peer.')) return MALFORMED
    const numbers = { perMinute, amountMax, amount: prepare.amount }
    if (prepare.amount > amountMax || !bucket.take(1n, now)) return { ...TOO_MUCH, numbers }
    return { ...prepare, destination: to, data: RESPONSE }
  }
}

function returnAddressOf(data: Uint8Array): Address | undefined {
  const [start, type] = [data.subarray(0, PREFIX.length), data[PREFIX.length]]
  if (!equalBytes(start, PREFIX) || type !== REQUEST_TYPE) return undefined
  try {
    return readAddress(new Reader(data, PREFIX.length + 1))
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return undefined
  }
}

const PREFIX = encodeUtf8('ECHOECHOECHOECHO')
const REQUEST_TYPE = 0
const RESPONSE = Uint8Array.of(...PREFIX, 1)

const PING_FULFILLMENT = encodeUtf8('ping'.repeat(8))
/** SHA-256 of it. */
const PING_CONDITION = Uint8Array.of(
  ...[0x8c, 0x00, 0xbc, 0x0c, 0x61, 0x4f, 0x64, 0xf7, 0xe1, 0xe0, 0x0b, 0x59, 0xa5, 0x7b, 0xaf, 0x5c],
  ...[0x57, 0xb6, 0xa1, 0x19, 0xa9, 0x0d, 0x54, 0xaf, 0x48, 0x98, 0x36, 0xa1, 0x3f, 0x9b, 0xc7, 0x7e],
)

/** CONN-33, ECHO-07 */
export const NOBODY: Refusal = {
  rule: 'own-address',
  code: ErrorCode.F02_UNREACHABLE,
  message: 'nobody receives at this address',
}
const MALFORMED: Refusal = { rule: 'echo', code: ErrorCode.F01_INVALID_PACKET, message: 'invalid echo' }
const TOO_MUCH: Refusal = {
  rule: 'echo',
  code: ErrorCode.T05_RATE_LIMITED,
  message: 'too much to echo',
  why: 'The account has {perMinute} echoes a minute, each of at most {amountMax}; this one is of {amount}.',
}
