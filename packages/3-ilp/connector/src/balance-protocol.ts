/**
 * Link protocol `balance`: a peer asks how its account stands. Layer 3, connector.
 * The request is empty, the reply UTF-8 JSON. Amounts are decimal strings of base units, as the peer sees them.
 */
import { encodeUtf8 } from '@hourglass/oer'
import type { Account } from './account.ts'

export const BALANCE_PROTOCOL = 'balance'

/** What a peer learns of its own account. */
export interface BalanceReply {
  readonly assetCode: string
  readonly assetScale: number
  /** Positive: this node owes the peer. */
  readonly balance: string
  /** What the peer may still send before it has to settle; unanswered packets are taken off. */
  readonly spendable: string
}

export function describeBalance(account: Account): Uint8Array {
  const reply: BalanceReply = {
    assetCode: account.asset.code,
    assetScale: account.asset.scale,
    balance: String(-account.balance),
    spendable: String(account.balanceMax - account.balance - account.heldIncoming),
  }
  return encodeUtf8(JSON.stringify(reply))
}
