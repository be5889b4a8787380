/** ripple-keypairs with ripple-binary-codec: claims as the XRP Ledger's own libraries make and check them. Tooling. */
import { encodeForSigningClaim } from 'ripple-binary-codec'
import { deriveKeypair, sign, verify } from 'ripple-keypairs'
import type { VoucherSubject } from '../../benches/voucher.ts'
import { XRPL_CHANNEL, XRPL_SECRET } from '../../voucher.ts'

export const subject: VoucherSubject<string> = {
  open() {
    const { publicKey, privateKey } = deriveKeypair(XRPL_SECRET)
    const messageOf = (amount: bigint): string =>
      encodeForSigningClaim({ channel: XRPL_CHANNEL, amount: amount.toString() })
    return Promise.resolve({
      sign: (amount) => sign(messageOf(amount), privateKey),
      verify: (amount, claim) => verify(messageOf(amount), claim, publicKey),
    })
  },
}
