/** @hourglass/ledger-evm: digest by hand, native curve, signer recovered as the contract does it. Tooling. */
import { EvmClaimScheme, encodeChannelId } from '@hourglass/ledger-evm'
import { loadCurve } from '@hourglass/ledger-evm/io'
import type { VoucherSubject } from '../../benches/voucher.ts'
import { CHAIN_ID, CONTRACT, PRIVATE_KEY, TERMS } from '../../voucher.ts'

export const subject: VoucherSubject<Uint8Array> = {
  async open() {
    const scheme = new EvmClaimScheme({
      chainId: CHAIN_ID,
      contract: CONTRACT,
      privateKey: PRIVATE_KEY,
      curve: await loadCurve(),
    })
    const channelId = encodeChannelId({ ...TERMS, claimKey: scheme.claimKey })!
    return {
      sign: (amount) => scheme.sign(channelId, amount),
      verify: (amount, claim) => scheme.verify(channelId, scheme.claimKey, amount, claim),
    }
  },
}
