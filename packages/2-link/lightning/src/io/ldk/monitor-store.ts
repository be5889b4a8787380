/**
 * The channels' monitors as records: in full now and then, and what has changed since. Layer 2, io.
 *
 *   ldk/monitor/FUNDING               a monitor in full
 *   ldk/monitor-update/FUNDING/ID     a change after it, by its number
 *
 * FUNDING names the output that funds the channel, ID has 16 hex digits.
 */
import {
  type BroadcasterInterface,
  type ChannelMonitor,
  ChannelMonitorUpdate,
  ChannelMonitorUpdateStatus,
  type FeeEstimator,
  type KeysManager,
  type Logger,
  type OutPoint,
  Persist,
  Result_C2Tuple_ThirtyTwoBytesChannelMonitorZDecodeErrorZ_OK as MonitorRead,
  Result_ChannelMonitorUpdateDecodeErrorZ_OK as UpdateRead,
  type SignerProvider,
  UtilMethods,
} from 'lightningdevkit'
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { encodeHex } from '@hourglass/oer'
import { reversed } from '../chain/hash.ts'
import { LightningError } from '../lightning-error.ts'
import type { OwedAnswers } from './owed-answers.ts'
import { freeNow, isNone } from './runtime.ts'

const FULL = 'ldk/monitor/'
const UPDATE = 'ldk/monitor-update/'
/** Changes are kept up to so many bytes, or a quarter of the monitor: a start reads 4 KiB of them a millisecond. */
const UPDATE_BYTES_MIN = 256 * 1024
const UPDATE_SHARE = 4

/** What is kept of one channel's monitor since it was written in full. */
interface Kept {
  /** Of the monitor in full. */
  readonly bytes: number
  /** Keys of the changes since, and what they have in all. */
  readonly updates: string[]
  updateBytes: number
}

export interface MonitorTools {
  readonly keys: KeysManager
  readonly signer: SignerProvider
  readonly broadcaster: BroadcasterInterface
  readonly fees: FeeEstimator
  readonly logger: Logger
}

export class MonitorStore {
  readonly persist: Persist
  readonly #kept = new Map<string, Kept>()
  readonly #owed: OwedAnswers
  #records: JournalRecord[] = []

  /** `changed` is called whenever there are records to write. */
  constructor(changed: () => void, owed: OwedAnswers) {
    this.#owed = owed
    const { LDKChannelMonitorUpdateStatus_Completed: completed } = ChannelMonitorUpdateStatus
    // Durable before anything leaves the node: nothing is sent until what is noted here is committed.
    const note = (
      funding: OutPoint,
      monitor: ChannelMonitor,
      update?: ChannelMonitorUpdate | null,
    ): typeof completed => {
      this.#note(nameOf(funding), monitor, update === undefined || isNone(update) ? undefined : update!)
      freeNow(monitor, 'ChannelMonitor')
      freeNow(funding, 'OutPoint')
      if (update !== undefined && update !== null) freeNow(update, 'ChannelMonitorUpdate')
      changed()
      return completed
    }
    this.persist = Persist.new_impl({
      persist_new_channel: (funding, monitor) => note(funding, monitor),
      update_persisted_channel: (funding, update, monitor) => note(funding, monitor, update),
      archive_persisted_channel: (funding) => {
        this.#forget(nameOf(funding))
        freeNow(funding, 'OutPoint')
        changed()
      },
    })
  }

  /** What has changed since it was asked last. */
  takeChanges(): JournalRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  /** Whether a channel of ours, open or not, has its money from this transaction. */
  isFunding(txid: string): boolean {
    const start = `${encodeHex(reversed(txid))}:`
    return [...this.#kept.keys()].some((name) => name.startsWith(start))
  }

  /** The monitors as they were when last committed. @throws LightningError `bad-state` */
  restore(records: readonly StoredRecord[], tools: MonitorTools): ChannelMonitor[] {
    const monitors = new Map<string, ChannelMonitor>()
    for (const { key, value } of records) {
      if (!key.startsWith(FULL)) continue
      const name = key.slice(FULL.length)
      this.#kept.set(name, { bytes: value.length, updates: [], updateBytes: 0 })
      monitors.set(name, readMonitor(value, tools))
    }
    // Keys come in order, and so do the numbers in them.
    for (const { key, value } of records) {
      if (!key.startsWith(UPDATE)) continue
      const [name = ''] = key.slice(UPDATE.length).split('/')
      const kept = this.#kept.get(name)
      if (kept !== undefined) count(kept, key, value)
      const monitor = monitors.get(name)
      if (monitor !== undefined) applyUpdate(monitor, value, tools)
    }
    return [...monitors.values()]
  }

  /** In full once there are many changes: neither what is written nor what a start reads grows out of proportion. */
  #note(name: string, monitor: ChannelMonitor, update: ChannelMonitorUpdate | undefined): void {
    const kept = this.#kept.get(name)
    const change = update?.write()
    if (change !== undefined) this.#owed.changed(name, change, performance.now())
    if (change === undefined || kept === undefined || isFull(kept)) {
      this.#forgetUpdates(name)
      const value = monitor.write()
      this.#kept.set(name, { bytes: value.length, updates: [], updateBytes: 0 })
      this.#records.push({ key: FULL + name, value })
      return
    }
    const key = `${UPDATE}${name}/${update!.get_update_id().toString(16).padStart(16, '0')}`
    count(kept, key, change)
    this.#records.push({ key, value: change })
  }

  #forget(name: string): void {
    this.#forgetUpdates(name)
    this.#owed.gone(name)
    this.#kept.delete(name)
    this.#records.push({ key: FULL + name, value: undefined })
  }

  #forgetUpdates(name: string): void {
    for (const key of this.#kept.get(name)?.updates ?? []) this.#records.push({ key, value: undefined })
  }
}

function isFull({ bytes, updateBytes }: Kept): boolean {
  return updateBytes >= Math.max(UPDATE_BYTES_MIN, bytes / UPDATE_SHARE)
}

function count(kept: Kept, key: string, update: Uint8Array): void {
  kept.updates.push(key)
  kept.updateBytes += update.length
}

/** Of a channel, by the output that funds it. */
export function nameOf(funding: OutPoint): string {
  return `${encodeHex(funding.get_txid())}:${funding.get_index()}`
}

function readMonitor(bytes: Uint8Array, { keys, signer }: MonitorTools): ChannelMonitor {
  const read = UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelMonitorZ_read(
    bytes,
    keys.as_EntropySource(),
    signer,
  )
  if (!(read instanceof MonitorRead)) throw new LightningError('bad-state', 'a monitor cannot be read')
  return read.res.get_b()
}

function applyUpdate(monitor: ChannelMonitor, bytes: Uint8Array, tools: MonitorTools): void {
  const read = ChannelMonitorUpdate.constructor_read(bytes)
  if (!(read instanceof UpdateRead)) throw new LightningError('bad-state', 'a change cannot be read')
  if (read.res.get_update_id() <= monitor.get_latest_update_id()) return
  // It fails where it closes the channel, and is applied all the same.
  monitor.update_monitor(read.res, tools.broadcaster, tools.fees, tools.logger)
}
