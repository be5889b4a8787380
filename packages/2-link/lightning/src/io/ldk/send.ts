/** What LDK or the wallet wants on the chain: sent, and noted by whoever sends it again. Layer 2, io. */
import { equalBytes } from '@hourglass/sansio'
import { decodeTransfer } from '../chain/block.ts'
import type { Wallet } from '../wallet/wallet.ts'
import type { ChannelSpends } from './channel-spends.ts'
import type { CloseGuard } from './close-guard.ts'
import type { Publisher } from './publisher.ts'

export interface SendParts {
  readonly publisher: Publisher
  readonly wallet: Wallet
  readonly guard: CloseGuard
  readonly spends: ChannelSpends
}

/** Several belong together, parents first. */
export function send(transactions: readonly Uint8Array[], parts: SendParts): void {
  const { publisher, wallet, guard, spends } = parts
  const transfers = transactions.map(decodeTransfer)
  if (transfers.some((transfer) => guard.refuses(transfer) || publisher.isFutile(transfer))) return
  publisher.publish(transactions)
  transfers.forEach((transfer, i) => {
    const { inputs, outputs } = transfer
    const owned = inputs.filter((input) => wallet.coins.owns(input)).length
    const pays = outputs.some((output) => equalBytes(output.script, wallet.script))
    if (owned > 0 || pays) publisher.keep(transactions[i]!)
    // Not what funds channels, what sweeps them, or a commitment with what pays for it: LDK tells of that otherwise.
    const isOfChannel = owned > 0 ? owned < inputs.length : !pays
    if (isOfChannel && transactions.length === 1) spends.sent(transactions[i]!, transfer)
  })
}
