/** Connects an account to the XRP Ledger. Layer 1, io. */
import type { Ledger } from '@hourglass/ledger'
import { XrplClaimScheme } from '../claim-scheme.ts'
import { Account, type AccountOptions } from './account.ts'
import { nativeCurves } from './native-curves.ts'
import { keyPairOf } from './signer.ts'
import { XrplLedger } from './xrpl-ledger.ts'

export interface XrplOptions extends AccountOptions {
  /** Seed of the key that signs claims; default: the account's own. With another one, a thief of it has no account. */
  readonly claimSecret?: string
}

/**
 * Resolves when server, network and account are there.
 * @throws XrplError `unreachable` | `wrong-network` | `no-account`; UsageError for malformed options
 */
export async function connectXrpl(options: XrplOptions): Promise<Ledger> {
  const key = keyPairOf(options.claimSecret ?? options.secret)
  const scheme = new XrplClaimScheme({ key, curves: nativeCurves() })
  return new XrplLedger(await Account.open(options), scheme)
}
