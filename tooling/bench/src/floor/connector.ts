/**
 * The least that is still a connector: type, expiry, largest amount, balance held when a Prepare comes and given
 * back when it is rejected, longest-prefix route, amount and expiry rewritten in place, fulfillment checked. No
 * log, no limits on rates, nothing durable: a lower bound and no product. Tooling, floor.
 */
import { hash } from 'node:crypto'
import { FULFILL, REJECT, decodeFulfill, decodePrepare, encodeReject, rewritePrepare } from './packets.ts'

export type Send = (packet: Buffer) => Promise<Buffer>

export interface FloorAccount {
  /** Positive: the peer owes us. */
  balance: bigint
  send: Send | undefined
}

export const FLOOR_ADDRESS = 'test.connector'
const BALANCE_MAX = 10n ** 15n
const AMOUNT_MAX = 10n ** 12n
const EXPIRY_MARGIN_MS = 1000
const HOLD_TIME_MS_MAX = 30_000

export class FloorConnector {
  readonly #routes = new Map<string, FloorAccount>()

  /** An account whose peer is the child `id`. */
  add(id: string): FloorAccount {
    const account: FloorAccount = { balance: 0n, send: undefined }
    this.#routes.set(`${FLOOR_ADDRESS}.${id}`, account)
    return account
  }

  async handle(source: FloorAccount, packet: Buffer): Promise<Buffer> {
    const { amount, destination, executionCondition, expiresAt } = decodePrepare(packet)
    const now = Date.now()
    if (amount > AMOUNT_MAX) return reject('F08', 'the amount is too large')
    if (expiresAt - now < 2 * EXPIRY_MARGIN_MS) return reject('R02', 'too little time is left')
    const next = this.#route(destination)
    if (next?.send === undefined) return reject('F02', 'no route')
    if (source.balance + amount > BALANCE_MAX) return reject('T04', 'the peer may not owe as much')
    source.balance += amount
    const condition = Buffer.from(executionCondition)
    const outgoing = rewritePrepare(
      packet,
      amount,
      Math.min(expiresAt - EXPIRY_MARGIN_MS, now + HOLD_TIME_MS_MAX),
    )
    const reply = await next.send(outgoing)
    if (
      reply[0] === FULFILL &&
      hash('sha256', decodeFulfill(reply).fulfillment, 'buffer').equals(condition)
    ) {
      next.balance -= amount
      return reply
    }
    source.balance -= amount
    return reply[0] === REJECT ? reply : reject('F05', 'the fulfillment does not fit')
  }

  /** Longest prefix: the whole address first, then without its last segment, and so on. */
  #route(destination: string): FloorAccount | undefined {
    for (
      let prefix = destination;
      prefix !== '';
      prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf('.')))
    ) {
      const account = this.#routes.get(prefix)
      if (account !== undefined) return account
    }
    return undefined
  }
}

function reject(code: string, message: string): Buffer {
  return encodeReject({ code, triggeredBy: FLOOR_ADDRESS, message, data: Buffer.alloc(0) })
}
