/** Who is told when an output appears or is spent. Layer 1. */
import { encodeHex } from '@hourglass/oer'
import { type Outpoint, type Transaction, txidOf } from './block.ts'

export type Sighting =
  | { readonly kind: 'paid'; readonly outpoint: Outpoint; readonly sats: bigint; readonly height: number }
  /** `transaction`: whole, as it travels. */
  | {
      readonly kind: 'spent'
      readonly outpoint: Outpoint
      readonly transaction: Uint8Array
      readonly height: number
    }
  /** The block of an earlier sighting is none any more: what it told has not happened. */
  | { readonly kind: 'undone'; readonly outpoint: Outpoint; readonly height: number }

type Listener = (sighting: Sighting) => void

export class OutputWatch {
  readonly #byScript = new Map<string, Set<Listener>>()
  readonly #byOutpoint = new Map<Outpoint, Set<Listener>>()
  /** What was told of each block. */
  readonly #told = new Map<number, { readonly listener: Listener; readonly outpoint: Outpoint }[]>()

  watchScript(script: Uint8Array, listener: Listener): () => void {
    return add(this.#byScript, encodeHex(script), listener)
  }

  watchOutput(outpoint: Outpoint, listener: Listener): () => void {
    return add(this.#byOutpoint, outpoint, listener)
  }

  connect(height: number, transactions: readonly Transaction[]): void {
    this.#told.delete(height - TOLD_BLOCKS)
    if (this.#byScript.size === 0 && this.#byOutpoint.size === 0) return
    for (const transaction of transactions) this.#look(height, transaction)
  }

  disconnect(height: number): void {
    const told = this.#told.get(height) ?? []
    this.#told.delete(height)
    for (const { listener, outpoint } of told) listener({ kind: 'undone', outpoint, height })
  }

  /** All blocks above that height are none any more. */
  reset(height: number): void {
    for (const known of [...this.#told.keys()].reverse()) if (known > height) this.disconnect(known)
  }

  #look(height: number, transaction: Transaction): void {
    for (const outpoint of transaction.inputs) {
      for (const listener of this.#byOutpoint.get(outpoint) ?? []) {
        const sighting: Sighting = { kind: 'spent', outpoint, transaction: transaction.raw.slice(), height }
        this.#tell(listener, sighting)
      }
    }
    if (this.#byScript.size === 0) return
    transaction.outputs.forEach(({ sats, script }, index) => {
      for (const listener of this.#byScript.get(encodeHex(script)) ?? []) {
        this.#tell(listener, { kind: 'paid', outpoint: `${txidOf(transaction)}:${index}`, sats, height })
      }
    })
  }

  #tell(listener: Listener, sighting: Sighting): void {
    const { height, outpoint } = sighting
    const told = this.#told.get(height) ?? []
    told.push({ listener, outpoint })
    this.#told.set(height, told)
    listener(sighting)
  }
}

/** Older blocks are not taken back. */
const TOLD_BLOCKS = 144

function add(listeners: Map<string, Set<Listener>>, key: string, listener: Listener): () => void {
  const those = listeners.get(key) ?? new Set()
  listeners.set(key, those.add(listener))
  return () => {
    those.delete(listener)
    if (those.size === 0) listeners.delete(key)
  }
}
