/**
 * Payments by the genesis account, for whoever asks. Testing.
 */
import { encode, encodeForSigning } from 'ripple-binary-codec'
import { deriveKeypair, sign } from 'ripple-keypairs'
import { scaled } from './engine/engine.ts'
import { BASE_FEE_DROPS, NETWORK_ID_IMPLIED_MAX } from './engine/rules.ts'
import { decodeTransaction } from './engine/transaction.ts'
import { GENESIS } from './ledger/genesis.ts'
import type { Node } from './node.ts'
import { readAccount } from './state/view.ts'

const keys = deriveKeypair(GENESIS.seed)

/** Sends drops in the open ledger; creates the account where there is none. Returns the transaction's hash. */
export function fund(node: Node, account: string, drops: bigint): string {
  const { rules, loadFactor, openState } = node.chain
  const unsigned = {
    TransactionType: 'Payment',
    Account: GENESIS.address,
    Destination: account,
    Amount: String(drops),
    Fee: String(scaled(BASE_FEE_DROPS, loadFactor)),
    Sequence: readAccount(openState, GENESIS.address)!.Sequence,
    SigningPubKey: keys.publicKey,
    ...(rules.networkId > NETWORK_ID_IMPLIED_MAX ? { NetworkID: rules.networkId } : {}),
  }
  const signature = sign(encodeForSigning(unsigned), keys.privateKey)
  const transaction = decodeTransaction(encode({ ...unsigned, TxnSignature: signature }))
  const { result } = node.submitSafely(transaction)
  if (result !== 'tesSUCCESS') throw new Error(`The faucet's payment to ${account} failed: ${result}`)
  return transaction.hash
}
