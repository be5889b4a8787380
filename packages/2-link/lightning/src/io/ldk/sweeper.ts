/**
 * Brings what a closed channel set free into the wallet. Layer 2, io.
 * What is not worth the fee of the day waits for a cheaper one; LDK tells of it once.
 *
 *   ldk/spendable/TXID:INDEX     LDK's description of an output
 */
import {
  type KeysManager,
  Option_u32Z as MaybeHeight,
  Result_SpendableOutputDescriptorDecodeErrorZ_OK as DescriptorRead,
  Result_TransactionNoneZ_OK as Spent,
  SpendableOutputDescriptor,
  SpendableOutputDescriptor_StaticOutput as StaticOutput,
} from 'lightningdevkit'
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { equalBytes } from '@hourglass/sansio'
import { nameOfHash } from '../chain/hash.ts'
import { nameOf } from '../wallet/coins.ts'

const PREFIX = 'ldk/spendable/'

export interface SweeperParts {
  readonly keys: KeysManager
  /** Of the wallet. */
  readonly script: Uint8Array
  /** Sends what sweeps them. */
  readonly send: (raw: Uint8Array) => void
}

export class Sweeper {
  readonly #parts: SweeperParts
  readonly #waiting = new Map<string, SpendableOutputDescriptor>()
  #records: JournalRecord[] = []

  constructor(parts: SweeperParts) {
    this.#parts = parts
  }

  restore(records: Iterable<StoredRecord>): void {
    for (const { key, value } of records) {
      if (!key.startsWith(PREFIX)) continue
      const read = SpendableOutputDescriptor.constructor_read(value)
      if (read instanceof DescriptorRead) this.#waiting.set(key.slice(PREFIX.length), read.res)
    }
  }

  takeChanges(): JournalRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  add(outputs: readonly SpendableOutputDescriptor[]): void {
    for (const output of outputs) {
      // What a close by agreement pays is the wallet's already.
      const isOurs =
        output instanceof StaticOutput && equalBytes(output.output.script_pubkey, this.#parts.script)
      if (isOurs) continue
      const outpoint = output.spendable_outpoint()
      const name = nameOf({ txid: nameOfHash(outpoint.get_txid()), index: outpoint.get_index() })
      this.#waiting.set(name, output)
      this.#records.push({ key: PREFIX + name, value: output.write() })
    }
  }

  /** All that waits in one transaction, if that is worth its fee: in satoshi per 1000 weight units. */
  sweep(height: number, feeRate: number): void {
    if (this.#waiting.size === 0) return
    const { keys, script, send } = this.#parts
    const lockTime = MaybeHeight.constructor_some(height)
    const outputs = [...this.#waiting.values()]
    const spent = keys.as_OutputSpender().spend_spendable_outputs(outputs, [], script, feeRate, lockTime)
    if (!(spent instanceof Spent)) return
    send(spent.res)
    for (const name of this.#waiting.keys()) this.#records.push({ key: PREFIX + name, value: undefined })
    this.#waiting.clear()
  }
}
