/** What a channel settlement is told when it is made. Layer 2. */
import type { ClaimScheme } from '@hourglass/ledger'
import { encodeHex, encodeUtf8 } from '@hourglass/oer'
import { type Crypto, type Rng, UsageError } from '@hourglass/sansio'
import { REFERENCE_PREFIX_BYTES } from './wire/hello.ts'

export interface ChannelOptions {
  /** The account that is settled: names its records, and binds channels to it. Without `/`. */
  readonly account: string
  readonly accountScale: number
  /** `Ledger.name`, `.account` and `.scheme` of the adapter, and the asset to settle in, with its scale. */
  readonly ledgerName: string
  readonly ledgerAccount: string
  readonly scheme: ClaimScheme
  readonly asset: string
  readonly ledgerScale: number
  readonly rng: Rng
  readonly crypto: Crypto
  /** What a channel of ours has beyond the orders, in base units of the ledger; half of it gone, it is filled up. */
  readonly deposit: bigint
  /** Offered to the peer in our channels. */
  readonly settleDelayMs: number
  /** The least that we accept in the peer's channels: the time to notice a close and redeem. */
  readonly settleDelayMsMin: number
  /** Redeem as soon as the peer's claims exceed what the ledger has paid by as much. Undefined: only when asked. */
  readonly redeemThreshold?: bigint
  /** Where a source closes, less than this is left to it: what the ledger's fee is worth. Default 1. */
  readonly redeemMin?: bigint
}

/** @throws UsageError where they cannot be meant */
export function checkOptions(options: ChannelOptions): void {
  const { account, accountScale, ledgerScale, deposit, settleDelayMs, settleDelayMsMin } = options
  if (account === '' || account.includes('/')) throw new UsageError(`'${account}' cannot name records`)
  for (const scale of [accountScale, ledgerScale]) {
    if (!Number.isInteger(scale) || scale < 0 || scale > SCALE_MAX) {
      throw new UsageError(`${scale} is not an asset scale between 0 and ${SCALE_MAX}`)
    }
  }
  if (deposit < 0n) throw new UsageError(`a deposit of ${deposit} is below zero`)
  for (const delay of [settleDelayMs, settleDelayMsMin]) {
    if (!(delay >= 0)) throw new UsageError(`a settle delay of ${delay} ms is below zero`)
  }
}

const SCALE_MAX = 255

/**
 * What references of channels to this account begin with: 32 hex digits. A ledger account may serve several
 * accounts of a node; without this, one claim would be credited on each of them (SEC-34). It follows from the
 * account's name, so that it is the same when the records are lost.
 */
export function referencePrefixOf({
  account,
  ledgerName,
  ledgerAccount,
  crypto,
}: Pick<ChannelOptions, 'account' | 'ledgerName' | 'ledgerAccount' | 'crypto'>): string {
  const name = [ledgerName, ledgerAccount, account].join('\n')
  return encodeHex(crypto.sha256(encodeUtf8(name)).subarray(0, REFERENCE_PREFIX_BYTES))
}
