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
  /** The most that we accept in them. Default `SETTLE_DELAY_MS_MAX`. */
  readonly settleDelayMsMax?: number
  /** Redeem as soon as the peer's claims exceed what the ledger has paid by as much. Undefined: only when asked. */
  readonly redeemThreshold?: bigint
  /** Redeem when the oldest claim that the ledger has not paid is as old as that. Undefined: whatever its age. */
  readonly redeemAfterMs?: number
  /** Neither age nor a source that closes has less than this redeemed: what the ledger's fee is worth. Default 1. */
  readonly redeemMin?: bigint
}

/**
 * No channel of a peer may keep its source waiting for longer. Ledgers add the settle delay to their time: one that is
 * out of all proportion overflows on some, and then the channel closes at once instead of never.
 */
export const SETTLE_DELAY_MS_MAX: number = 365 * 86_400_000

/** @throws UsageError where they cannot be meant */
export function checkOptions(options: ChannelOptions): void {
  const { account, accountScale, ledgerScale, deposit } = options
  if (account === '' || account.includes('/')) throw new UsageError(`'${account}' cannot name records`)
  for (const scale of [accountScale, ledgerScale]) {
    if (!Number.isInteger(scale) || scale < 0 || scale > SCALE_MAX) {
      throw new UsageError(`${scale} is not an asset scale between 0 and ${SCALE_MAX}`)
    }
  }
  if (deposit < 0n) throw new UsageError(`a deposit of ${deposit} is below zero`)
  checkTimes(options)
}

function checkTimes(options: ChannelOptions): void {
  const { settleDelayMs, redeemAfterMs = 0 } = options
  const { min, max } = settleDelayBounds(options)
  for (const delay of [settleDelayMs, min, max, redeemAfterMs]) {
    if (!Number.isSafeInteger(delay) || delay < 0) throw new UsageError(`${delay} is no time in milliseconds`)
  }
  if (min > max) throw new UsageError(`no settle delay is at least ${min} ms and at most ${max} ms`)
}

/** What we accept in the peer's channels, in milliseconds. */
export function settleDelayBounds(options: ChannelOptions): { min: number; max: number } {
  return { min: options.settleDelayMsMin, max: options.settleDelayMsMax ?? SETTLE_DELAY_MS_MAX }
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
