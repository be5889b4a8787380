/** The keys of a wallet, all from one seed. Layer 1. Spec: BIP 32, BIP 84. */
import { HDKey } from '@scure/bip32'
import { type Transaction, p2wpkh } from '@scure/btc-signer'
import { encodeHex } from '@hourglass/oer'
import { UsageError } from '@hourglass/sansio'
import type { Outpoint } from './block.ts'
import { NETWORKS, type Network } from './network.ts'

/** One key, and what pays it. */
export interface Key {
  readonly privateKey: Uint8Array
  readonly address: string
  /** P2WPKH: 22 bytes. */
  readonly script: Uint8Array
}

export class Keys {
  readonly network: Network
  /** Takes our change. */
  readonly change: Key
  readonly #receiving: readonly Key[]
  readonly #byScript: ReadonlyMap<string, Key>

  /** @throws UsageError for a seed that has neither 32 bytes nor the 64 of a mnemonic's (BIP 39) */
  constructor(seed: Uint8Array, network: Network) {
    if (!SEED_BYTES.has(seed.length)) throw new UsageError(`a seed has 32 or 64 bytes, not ${seed.length}`)
    this.network = network
    const account = HDKey.fromMasterSeed(seed).derive(`m/84'/${NETWORKS[network].coinType}'/0'`)
    this.#receiving = Array.from({ length: RECEIVING_KEYS }, (_, index) =>
      keyAt(account, [0, index], network),
    )
    this.change = keyAt(account, [1, 0], network)
    this.#byScript = new Map([...this.#receiving, this.change].map((key) => [encodeHex(key.script), key]))
  }

  /** Our addresses: 0 … 19. They stay good for ever. */
  address(index = 0): string {
    const key = this.#receiving[index]
    if (key === undefined)
      throw new UsageError(`addresses are numbered 0 to ${RECEIVING_KEYS - 1}, not ${index}`)
    return key.address
  }

  /** Whether a script pays us. */
  owns(script: Uint8Array): boolean {
    return script.length === SCRIPT_BYTES && this.#byScript.has(encodeHex(script))
  }

  /** Signs our inputs, all of them P2WPKH, and makes them final. Leaves others as they are. Returns ours. */
  sign(transaction: Transaction): Outpoint[] {
    const ours: Outpoint[] = []
    for (let index = 0; index < transaction.inputsLength; index++) {
      const { witnessUtxo, txid, index: output } = transaction.getInput(index)
      const script = witnessUtxo?.script
      const key = script === undefined ? undefined : this.#byScript.get(encodeHex(script))
      if (key === undefined) continue
      transaction.signIdx(key.privateKey, index)
      transaction.finalizeIdx(index)
      ours.push(`${encodeHex(txid!)}:${output!}`)
    }
    return ours
  }
}

const SEED_BYTES = new Set([32, 64])
const RECEIVING_KEYS = 20
const SCRIPT_BYTES = 22

function keyAt(account: HDKey, [chain, index]: readonly [number, number], network: Network): Key {
  const { privateKey, publicKey } = account.deriveChild(chain).deriveChild(index)
  const { address, script } = p2wpkh(publicKey!, NETWORKS[network])
  return { privateKey: privateKey!, address, script }
}
