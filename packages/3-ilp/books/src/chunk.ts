/**
 * The wire form of a chunk of the hold log. Layer 3, books.
 *
 *   version u8, written at u48, last id u48, oldest hold u48, then entries: type u8 and its fields
 *
 * Instants and ids are 48 bits: milliseconds until the year 10889. Accounts are named once a chunk.
 */
import { Reader, type Writer } from '@hourglass/oer'
import { DecodeError, type Instant } from '@hourglass/sansio'
import type { HoldState } from './hold.ts'

/** One step in the life of a hold. */
export type ChunkEntry =
  | OpenedEntry
  | PostedEntry
  | { readonly kind: 'voided' | 'given-up'; readonly id: number }

/** All of a hold; `source` and `destination` are names of accounts. */
export interface OpenedEntry {
  readonly kind: 'opened'
  readonly id: number
  readonly source: string
  readonly destination: string
  readonly incomingAmount: bigint
  readonly outgoingAmount: bigint
  readonly executionCondition: Uint8Array
  readonly incomingExpiresAt: Instant
  readonly outgoingExpiresAt: Instant
  readonly state: HoldState
}

/** Tells all that the peer may ask about, though the entry that opened the hold may be gone. */
export interface PostedEntry {
  readonly kind: 'posted' | 'written-off'
  readonly id: number
  readonly source: string
  readonly amount: bigint
  readonly expiresAt: Instant
  /** Empty where the payer had been told that nothing was paid. */
  readonly fulfillment: Uint8Array
}

/** What stands before the entries. */
export interface ChunkHeader {
  readonly writtenAt: Instant
  /** Highest id that a hold had by then. */
  readonly lastId: number
  /** All holds below were decided by then; `lastId + 1` where all were. */
  readonly oldestHold: number
}

const VERSION = 1
const EntryType = { Name: 0, Opened: 1, Posted: 2, Voided: 3, GivenUp: 4, WrittenOff: 5 } as const
const CONDITION_BYTES = 32
const UINT48_BYTES = 6
/** Behind the version; filled in when the chunk ends. */
const HEADER_ROOM = new Uint8Array(3 * UINT48_BYTES)
const NO_OUTCOME = { source: undefined, expiresAt: 0 } as const
const NAME_BYTES = 2

/** Writes one chunk, behind whatever the buffer holds. */
export class ChunkWriter {
  readonly #writer: Writer
  readonly #start: number
  readonly #names = new Map<string, number>()

  constructor(buffer: Writer) {
    this.#writer = buffer
    this.#start = buffer.length
    buffer.uint8(VERSION).bytes(HEADER_ROOM)
  }

  write(entry: ChunkEntry): void {
    switch (entry.kind) {
      case 'opened':
        return this.#opened(entry)
      case 'posted':
      case 'written-off':
        return this.#posted(entry)
      case 'voided':
      case 'given-up':
        this.#writer.uint8(entry.kind === 'voided' ? EntryType.Voided : EntryType.GivenUp)
        writeUint48(this.#writer, entry.id)
    }
  }

  /** The chunk: a view of the buffer, which never changes there again. */
  finish(header: ChunkHeader): Uint8Array {
    const chunk = this.#writer.finish(this.#start)
    putUint48(chunk, 1, header.writtenAt)
    putUint48(chunk, 1 + UINT48_BYTES, header.lastId)
    putUint48(chunk, 1 + 2 * UINT48_BYTES, header.oldestHold)
    return chunk
  }

  #opened(entry: OpenedEntry): void {
    const source = this.#name(entry.source)
    const destination = this.#name(entry.destination)
    const writer = writeUint48(this.#writer.uint8(EntryType.Opened), entry.id)
    writer.uint16(source).uint16(destination).varUint(entry.incomingAmount).varUint(entry.outgoingAmount)
    writeUint48(writer.bytes(entry.executionCondition), entry.incomingExpiresAt)
    writeUint48(writer, entry.outgoingExpiresAt).uint8(entry.state === 'given-up' ? 1 : 0)
  }

  #posted({ kind, id, source, amount, expiresAt, fulfillment }: PostedEntry): void {
    const name = this.#name(source)
    const type = kind === 'posted' ? EntryType.Posted : EntryType.WrittenOff
    const writer = writeUint48(this.#writer.uint8(type), id).uint16(name).varUint(amount)
    writeUint48(writer, expiresAt).octets(fulfillment)
  }

  #name(account: string): number {
    const known = this.#names.get(account)
    if (known !== undefined) return known
    this.#writer.uint8(EntryType.Name).text(account)
    this.#names.set(account, this.#names.size)
    return this.#names.size - 1
  }
}

/** What an entry is about, without what it says of amounts and times. */
export interface Step {
  readonly kind: ChunkEntry['kind']
  readonly id: number
  /** Where it has an outcome: whose packet it was, and when that expired; else undefined and 0. */
  readonly source: string | undefined
  readonly expiresAt: Instant
}

/** Reads a chunk entry by entry; byte strings are views. */
export class ChunkReader {
  readonly header: ChunkHeader
  readonly #reader: Reader
  readonly #names: string[] = []

  /** @throws DecodeError where this program did not write it, as `next` does */
  constructor(chunk: Uint8Array) {
    this.#reader = new Reader(chunk)
    if (this.#reader.uint8() !== VERSION) throw new DecodeError('bad-version', 0)
    const [writtenAt, lastId, oldestHold] = [0, 0, 0].map(() => readUint48(this.#reader))
    this.header = { writtenAt: writtenAt!, lastId: lastId!, oldestHold: oldestHold! }
  }

  /** Undefined at the end. */
  next(): ChunkEntry | undefined {
    while (this.#reader.remaining > 0) {
      const at = this.#reader.at
      const type = this.#reader.uint8()
      switch (type) {
        case EntryType.Name:
          this.#names.push(this.#reader.text())
          break
        case EntryType.Opened:
          return this.#opened()
        case EntryType.Posted:
          return this.#posted('posted')
        case EntryType.WrittenOff:
          return this.#posted('written-off')
        case EntryType.Voided:
          return { kind: 'voided', id: readUint48(this.#reader) }
        case EntryType.GivenUp:
          return { kind: 'given-up', id: readUint48(this.#reader) }
        default:
          throw new DecodeError('bad-type', at)
      }
    }
    return undefined
  }

  /** Passes over the next entry: a start from many chunks has little time for what is long decided. */
  skip(): Step | undefined {
    while (this.#reader.remaining > 0) {
      const at = this.#reader.at
      const type = this.#reader.uint8()
      if (type === EntryType.Name) {
        this.#names.push(this.#reader.text())
        continue
      }
      const id = readUint48(this.#reader)
      if (type === EntryType.Opened) {
        this.#reader.skip(2 * NAME_BYTES)
        this.#reader.skipOctets()
        this.#reader.skipOctets()
        this.#reader.skip(CONDITION_BYTES + 2 * UINT48_BYTES + 1)
        return { kind: 'opened', id, ...NO_OUTCOME }
      }
      if (type === EntryType.Voided) return { kind: 'voided', id, ...NO_OUTCOME }
      if (type === EntryType.GivenUp) return { kind: 'given-up', id, ...NO_OUTCOME }
      if (type !== EntryType.Posted && type !== EntryType.WrittenOff) throw new DecodeError('bad-type', at)
      const source = this.#name()
      this.#reader.skipOctets()
      const expiresAt = readUint48(this.#reader)
      this.#reader.skipOctets()
      return { kind: type === EntryType.Posted ? 'posted' : 'written-off', id, source, expiresAt }
    }
    return undefined
  }

  #opened(): OpenedEntry {
    const reader = this.#reader
    return {
      kind: 'opened',
      id: readUint48(reader),
      source: this.#name(),
      destination: this.#name(),
      incomingAmount: reader.varUint(),
      outgoingAmount: reader.varUint(),
      executionCondition: reader.take(CONDITION_BYTES),
      incomingExpiresAt: readUint48(reader),
      outgoingExpiresAt: readUint48(reader),
      state: reader.uint8() === 1 ? 'given-up' : 'sent',
    }
  }

  #posted(kind: PostedEntry['kind']): PostedEntry {
    const reader = this.#reader
    return {
      kind,
      id: readUint48(reader),
      source: this.#name(),
      amount: reader.varUint(),
      expiresAt: readUint48(reader),
      fulfillment: reader.octets(),
    }
  }

  #name(): string {
    const at = this.#reader.at
    const name = this.#names[this.#reader.uint16()]
    if (name === undefined) throw new DecodeError('bad-name', at)
    return name
  }
}

const UINT32_RANGE = 2 ** 32

function writeUint48(writer: Writer, value: number): Writer {
  return writer.uint16(Math.floor(value / UINT32_RANGE)).uint32(value % UINT32_RANGE)
}

function putUint48(bytes: Uint8Array, at: number, value: number): void {
  for (let i = at + UINT48_BYTES - 1; i >= at; i--) {
    bytes[i] = value
    value = Math.floor(value / 0x100)
  }
}

function readUint48(reader: Reader): number {
  return reader.uint16() * UINT32_RANGE + reader.uint32()
}
