/**
 * Chance from a seed: the same seed gives the same course, whatever else is drawn beside it. Testing.
 * Each purpose draws from a stream of its own (`fork`), so that leaving out one fault changes no other draw.
 */
import type { Rng } from '@hourglass/sansio'

export class Chance implements Rng {
  readonly #seed: string
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: string) {
    this.#seed = seed
    ;[this.#a, this.#b, this.#c, this.#d] = mix(seed)
    for (let i = 0; i < WARM_UP; i++) this.uint32()
  }

  /** A stream that depends on the seed and its own name alone. */
  fork(name: string | number): Chance {
    return new Chance(`${this.#seed}/${name}`)
  }

  /** sfc32 */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#d) | 0
    this.#d = (this.#d + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length;) {
      let word = this.uint32()
      for (const end = Math.min(i + 4, length); i < end; i++, word >>>= 8) bytes[i] = word & 0xff
    }
    return bytes
  }

  /** `min` … `max`, both possible. */
  integer(min: number, max: number): number {
    return min + (this.uint32() % (max - min + 1))
  }

  /** True with that probability. */
  happens(probability: number): boolean {
    return this.uint32() < probability * 2 ** 32
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)]!
  }

  /** `min` … `max`, all magnitudes equally likely. */
  magnitude(min: number, max: number): number {
    return min * (max / min) ** (this.uint32() / 2 ** 32)
  }
}

const WARM_UP = 12

/** Four words that differ wherever the texts do (FNV-1a, with four offsets). */
function mix(text: string): [number, number, number, number] {
  const words: [number, number, number, number] = [0x811c9dc5, 0x9e3779b9, 0x7f4a7c15, 0x85ebca6b]
  for (let i = 0; i < text.length; i++) {
    for (let j = 0; j < words.length; j++)
      words[j] = Math.imul(words[j]! ^ text.charCodeAt(i), 0x01000193 + 2 * j)
  }
  return words
}
