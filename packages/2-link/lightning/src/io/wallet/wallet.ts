/**
 * The wallet that a node funds its channels from and sweeps them into: one key, one address. Layer 2, io.
 * Spec: BIP 84's script (P2WPKH), BIP 174 (PSBT), BIP 173 (address).
 */
import { createECDH } from 'node:crypto'
import { Address, OutScript, Transaction, p2wpkh, selectUTXO } from '@scure/btc-signer'
import { RawTx } from '@scure/btc-signer/script.js'
import { equalBytes } from '@hourglass/sansio'
import type { BitcoinNetwork } from '../../node.ts'
import { type Transfer, decodeTransfer } from '../chain/block.ts'
import { LightningError } from '../lightning-error.ts'
import { type Coin, Coins, type Outpoint, nameOf } from './coins.ts'

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

/** Of a transaction with one input and one output of ours. */
const CHILD_WEIGHT = 440
/** Less is not relayed. */
const DUST_SAT = 330n

/** What spends a coin that no block has spent: a transaction of ours, or one of LDK's that it makes again at will. */
export type Use = 'own' | 'bump'

export interface WalletOptions {
  /** 32 bytes. */
  readonly key: Uint8Array
  readonly network: BitcoinNetwork
  readonly useOf: (coin: Outpoint) => Use | undefined
}

export interface PayOptions {
  /** Satoshi per 1000 weight units. */
  readonly feeRate: number
  /** Of the newest block. */
  readonly height: number
  /** What must be left in the wallet. */
  readonly reserveSat: bigint
}

export class Wallet {
  readonly address: string
  readonly script: Uint8Array
  readonly coins: Coins
  readonly #key: Uint8Array
  readonly #network: Prefixes
  readonly #useOf: WalletOptions['useOf']
  /** Coins of transactions that are made and not sent yet, by those transactions' ids. */
  readonly #drafts = new Map<string, readonly Outpoint[]>()

  constructor({ key, network, useOf }: WalletOptions) {
    this.#key = key
    this.#network = PREFIXES[network]
    this.#useOf = useOf
    const payment = p2wpkh(publicKeyOf(key), this.#network)
    this.address = payment.address
    this.script = Uint8Array.from(payment.script)
    this.coins = new Coins(this.script)
  }

  /** What nothing of ours spends yet. */
  balanceSat(height: number): bigint {
    return this.#free(height).reduce((sum, { amountSat }) => sum + amountSat, 0n)
  }

  /** Coins that may pay for another transaction's fee, those that do so already among them: largest first. */
  coinsForFees(height: number): Coin[] {
    const drafted = this.#drafted()
    return this.coins
      .spendable(height)
      .filter((coin) => this.#useOf(coin) !== 'own' && !drafted.has(nameOf(coin)))
  }

  /** The script of an address of this network; undefined: it is none. */
  scriptOf(address: string): Uint8Array | undefined {
    try {
      return OutScript.encode(Address(this.#network).decode(address))
    } catch {
      return undefined
    }
  }

  /**
   * A signed transaction that pays `amountSat` to `script`. Its coins are set aside until `forget`.
   * @throws LightningError `refused`
   */
  pay(script: Uint8Array, amountSat: bigint, options: PayOptions): Uint8Array {
    const paid = [{ script, amount: amountSat }]
    return this.#draft(options, (inputs, common) =>
      selectUTXO(inputs, paid, 'default', { ...common, changeAddress: this.address }),
    )
  }

  /** A signed transaction that pays all but the reserve to `address`. @throws LightningError `refused` */
  payAll(address: string, options: PayOptions): Uint8Array {
    const { reserveSat } = options
    const kept = reserveSat > 0n ? [{ script: this.script, amount: reserveSat }] : []
    return this.#draft(options, (inputs, common) =>
      selectUTXO(inputs, kept, 'all', { ...common, changeAddress: address }),
    )
  }

  /** It is sent, or never will be. */
  forget(txid: string): void {
    this.#drafts.delete(txid)
  }

  /**
   * A transaction that spends what `parent` pays us, at so high a fee that both are worth `feeRate`, whatever the
   * parent pays by itself. Undefined: it pays us too little.
   */
  childOf(parent: Transfer, feeRate: number): Uint8Array | undefined {
    const ours = parent.outputs
      .map(({ amountSat, script }, index) => ({ txid: parent.txid, index, amountSat, script }))
      .filter(({ script }) => equalBytes(script, this.script))
      .sort((a, b) => Number(b.amountSat - a.amountSat))
    const [coin] = ours
    if (coin === undefined) return undefined
    const amount = coin.amountSat - BigInt(Math.ceil(((parent.weight + CHILD_WEIGHT) * feeRate) / 1000))
    if (amount < DUST_SAT) return undefined
    const child = new Transaction()
    child.addInput(this.#input(coin))
    child.addOutput({ script: this.script, amount })
    return this.#signed(child)
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

  #draft(options: PayOptions, select: Select): Uint8Array {
    const { feeRate, height, reserveSat } = options
    const coins = this.#free(height)
    const selection = select(
      coins.map((coin) => this.#input(coin)),
      {
        feePerByte: BigInt(Math.ceil((feeRate * WEIGHT_UNITS_PER_BYTE) / 1000)),
        bip69: true,
        createTx: true,
        network: this.#network,
        allowUnknownOutputs: true,
      },
    )
    if (selection?.tx !== undefined) {
      const raw = this.#signed(selection.tx)
      const transfer = decodeTransfer(raw)
      if (this.#left(coins, transfer) >= reserveSat) {
        this.#drafts.set(transfer.txid, transfer.inputs)
        return raw
      }
    }
    const reserve = reserveSat > 0n ? ` over its reserve of ${reserveSat} sat for open channels` : ''
    throw new LightningError('refused', `the wallet has not that much, confirmed, and the fee${reserve}`)
  }

  /** What `coins` and the change of `transfer` come to, once it is sent. */
  #left(coins: readonly Coin[], { inputs, outputs }: Transfer): bigint {
    const spent = new Set(inputs.map(nameOf))
    const kept = coins.filter((coin) => !spent.has(nameOf(coin)))
    const change = outputs.filter(({ script }) => equalBytes(script, this.script))
    return [...kept, ...change].reduce((sum, { amountSat }) => sum + amountSat, 0n)
  }

  #free(height: number): Coin[] {
    const drafted = this.#drafted()
    return this.coins
      .spendable(height)
      .filter((coin) => this.#useOf(coin) === undefined && !drafted.has(nameOf(coin)))
  }

  #drafted(): Set<string> {
    return new Set([...this.#drafts.values()].flat().map(nameOf))
  }

  #signed(transaction: Transaction): Uint8Array {
    transaction.sign(this.#key)
    transaction.finalize()
    return Uint8Array.from(transaction.extract())
  }

  #input({ txid, index, amountSat }: Pick<Coin, 'txid' | 'index' | 'amountSat'>): Input {
    const witnessUtxo = { script: this.script, amount: amountSat }
    return { txid, index, sequence: REPLACEABLE, witnessUtxo }
  }
}

/** 33 bytes. Signing is rare, and every start needs this: OpenSSL has no tables to prepare. */
function publicKeyOf(key: Uint8Array): Uint8Array {
  const pair = createECDH('secp256k1')
  pair.setPrivateKey(key)
  return Uint8Array.from(pair.getPublicKey(null, 'compressed'))
}

interface Input extends Outpoint {
  readonly sequence: number
  readonly witnessUtxo: { script: Uint8Array; amount: bigint }
}

type Selection = ReturnType<typeof selectUTXO>
type Select = (inputs: Input[], options: Omit<Parameters<typeof selectUTXO>[3], 'changeAddress'>) => Selection
