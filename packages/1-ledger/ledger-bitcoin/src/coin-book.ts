/**
 * Our coins, as the blocks up to one tell. Layer 1.
 * Each coin remembers the block that made it and the block that spent it, so that a block can be taken back.
 */
import type { Outpoint } from './block.ts'
import type { MinedCoin } from './coin.ts'

export class CoinBook {
  readonly #coins: Map<Outpoint, MinedCoin>
  /** Changed since the records were written. */
  #touched = new Set<Outpoint>()

  constructor(coins: Iterable<MinedCoin> = []) {
    this.#coins = new Map(Array.from(coins, (coin) => [coin.outpoint, coin]))
  }

  has(outpoint: Outpoint): boolean {
    return this.#coins.has(outpoint)
  }

  get(outpoint: Outpoint): MinedCoin | undefined {
    return this.#coins.get(outpoint)
  }

  add(coin: MinedCoin): void {
    this.#set(coin)
  }

  spend(outpoint: Outpoint, height: number): void {
    const coin = this.#coins.get(outpoint)
    if (coin !== undefined) this.#set({ ...coin, spentAt: height })
  }

  /** Takes back the block of that height; returns the coins that are no more. */
  disconnect(height: number): MinedCoin[] {
    const lost: MinedCoin[] = []
    for (const coin of this.#coins.values()) {
      if (coin.height === height) {
        lost.push(coin)
        this.#remove(coin.outpoint)
      } else if (coin.spentAt === height) this.#set({ ...coin, spentAt: undefined })
    }
    return lost
  }

  /** Forgets what was spent in that block or before it. */
  forgetSpent(height: number): void {
    for (const { outpoint, spentAt } of this.#coins.values())
      if (spentAt !== undefined && spentAt <= height) this.#remove(outpoint)
  }

  clear(): void {
    for (const outpoint of this.#coins.keys()) this.#remove(outpoint)
  }

  /** What is there, oldest first. */
  *unspent(): Generator<MinedCoin> {
    for (const coin of this.#coins.values()) if (coin.spentAt === undefined) yield coin
  }

  /** Names of all coins that changed since the last call. */
  takeTouched(): Iterable<Outpoint> {
    const touched = this.#touched
    this.#touched = new Set()
    return touched
  }

  #set(coin: MinedCoin): void {
    this.#coins.set(coin.outpoint, coin)
    this.#touched.add(coin.outpoint)
  }

  #remove(outpoint: Outpoint): void {
    this.#coins.delete(outpoint)
    this.#touched.add(outpoint)
  }
}
