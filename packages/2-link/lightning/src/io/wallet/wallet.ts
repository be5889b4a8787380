/**
 * The wallet that a node funds its channels from and sweeps them into: one key, one address. Layer 2, io.
 * Spec: BIP 84's script (P2WPKH), BIP 174 (PSBT), BIP 173 (address).
 */
import { Transaction, p2wpkh, selectUTXO } from '@scure/btc-signer'
import { RawTx } from '@scure/btc-signer/script.js'
import { pubECDSA } from '@scure/btc-signer/utils.js'
import { equalBytes } from '@hourglass/sansio'
import type { BitcoinNetwork } from '../../node.ts'
import { decodeTransfer } from '../chain/block.ts'
import { LightningError } from '../lightning-error.ts'
import { type Coin, Coins } from './coins.ts'

interface Prefixes {
  readonly bech32: string
  readonly pubKeyHash: number
  readonly scriptHash: number
  readonly wif: number
}

const TEST_PREFIXES: Prefixes = { bech32: 'tb', pubKeyHash: 0x6f, scriptHash: 0xc4, wif: 0xef }
const PREFIXES: Readonly<Record<BitcoinNetwork, Prefixes>> = {
  regtest: { ...TEST_PREFIXES, bech32: 'bcrt' },
  signet: TEST_PREFIXES,
  testnet: TEST_PREFIXES,
  bitcoin: { bech32: 'bc', pubKeyHash: 0, scriptHash: 5, wif: 0x80 },
}

/** Sequence of a transaction that may be replaced (BIP 125). */
const REPLACEABLE = 0xfffffffd
const WEIGHT_UNITS_PER_BYTE = 4

export class Wallet {
  readonly address: string
  readonly script: Uint8Array
  readonly coins: Coins
  readonly #key: Uint8Array
  readonly #network: Prefixes

  /** `key` is 32 bytes. */
  constructor(key: Uint8Array, network: BitcoinNetwork) {
    this.#key = key
    this.#network = PREFIXES[network]
    const payment = p2wpkh(pubECDSA(key, true), this.#network)
    this.address = payment.address
    this.script = Uint8Array.from(payment.script)
    this.coins = new Coins(this.script)
  }

  balanceSat(height: number): bigint {
    return this.coins.spendable(height).reduce((sum, { amountSat }) => sum + amountSat, 0n)
  }

  /** A signed transaction that pays `amountSat` to `script`, at so many satoshi per 1000 weight units. */
  fund(script: Uint8Array, amountSat: bigint, { feeRate, height }: FundOptions): Uint8Array {
    const inputs = this.coins.spendable(height).map((coin) => this.#input(coin))
    const selection = selectUTXO(inputs, [{ script, amount: amountSat }], 'default', {
      changeAddress: this.address,
      feePerByte: BigInt(Math.ceil((feeRate * WEIGHT_UNITS_PER_BYTE) / 1000)),
      bip69: true,
      createTx: true,
      network: this.#network,
      allowUnknownOutputs: true,
    })
    if (selection?.tx === undefined) {
      const message = `the wallet has not the ${amountSat} sat and their fee, confirmed`
      throw new LightningError('refused', message)
    }
    selection.tx.sign(this.#key)
    selection.tx.finalize()
    const raw = Uint8Array.from(selection.tx.extract())
    this.coins.reserve(decodeTransfer(raw).inputs)
    return raw
  }

  /** The transaction of a PSBT with witnesses for our inputs alone: LDK signs the others. */
  sign(psbt: Uint8Array): Uint8Array {
    const options = { allowUnknownInputs: true, allowUnknownOutputs: true, disableScriptCheck: true }
    const transaction = Transaction.fromPSBT(psbt, options)
    const witnesses: Uint8Array[][] = []
    const inputs: { txid: Uint8Array; index: number; finalScriptSig: Uint8Array; sequence: number }[] = []
    for (let i = 0; i < transaction.inputsLength; i++) {
      const { witnessUtxo } = transaction.getInput(i)
      if (witnessUtxo !== undefined && equalBytes(witnessUtxo.script, this.script)) {
        transaction.signIdx(this.#key, i)
        transaction.finalizeIdx(i)
      }
      const { txid, index, sequence = 0xffffffff, finalScriptWitness = [] } = transaction.getInput(i)
      inputs.push({ txid: txid!, index: index!, finalScriptSig: new Uint8Array(0), sequence })
      witnesses.push(finalScriptWitness)
    }
    const outputs = Array.from({ length: transaction.outputsLength }, (_, i) => {
      const { amount, script } = transaction.getOutput(i)
      return { amount: amount!, script: script! }
    })
    const { version, lockTime } = transaction
    return Uint8Array.from(RawTx.encode({ version, segwitFlag: true, inputs, outputs, witnesses, lockTime }))
  }

  #input({ txid, index, amountSat }: Coin): {
    txid: string
    index: number
    sequence: number
    witnessUtxo: { script: Uint8Array; amount: bigint }
  } {
    const witnessUtxo = { script: this.script, amount: amountSat }
    return { txid, index, sequence: REPLACEABLE, witnessUtxo }
  }
}

export interface FundOptions {
  readonly feeRate: number
  /** Of the newest block. */
  readonly height: number
}
