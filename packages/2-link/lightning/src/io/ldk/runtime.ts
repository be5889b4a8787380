/**
 * The LDK library, which is one WebAssembly module a process. Layer 2, io.
 *
 * Its wrappers are freed by the garbage collector, too late: each callback about a channel is handed a deep copy
 * of its monitor, and the module's memory grows and never shrinks. What a callback does not keep, it frees at once.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import {
  type EventHandler,
  type EventsProvider,
  Level,
  Logger,
  type Record,
  initializeWasmFromBinary,
} from 'lightningdevkit'
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
const direct = bindings as unknown as {
  readonly [Type in Freed as `${Type}_free`]: (pointer: bigint) => void
} & {
  Record_get_level(pointer: bigint): Level
  EventsProvider_process_pending_events(pointer: bigint, handler: bigint): void
}

type Freed = 'ChannelMonitor' | 'ChannelMonitorUpdate' | 'OutPoint' | 'Record'

/** Frees what a callback was handed; a wrapper of nothing is let be. */
export function freeNow(object: CommonBase, type: Freed): void {
  const pointer = wrapper.get_ptr_of(object)
  if (pointer === 0n) return
  wrapper.set_null_skip_free(object)
  direct[`${type}_free`](pointer)
}

/** A wrapper of nothing stands for Rust's `None`. */
export function isNone(object: CommonBase | null): boolean {
  return object === null || wrapper.get_ptr_of(object) === 0n
}

/** The bindings declare booleans, and hand out numbers. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 1
}

/** Hands on what is at least a warning: LDK makes some 90 records a payment, too many for a wrapper each. */
export function makeLogger(warn: (record: Record) => void): Logger {
  const logger = Logger.new_impl({
    log(record) {
      warn(record)
      freeNow(record, 'Record')
    },
  })
  const { bindings_instance: implementation } = logger as unknown as {
    readonly bindings_instance: { log(pointer: bigint): void }
  }
  const wrap = implementation.log.bind(implementation)
  implementation.log = (pointer) => {
    if (direct.Record_get_level(pointer) < Level.LDKLevel_Warn) direct.Record_free(pointer)
    else wrap(pointer)
  }
  return logger
}

/** As the provider's own method, which remembers its handler once more each time. */
export function processEvents(provider: EventsProvider, handler: EventHandler): void {
  direct.EventsProvider_process_pending_events(wrapper.get_ptr_of(provider), wrapper.get_ptr_of(handler))
}
