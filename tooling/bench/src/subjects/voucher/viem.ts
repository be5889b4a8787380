/** viem 2, as programs for EVM chains use it. Tooling. */
import { type Hex, bytesToHex, verifyTypedData } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { VoucherSubject } from '../../benches/voucher.ts'
import { CHAIN_ID, CONTRACT, PRIVATE_KEY, TERMS } from '../../voucher.ts'

const typedData = {
  domain: { name: 'PayChan', version: '1', chainId: CHAIN_ID, verifyingContract: CONTRACT },
  types: {
    Voucher: [
      { name: 'channelId', type: 'bytes32' },
      { name: 'cumulativeAmount', type: 'uint96' },
    ],
  },
  primaryType: 'Voucher',
} as const

export const subject: VoucherSubject<Hex> = {
  open() {
    const account = privateKeyToAccount(bytesToHex(PRIVATE_KEY))
    const message = (cumulativeAmount: bigint): { channelId: Hex; cumulativeAmount: bigint } => ({
      channelId: `0x${TERMS.reference}`,
      cumulativeAmount,
    })
    return Promise.resolve({
      sign: (amount) => account.signTypedData({ ...typedData, message: message(amount) }),
      verify: (amount, signature) =>
        verifyTypedData({ ...typedData, address: account.address, message: message(amount), signature }),
    })
  },
}
