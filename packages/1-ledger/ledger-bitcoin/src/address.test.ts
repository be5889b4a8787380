import { decodeHex } from '@hourglass/oer'
import { describe, expect, it } from 'vitest'
import { addressOf, dustLimit, scriptOf } from './address.ts'
import type { Network } from './network.ts'

/** Of BIP 173, BIP 350, BIP 84 and Bitcoin's first days: address, script, least output in satoshis. */
const VECTORS: readonly (readonly [Network, string, string, bigint])[] = [
  [
    'mainnet',
    '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
    '76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac',
    546n,
  ],
  ['mainnet', '3P14159f73E4gFr7JterCCQh9QjiTjiZrG', 'a914e9c3dd0c07aac76179ebc76a6c78d4d67c6c160a87', 540n],
  [
    'mainnet',
    'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
    '0014751e76e8199196d454941c45d1b3a323f1433bd6',
    294n,
  ],
  [
    'mainnet',
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
    '512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    330n,
  ],
  [
    'testnet',
    'tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7',
    '00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262',
    330n,
  ],
  [
    'regtest',
    'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080',
    '0014751e76e8199196d454941c45d1b3a323f1433bd6',
    294n,
  ],
]

describe('addresses', () => {
  it.for(VECTORS)(
    '%s %s stands for its script, with the least output of Core',
    ([network, address, hex, dust]) => {
      const script = decodeHex(hex)!
      expect(scriptOf(address, network)).toEqual(script)
      expect(addressOf(script, network)).toBe(address)
      expect(dustLimit(script)).toBe(dust)
    },
  )

  it('BIP 173: one of another network, with a wrong checksum or in mixed case is none', () => {
    expect(scriptOf('bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', 'mainnet')).toBeUndefined()
    expect(scriptOf('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'mainnet')).toBeUndefined()
    expect(scriptOf('bc1qW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'mainnet')).toBeUndefined()
    expect(scriptOf('', 'mainnet')).toBeUndefined()
  })

  it('a script without an address has none, and one that nobody can spend costs nobody anything', () => {
    const data = new Uint8Array([0x6a, 2, 7, 7])
    expect(addressOf(data, 'regtest')).toBeUndefined()
    expect(dustLimit(data)).toBe(0n)
  })
})
