/** @hourglass/ledger-xrpl: what is signed by hand, Ed25519 of Node with its keys kept. Tooling. */
import { XrplClaimScheme } from '@hourglass/ledger-xrpl'
import { keyPairOf, nativeCurves } from '@hourglass/ledger-xrpl/io'
import type { VoucherSubject } from '../../benches/voucher.ts'
import { XRPL_CHANNEL, XRPL_SECRET } from '../../voucher.ts'

const CREATION = '0'.repeat(64)

export const subject: VoucherSubject<Uint8Array> = {
  open() {
    const scheme = new XrplClaimScheme({ key: keyPairOf(XRPL_SECRET), curves: nativeCurves() })
    const channelId = XRPL_CHANNEL.toLowerCase() + CREATION
    return Promise.resolve({
      sign: (amount) => scheme.sign(channelId, amount),
      verify: (amount, claim) => scheme.verify(channelId, scheme.claimKey, amount, claim),
    })
  },
}
