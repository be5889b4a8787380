/**
 * The LDK library, which is one WebAssembly module a process. Layer 2, io.
 *
 * Its wrappers are freed by the garbage collector, too late: each callback about a channel is handed a deep copy
 * of its monitor, and the module's memory grows and never shrinks. What a callback does not keep, it frees at once.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { initializeWasmFromBinary } from 'lightningdevkit'
import * as bindings from 'lightningdevkit/bindings.mjs'
import { CommonBase } from 'lightningdevkit/structs/CommonBase.mjs'

const require = createRequire(import.meta.url)
let loading: Promise<void> | undefined

/** Loads the module, once. */
export function loadLdk(): Promise<void> {
  loading ??= initializeWasmFromBinary(
    readFileSync(join(dirname(require.resolve('lightningdevkit')), 'liblightningjs.wasm')),
  )
  return loading
}

/** The wrapper's own members, which its declaration protects. */
const wrapper = CommonBase as unknown as {
  get_ptr_of(object: CommonBase): bigint
  set_null_skip_free(object: CommonBase): void
}

/** Declared for nobody, as LDK's wrappers call them themselves. */
const free = bindings as unknown as Readonly<Record<`${Freed}_free`, (pointer: bigint) => void>>

type Freed = 'ChannelMonitor' | 'ChannelMonitorUpdate' | 'OutPoint' | 'Record'

/** Frees what a callback was handed; a wrapper of nothing is let be. */
export function freeNow(object: CommonBase, type: Freed): void {
  const pointer = wrapper.get_ptr_of(object)
  if (pointer === 0n) return
  wrapper.set_null_skip_free(object)
  free[`${type}_free`](pointer)
}

/** A wrapper of nothing stands for Rust's `None`. */
export function isNone(object: CommonBase | null): boolean {
  return object === null || wrapper.get_ptr_of(object) === 0n
}
