import { MemoryJournal } from '@hourglass/journal'
import { describe, expect, it } from 'vitest'
import { Coins } from './coins.ts'

const SCRIPT = Uint8Array.of(0, 20, 1)
const OTHER = Uint8Array.of(0, 20, 2)

const pays = (txid: string, amountSat: bigint, script = SCRIPT) => ({
  ...{ txid, weight: 0 },
  inputs: [],
  outputs: [{ amountSat, script }],
})
const spends = (txid: string, spent: string) => ({
  ...{ txid, weight: 0 },
  inputs: [{ txid: spent, index: 0, sequence: 0 }],
  outputs: [],
})
/** The first transaction of a block is its coinbase. */
const MINED = pays('00', 1n, OTHER)

const amounts = (coins: Coins, height: number): bigint[] =>
  coins.spendable(height).map((coin) => coin.amountSat)

describe('the coins of a wallet', () => {
  it('are the outputs with its script that nothing has spent, largest first', () => {
    const coins = new Coins(SCRIPT)
    coins.connect([MINED, pays('a', 5n), pays('b', 7n), pays('c', 9n, OTHER)], 10)
    expect(amounts(coins, 10)).toEqual([7n, 5n])
    coins.connect([MINED, spends('d', 'b')], 11)
    expect(amounts(coins, 11)).toEqual([5n])
  })

  it('are not spent before their time where they were mined', () => {
    const coins = new Coins(SCRIPT)
    coins.connect([pays('a', 5n)], 10)
    expect(amounts(coins, 108)).toEqual([])
    expect(amounts(coins, 109)).toEqual([5n])
  })

  it('come and go with a reorganisation', () => {
    const coins = new Coins(SCRIPT)
    coins.connect([MINED, pays('a', 5n)], 10)
    coins.connect([MINED, spends('b', 'a'), pays('c', 7n)], 11)
    coins.disconnect(11)
    expect(amounts(coins, 10)).toEqual([5n])
    coins.disconnect(10)
    expect(amounts(coins, 9)).toEqual([])
  })

  it('come back from their records', () => {
    const coins = new Coins(SCRIPT)
    coins.connect([MINED, pays('a', 5n), pays('b', 7n)], 10)
    coins.connect([MINED, spends('c', 'b')], 11)
    const journal = new MemoryJournal()
    journal.commit(coins.takeChanges(), () => undefined)
    journal.flush()
    const again = new Coins(SCRIPT)
    again.restore(journal.load(''))
    expect(amounts(again, 11)).toEqual([5n])
    again.disconnect(11)
    expect(amounts(again, 10)).toEqual([7n, 5n])
  })
})
