import { Transaction as LibraryTransaction } from '@scure/btc-signer'
import { decodeHex, encodeHex } from '@hourglass/oer'
import { DecodeError } from '@hourglass/sansio'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBlock, decodeTransaction, txidOf } from './block.ts'
import { draftTransaction } from './draft.ts'
import { Keys } from './keys.ts'

/** Bitcoin's first block. */
const GENESIS =
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f61' +
  '7fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c010100000001000000000000000000000000000000000000' +
  '0000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e' +
  '63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01' +
  '000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112' +
  'de5c384df7ba0b8d578a4c702b6bf11d5fac00000000'

/** Of BIP 143, "Native P2WPKH": one input without a witness, one with. */
const SEGWIT =
  '01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1d' +
  'c26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944' +
  'ccf4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ff' +
  'ffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42' +
  'dbee7e4dbe6a21b2d50ce2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366' +
  'd7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e' +
  '292e7acafcdb3566bb0ad253f62fc70f07aeee635711000000'

const bytes = (hex: string): Uint8Array => decodeHex(hex)!

function codeOf(decode: () => unknown): string | undefined {
  try {
    decode()
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return (error as DecodeError).code
  }
  return undefined
}

describe('blocks', () => {
  it('reads the first block that there was', () => {
    const block = decodeBlock(bytes(GENESIS))
    expect(block.hash).toBe('000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f')
    expect(block.previousHash).toBe('00'.repeat(32))
    expect(block.transactions).toHaveLength(1)
    const [reward] = block.transactions
    expect(txidOf(reward!)).toBe('4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b')
    expect(reward!.outputs.map(({ sats }) => sats)).toEqual([5_000_000_000n])
  })

  it('BIP 144: reads witnesses, and leaves them out of the name', () => {
    const transaction = decodeTransaction(bytes(SEGWIT))
    expect(transaction.inputs).toEqual([
      '9f96ade4b41d5433f4eda31e1738ec2b36f6e7d1420d94a6af99801a88f7f7ff:0',
      '8ac60eb9575db5b2d987e29f301b5b819ea83a5c6579d282d189cc04b8e151ef:1',
    ])
    expect(transaction.outputs.map(({ sats }) => sats)).toEqual([112_340_000n, 223_450_000n])
    const library = LibraryTransaction.fromRaw(bytes(SEGWIT), {
      allowUnknownInputs: true,
      allowUnknownOutputs: true,
    })
    expect(txidOf(transaction)).toBe(library.id)
  })

  it('reads back every transaction that is written, with its name', () => {
    const keys = new Keys(new Uint8Array(32).fill(3), 'regtest')
    const script = keys.change.script
    const coin = fc.record({ hash: fc.uint8Array({ minLength: 32, maxLength: 32 }), index: fc.nat(1000) })
    fc.assert(
      fc.property(
        fc.uniqueArray(coin, { minLength: 1, maxLength: 3, selector: ({ index }) => index }),
        (coins) => {
          const required = coins.map(({ hash, index }) => ({
            outpoint: `${encodeHex(hash)}:${index}`,
            sats: 100_000n,
            script,
          }))
          const written = draftTransaction(
            {
              outputs: [{ sats: 5000n, script }],
              required,
              optional: [],
              satsPerVbyte: 3n,
              isReplaceable: true,
            },
            keys,
          )!
          const read = decodeTransaction(written.raw)
          expect(txidOf(read)).toBe(written.txid)
          expect(read.inputs).toEqual(required.map(({ outpoint }) => outpoint))
          expect(read.outputs[0]).toEqual({ sats: 5000n, script })
          expect(read.outputs[1]!.sats).toBe(written.change!.sats)
        },
      ),
      { numRuns: 30 },
    )
  })

  it.for([
    ['short', GENESIS.slice(0, 100)],
    ['short', GENESIS.slice(0, -2)],
    ['trailing', `${GENESIS}00`],
    ['bad-length', `${GENESIS.slice(0, 160)}ff${'ff'.repeat(8)}`],
    ['bad-flag', `${GENESIS.slice(0, 160)}01${SEGWIT.slice(0, 8)}0002${SEGWIT.slice(12)}`],
  ] as const)('refuses what is %s', ([code, hex]) => {
    expect(codeOf(() => decodeBlock(bytes(hex)))).toBe(code)
  })

  it('any bytes are a block or a DecodeError', () => {
    const genesis = bytes(GENESIS)
    const mutated = fc
      .array(fc.tuple(fc.nat(genesis.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 })
      .map((changes) => {
        const copy = genesis.slice()
        for (const [at, value] of changes) copy[at] = value
        return copy
      })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (input) => {
        codeOf(() => decodeBlock(input))
      }),
      { numRuns: 10_000 },
    )
  })
})
