import { describe, expect, it } from 'vitest'
import { BitcoinFlows, type Block } from './bitcoin-flows.ts'

type Transaction = Block['tx'][number]

const SATOSHI = 1e-8

/** Inputs as `txid:vout`, outputs as satoshi by address. */
function transaction(
  txid: string,
  inputs: readonly string[],
  outputs: readonly [string, number][],
): Transaction {
  return {
    txid,
    vin: inputs.map((input) => ({ txid: input.split(':')[0]!, vout: Number(input.split(':')[1]) })),
    vout: outputs.map(([address, sats], n) => ({
      value: sats * SATOSHI,
      n,
      scriptPubKey: { type: 'witness', address },
    })),
  }
}

/** Alice has put 600 of her 1000 into a channel, for a fee of 10. */
function funded(): BitcoinFlows<'alice' | 'bob'> {
  const flows = new BitcoinFlows<'alice' | 'bob'>()
  flows.introduce('alice', 'A')
  flows.introduce('bob', 'B')
  flows.take({ height: 1, tx: [transaction('coin', ['faucet:0'], [['A', 1000]])] })
  flows.take({
    height: 2,
    tx: [
      transaction(
        'fund',
        ['coin:0'],
        [
          ['script', 600],
          ['A', 390],
        ],
      ),
    ],
  })
  return flows
}

function look(flows: BitcoinFlows<'alice' | 'bob'>): unknown {
  const { escrowed, transactions, closedChannels } = flows
  const [alice, bob] = (['alice', 'bob'] as const).map((owner) => [flows.balance(owner), flows.fees(owner)])
  return { alice, bob, escrow: flows.escrow(), escrowed, transactions, closedChannels }
}

describe('what blocks say of channels', () => {
  it('is what a wallet has put into one, and what that cost', () => {
    expect(look(funded())).toEqual({
      alice: [390n, 10n],
      bob: [0n, 0n],
      escrow: 600n,
      escrowed: 600n,
      transactions: 1,
      closedChannels: 0,
    })
  })

  it('is what each gets by a close into their wallets, whose fee is the opener’s', () => {
    const flows = funded()
    flows.take({
      height: 3,
      tx: [
        transaction(
          'close',
          ['fund:0'],
          [
            ['B', 200],
            ['A', 380],
          ],
        ),
      ],
    })
    expect(look(flows)).toEqual({
      alice: [770n, 30n],
      bob: [200n, 0n],
      escrow: 0n,
      escrowed: 200n,
      transactions: 2,
      closedChannels: 1,
    })
  })

  it('is what each sweeps out of what a close leaves, at their own cost', () => {
    const flows = funded()
    flows.take({
      height: 3,
      tx: [
        transaction(
          'close',
          ['fund:0'],
          [
            ['x', 200],
            ['y', 380],
          ],
        ),
      ],
    })
    expect(look(flows)).toMatchObject({ alice: [390n, 30n], escrow: 580n, escrowed: 580n })
    const sweeps = [transaction('s', ['close:0'], [['B', 195]]), transaction('t', ['close:1'], [['A', 373]])]
    flows.take({ height: 4, tx: sweeps })
    expect(look(flows)).toEqual({
      alice: [763n, 37n],
      bob: [195n, 5n],
      escrow: 0n,
      escrowed: 200n,
      transactions: 4,
      closedChannels: 1,
    })
  })

  it('is nothing of payments between others', () => {
    const flows = funded()
    const before = look(flows)
    flows.take({ height: 3, tx: [transaction('else', ['faucet:1'], [['z', 5]])] })
    expect(look(flows)).toEqual(before)
  })
})
