/** Writes and signs a transaction. Layer 1. Coin selection, sizes and signatures are the library's. */
import { type Transaction, selectUTXO } from '@scure/btc-signer'
import { encodeHex } from '@hourglass/oer'
import type { Outpoint, TransactionOutput } from './block.ts'
import { type Coin, outpointParts } from './coin.ts'
import type { Keys } from './keys.ts'
import { NETWORKS } from './network.ts'

export interface DraftOptions {
  readonly outputs: readonly TransactionOutput[]
  /** All of these are spent. */
  readonly required: readonly Coin[]
  /** Of these, as many as it takes. */
  readonly optional: readonly Coin[]
  readonly satsPerVbyte: bigint
  /** Whether it says that it may be replaced by one that pays more (BIP 125). */
  readonly isReplaceable: boolean
}

export interface SignedTransaction {
  readonly txid: string
  readonly raw: Uint8Array
  readonly fee: bigint
  readonly vbytes: number
  readonly inputs: readonly Coin[]
  /** What comes back to us. */
  readonly change: Coin | undefined
}

/** Undefined where the coins do not suffice, or only too many of them would. */
export function draftTransaction(options: DraftOptions, keys: Keys): SignedTransaction | undefined {
  const { outputs, required, optional, satsPerVbyte, isReplaceable } = options
  const coins = new Map([...required, ...optional].map((coin) => [coin.outpoint, coin]))
  const toInput = (coin: Coin): object => ({
    ...outpointParts(coin.outpoint),
    sequence: isReplaceable ? REPLACEABLE : FINAL,
    witnessUtxo: { amount: coin.sats, script: coin.script },
  })
  const selected = selectUTXO(
    optional.map(toInput),
    outputs.map(({ sats, script }) => ({ amount: sats, script })),
    'default',
    {
      feePerByte: satsPerVbyte,
      changeAddress: keys.change.address,
      requiredInputs: required.map(toInput),
      network: NETWORKS[keys.network],
      // The order stays ours: change comes last.
      bip69: false,
      createTx: true,
      allowUnknownOutputs: true,
    },
  )
  if (selected?.tx === undefined || selected.inputs.length > INPUTS_MAX) return undefined
  return signed(selected.tx, coins, keys, selected.change ? outputs.length : undefined)
}

const REPLACEABLE = 0xfffffffd
const FINAL = 0xfffffffe
/** The library signs them in a time that grows with their square: about a second for so many. */
const INPUTS_MAX = 250

function signed(
  tx: Transaction,
  coins: ReadonlyMap<Outpoint, Coin>,
  keys: Keys,
  changeIndex: number | undefined,
): SignedTransaction {
  keys.sign(tx)
  const txid = tx.id
  const inputs = Array.from({ length: tx.inputsLength }, (_, index) => {
    const input = tx.getInput(index)
    return coins.get(`${encodeHex(input.txid!)}:${input.index!}`)!
  })
  const change =
    changeIndex === undefined
      ? undefined
      : {
          outpoint: `${txid}:${changeIndex}`,
          sats: tx.getOutput(changeIndex).amount!,
          script: keys.change.script,
        }
  return { txid, raw: tx.extract(), fee: tx.fee, vbytes: tx.vsize, inputs, change }
}
