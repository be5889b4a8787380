/** How an asset stands, all accounts and the node's own side together. Layer 3, books. */
import type { AccountBook } from './account-book.ts'
import type { AssetBook } from './asset-book.ts'
import { type Asset, assetName } from './asset.ts'

/** What the node gained on a packet, in base units of the source. */
export interface Gains {
  readonly spread: bigint
  readonly rounding: bigint
}

/** One asset, all accounts together. `sum` is 0: what is not is a broken book. */
export interface AssetView extends Gains {
  readonly asset: Asset
  readonly receivable: bigint
  readonly payable: bigint
  readonly settled: bigint
  readonly received: bigint
  readonly writtenOff: bigint
  /** What was taken less what was delivered in this asset; below 0 where more was delivered. */
  readonly exchange: bigint
  readonly sum: bigint
}

export function viewAsset(book: AssetBook, accounts: Iterable<AccountBook>): AssetView {
  const { asset, spread, rounding, settled, received, writtenOff, exchangeIn, exchangeOut } = book
  const totals = { receivable: 0n, payable: 0n, balance: 0n }
  for (const account of accounts) {
    if (assetName(account.asset) !== assetName(asset)) continue
    const { receivable, payable, balance } = account.view()
    totals.receivable += receivable
    totals.payable += payable
    totals.balance += balance
  }
  return {
    asset,
    receivable: totals.receivable,
    payable: totals.payable,
    exchange: exchangeIn - exchangeOut,
    spread,
    rounding,
    settled,
    received,
    writtenOff,
    sum: totals.balance - book.counterBalance,
  }
}
