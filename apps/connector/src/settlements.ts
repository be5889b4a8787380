/** Settlements of the config: one line for each way to settle. */
import { ChannelSettlement } from '@hourglass/channel'
import type { Ledger } from '@hourglass/ledger'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import type { AccountConfig } from './config.ts'

/** Asset in which channels are funded: the ledger's own. */
const ASSET = 'native'

export function buildSettlement(
  account: AccountConfig,
  config: NonNullable<AccountConfig['settlement']>,
  ledger: Ledger,
): ChannelSettlement {
  const { deposit, redeemThreshold, redeemAfterMs, redeemMin } = config
  const { settleDelayMs, settleDelayMsMin, settleDelayMsMax } = config
  return new ChannelSettlement({
    account: account.id,
    accountScale: account.asset.scale,
    ledgerName: ledger.name,
    ledgerAccount: ledger.account,
    ledgerScale: ledger.assetScale(ASSET),
    scheme: ledger.scheme,
    asset: ASSET,
    rng: nodeRng,
    crypto: nodeCrypto,
    deposit,
    settleDelayMs,
    settleDelayMsMin,
    ...(settleDelayMsMax !== undefined && { settleDelayMsMax }),
    ...(redeemThreshold !== undefined && { redeemThreshold }),
    ...(redeemAfterMs !== undefined && { redeemAfterMs }),
    ...(redeemMin !== undefined && { redeemMin }),
  })
}
