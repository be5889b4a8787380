/**
 * A node's disk: a journal whose commits take time, fail for a while, and may be lost in a crash. Testing.
 *
 *   commit → waiting → durable → reported        crash: of what waits, a random first part is durable after all
 *
 * Each commit is whole or not there at all, and none is durable before an earlier one: that is the journal's
 * promise, and a torn write is one that its recovery drops.
 */
import type { Journal, JournalRecord, Records, StoredRecord } from '@hourglass/journal'
import type { Chance } from './chance.ts'
import type { World } from './world.ts'

export interface DiskClimate {
  /** How long a commit takes, at least and at most. */
  readonly delayMsMin: number
  readonly delayMsMax: number
}

interface Commit {
  records: Records
  readonly done: () => void
}

export class Disk implements Journal {
  readonly #world: World
  readonly #chance: Chance
  readonly #climate: DiskClimate
  readonly #values = new Map<string, Uint8Array>()
  /** What the last commit that became durable wrote. */
  #newest: Uint8Array[] = []
  #waiting: Commit[] = []
  /** So many of them are being written, as one group. */
  #writing = 0
  #failsUntil = 0
  /** Commits take so much longer. */
  #slowness = 1
  /** Which process's commits these are: reports to an earlier one reach nobody. */
  #life = 0
  /** Rises with each change of what is durable. */
  version = 0
  /** Told when the store begins to fail and when it works again. */
  report: (isWorking: boolean) => void = () => undefined

  constructor(world: World, chance: Chance, climate: DiskClimate) {
    this.#world = world
    this.#chance = chance
    this.#climate = climate
  }

  commit(records: Records, done: () => void): void {
    this.#waiting.push({ records, done })
    this.#write()
  }

  /** What is durable now, in the order of the keys. */
  load(prefix = ''): StoredRecord[] {
    return [...this.#values]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key, value }))
  }

  /** One durable record. */
  read(key: string): Uint8Array | undefined {
    return this.#values.get(key)
  }

  /** Whether one of the durable records holds these octets, the newest looked at first. */
  holds(prefix: string, octets: Uint8Array): boolean {
    const has = (value: Uint8Array): boolean =>
      Buffer.from(value.buffer, value.byteOffset, value.length).includes(Buffer.from(octets))
    if (this.#newest.some(has)) return true
    return this.load(prefix).some(({ value }) => has(value))
  }

  close(): void {
    this.crash()
  }

  /** The process ends here and now. */
  crash(): void {
    const kept = this.#chance.integer(0, this.#waiting.length)
    for (const commit of this.#waiting.splice(0, kept)) this.#apply(take(commit))
    this.#waiting = []
    this.#writing = 0
    this.#life++
  }

  /** No commit becomes durable for that long; all that were asked for do afterwards. */
  fail(ms: number): void {
    if (this.#failsUntil <= this.#world.now) this.report(false)
    this.#failsUntil = Math.max(this.#failsUntil, this.#world.now + ms)
    this.#world.at(this.#failsUntil, () => {
      if (this.#failsUntil === this.#world.now) this.report(true)
    })
  }

  get isWorking(): boolean {
    return this.#failsUntil <= this.#world.now
  }

  /** Commits take `factor` times as long for a while. */
  slow(factor: number, ms: number): void {
    this.#slowness = factor
    this.#world.after(ms, () => (this.#slowness = 1))
  }

  /** Writes what waits, as one group; what comes meanwhile joins the next one. */
  #write(): void {
    if (this.#writing > 0 || this.#waiting.length === 0) return
    this.#writing = this.#waiting.length
    // The records may be asked for as late as this.
    if (this.#chance.integer(0, 1) === 0) this.#waiting.forEach(take)
    const life = this.#life
    const { delayMsMin, delayMsMax } = this.#climate
    const finish = (): void => {
      if (life !== this.#life) return
      if (this.isWorking) this.#finish()
      else this.#world.at(this.#failsUntil, finish)
    }
    this.#world.after(this.#chance.integer(delayMsMin, delayMsMax) * this.#slowness, finish)
  }

  #finish(): void {
    const group = this.#waiting.splice(0, this.#writing)
    const life = this.#life
    this.#writing = 0
    for (const commit of group) this.#apply(take(commit))
    // Durable, but nobody knows yet: a crash in between finds more than it was told of.
    this.#world.after(this.#chance.integer(0, 1), () => {
      for (const { done } of group) if (life === this.#life) done()
    })
    this.#write()
  }

  #apply(records: readonly JournalRecord[]): void {
    this.version++
    this.#newest = records.flatMap(({ value }) => (value === undefined ? [] : [value]))
    for (const { key, value } of records) {
      if (value === undefined) this.#values.delete(key)
      else this.#values.set(key, value)
    }
  }
}

function take(commit: Commit): readonly JournalRecord[] {
  if (typeof commit.records === 'function') commit.records = commit.records()
  return commit.records
}
