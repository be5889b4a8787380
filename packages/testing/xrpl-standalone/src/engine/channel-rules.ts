/**
 * What the three channel transactions share: expiry, closing. Testing.
 */
import type { PayChannel } from '../state/entries.ts'
import { directoryRemove } from '../state/directory.ts'
import { addToBalance, adjustOwnerCount, type ReadView, type View } from '../state/view.ts'
import type { LedgerContext } from './transaction-type.ts'

const UINT32_MAX = 0xffffffff

export function readChannel(view: ReadView, index: string): PayChannel | undefined {
  const entry = view.get(index)
  return entry?.LedgerEntryType === 'PayChannel' ? entry : undefined
}

/** The second of the expiry itself is over under the old rules, and not yet under the new ones. */
export function isExpired(channel: PayChannel, context: LedgerContext): boolean {
  const { parentCloseTime: now, rules } = context
  return [channel.CancelAfter, channel.Expiration].some(
    (end) => end !== undefined && (rules.fixCleanup3_2_0 ? now > end : now >= end),
  )
}

/** When a channel may be closed that is asked to now. The old rules overflow into the past. */
export function settleTime(channel: PayChannel, context: LedgerContext): number {
  const sum = context.parentCloseTime + channel.SettleDelay
  return context.rules.fixCleanup3_2_0 ? Math.min(sum, UINT32_MAX) : sum % (UINT32_MAX + 1)
}

/** Deletes the channel; what was not paid out goes back to the source. */
export function closeChannel(view: View, index: string, channel: PayChannel): void {
  directoryRemove(view, channel.Account, { index, page: channel.OwnerNode })
  directoryRemove(view, channel.Destination, { index, page: channel.DestinationNode })
  addToBalance(view, channel.Account, BigInt(channel.Amount) - BigInt(channel.Balance))
  adjustOwnerCount(view, channel.Account, -1)
  view.erase(index, channel)
}
