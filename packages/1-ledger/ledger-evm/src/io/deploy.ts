/** Puts the PayChan contract on a chain. Layer 1, io. Spec: EIP-1014 (CREATE2). */
import { concatHex, getCreate2Address, keccak256 } from 'viem/utils'
import { payChanBytecode } from '../pay-chan.generated.ts'
import { Account, type AccountOptions } from './account.ts'
import { ZERO_WORD } from './contracts.ts'
import { EvmError } from './errors.ts'

/** A contract that deploys what it is sent; at this address on nearly all chains, by a transaction of nobody's. */
const DEPLOYER = '0x4e59b44847b379578588920cA78FbF26c0B4956C'

/** Where PayChan lies on every chain on which someone deployed it: its code alone decides that. */
export const PAY_CHAN_ADDRESS: string = getCreate2Address({
  from: DEPLOYER,
  salt: ZERO_WORD,
  bytecodeHash: keccak256(payChanBytecode),
})

/**
 * Deploys PayChan, unless it is there, and returns its address.
 * @throws EvmError `unreachable` | `wrong-chain` | `no-deployer` | `insufficient-funds`
 */
export async function deployPayChan(options: AccountOptions): Promise<string> {
  const account = await Account.open({ confirmations: 1, ...options })
  try {
    const { chain, patienceMs } = account
    const isThere = (address: string): Promise<boolean> => chain.hasCode(address, patienceMs)
    if (await isThere(PAY_CHAN_ADDRESS)) return PAY_CHAN_ADDRESS
    if (!(await isThere(DEPLOYER))) {
      const message = `the chain has no deployer at ${DEPLOYER}: deploy PayChan otherwise, and name its address`
      throw new EvmError('no-deployer', message)
    }
    const data = concatHex([ZERO_WORD, payChanBytecode])
    const sent = await account.transact({ to: DEPLOYER, data, value: 0n }, await chain.view())
    if (sent.kind === 'refused') throw new EvmError('insufficient-funds', sent.message)
    await sent.ended
    // Whether it was this transaction or someone else's, run at the same time.
    if (await isThere(PAY_CHAN_ADDRESS)) return PAY_CHAN_ADDRESS
    throw new EvmError('no-contract', 'the deployment failed')
  } finally {
    account.close()
  }
}
