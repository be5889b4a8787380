/** Connects an account to the XRP Ledger. Layer 1, io. */
import type { TransferLedger } from '@hourglass/ledger'
import { UsageError } from '@hourglass/sansio'
import { isIssuedAsset, isScale } from '../assets.ts'
import { XrplClaimScheme } from '../claim-scheme.ts'
import { Account, type AccountOptions } from './account.ts'
import { nativeCurves } from './native-curves.ts'
import { claimKeyPairOf, keyPairOf } from './signer.ts'
import { XrplLedger } from './xrpl-ledger.ts'

export interface XrplOptions extends AccountOptions {
  /** Seed of the key that signs claims; default: one of its own that follows from `secret`, and not the other way. */
  readonly claimSecret?: string
  /** Issued assets that transfers may move, `USD.r…`, each with the scale in which it is counted. */
  readonly issuedAssets?: Readonly<Record<string, number>>
}

/**
 * Resolves when server, network and account are there.
 * @throws XrplError `unreachable` | `wrong-network` | `no-account`; UsageError for malformed options
 */
export async function connectXrpl(options: XrplOptions): Promise<TransferLedger> {
  const { secret, claimSecret } = options
  const key = claimSecret === undefined ? claimKeyPairOf(secret) : keyPairOf(claimSecret)
  const scales = new Map(Object.entries(options.issuedAssets ?? {}))
  for (const [asset, scale] of scales) {
    if (!isIssuedAsset(asset) || !isScale(scale))
      throw new UsageError(`${asset} with scale ${scale} is no asset`)
  }
  const scheme = new XrplClaimScheme({ key, curves: nativeCurves() })
  return new XrplLedger(await Account.open(options), scheme, scales)
}
