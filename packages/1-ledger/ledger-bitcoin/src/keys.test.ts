import { decodeHex } from '@hourglass/oer'
import { UsageError } from '@hourglass/sansio'
import { describe, expect, it } from 'vitest'
import { scriptOf } from './address.ts'
import { Keys } from './keys.ts'

/** Of BIP 84: the seed of "abandon … about". */
const SEED = decodeHex(
  '5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1' +
    '9a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4',
)!

describe('keys', () => {
  it('BIP 84: come from the seed as its vectors say', () => {
    const keys = new Keys(SEED, 'mainnet')
    expect(keys.address()).toBe('bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu')
    expect(keys.address(1)).toBe('bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g')
    expect(keys.change.address).toBe('bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el')
  })

  it('own the scripts of their addresses and no others', () => {
    const keys = new Keys(SEED, 'regtest')
    for (const address of [keys.address(), keys.address(19), keys.change.address])
      expect(keys.owns(scriptOf(address, 'regtest')!)).toBe(true)
    expect(keys.owns(new Uint8Array(22))).toBe(false)
    expect(keys.owns(new Uint8Array(0))).toBe(false)
  })

  it('differ where coins have a price', () => {
    const script = (network: 'mainnet' | 'regtest'): Uint8Array => new Keys(SEED, network).change.script
    expect(script('mainnet')).not.toEqual(script('regtest'))
  })

  it('take a seed of 32 bytes or 64 alone, and number addresses from 0 to 19', () => {
    expect(() => new Keys(new Uint8Array(16), 'regtest')).toThrow(UsageError)
    const keys = new Keys(new Uint8Array(32), 'regtest')
    expect(() => keys.address(20)).toThrow(UsageError)
    expect(() => keys.address(-1)).toThrow(UsageError)
  })
})
