/** Reads a layer of an onion as a node on the way would (BOLT 4, BOLT 1). */

/** The records by type. @throws Error where a node would refuse it */
export function readPayload(hex: string): Map<bigint, Buffer> {
  const reader = new BigSizeReader(Buffer.from(hex, 'hex'))
  if (reader.bigSize() !== BigInt(reader.left)) throw new Error('payload is not prefixed with length!')
  const records = new Map<bigint, Buffer>()
  for (let last = -1n; reader.left > 0;) {
    const type = reader.bigSize()
    if (type <= last) throw new Error(`type ${type} after ${last}`)
    records.set(type, reader.take(Number(reader.bigSize())))
    last = type
  }
  return records
}

/** An integer without the zeros before it. */
export function readTruncated(value: Buffer | undefined): bigint {
  if (value === undefined || value[0] === 0) throw new Error('no truncated integer')
  return value.length === 0 ? 0n : BigInt(`0x${value.toString('hex')}`)
}

class BigSizeReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(length: number): Buffer {
    if (length > this.left) throw new Error('too short')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  bigSize(): bigint {
    const first = this.take(1)[0]!
    if (first < 0xfd) return BigInt(first)
    const value = BigInt(`0x${this.take(2 ** (first - 0xfc)).toString('hex')}`)
    const least = first === 0xfd ? 0xfdn : first === 0xfe ? 0x1_0000n : 0x1_0000_0000n
    if (value < least) throw new Error('not the shortest form')
    return value
  }
}
