/** The wallet as LDK uses it to pay for the close of a channel with anchors (BOLT 3). Layer 2, io. */
import {
  BumpTransactionEventHandler,
  Wallet as CoinSelection,
  OutPoint,
  Result_CVec_UtxoZNoneZ as Utxos,
  Result_CVec_u8ZNoneZ as Script,
  Result_TransactionNoneZ as Signed,
  TxOut,
  Utxo,
  WalletSource,
} from 'lightningdevkit'
import { reversed } from '../chain/hash.ts'
import type { Wallet } from '../wallet/wallet.ts'
import type { Engine } from './engine.ts'

/** Weight of what satisfies a P2WPKH input: script length, stack count, signature, key. */
const SATISFACTION_WEIGHT = 109n
/** So many of the largest coins are enough for any fee. */
const COINS_MAX = 6
/**
 * Satoshi that the wallet keeps for each open channel: its commitment and what claims from it pay next to nothing by
 * themselves, and cannot be had in time without.
 */
export const ANCHOR_RESERVE_SAT = 25_000n

export function makeBumper(
  engine: Engine,
  wallet: Wallet,
  height: () => number,
): BumpTransactionEventHandler {
  const source = WalletSource.new_impl({
    list_confirmed_utxos() {
      const coins = wallet.coinsForFees(height()).slice(0, COINS_MAX)
      return Utxos.constructor_ok(
        coins.map(({ txid, index, amountSat }) => {
          const output = TxOut.constructor_new(amountSat, wallet.script)
          const outpoint = OutPoint.constructor_new(reversed(txid), index)
          return Utxo.constructor_new(outpoint, output, SATISFACTION_WEIGHT)
        }),
      )
    },
    get_change_script: () => Script.constructor_ok(wallet.script),
    sign_psbt: (psbt) => Signed.constructor_ok(wallet.sign(psbt)),
  })
  const selection = CoinSelection.constructor_new(source, engine.logger).as_CoinSelectionSource()
  const { broadcaster, signer, logger } = engine
  return BumpTransactionEventHandler.constructor_new(broadcaster, selection, signer, logger)
}
