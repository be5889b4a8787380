import { UINT64_MAX } from '@hourglass/oer'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Frame } from '../wire/packet.ts'
import { divide } from './money.ts'
import { Shared } from './shared.ts'

function shared(receiveMax: readonly bigint[]): Shared {
  const asset = { assetCode: 'EUR', assetScale: 2 }
  const world = { crypto: nodeCrypto, rng: nodeRng, sharedSecret: new Uint8Array(32) }
  const state = new Shared({ ...world, ...asset, role: 'server' })
  for (const [index, max] of receiveMax.entries())
    state.streams.meet(BigInt(2 * index + 1))!.stream.receiveMax = max
  return state
}

function money(...shares: bigint[]): Frame[] {
  return shares.map((share, index) => ({ type: 0x11, streamId: BigInt(2 * index + 1), shares: share }))
}

function amounts(amount: bigint, frames: readonly Frame[], state: Shared): bigint[] | undefined {
  return divide(amount, frames, state)?.map((share) => share.amount)
}

describe('the money of one packet', () => {
  it.each<[bigint, bigint[], bigint[]]>([
    [100n, [5n, 15n, 30n], [10n, 30n, 60n]],
    [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
    [3n, [UINT64_MAX, UINT64_MAX], [2n, 1n]],
    [5n, [0n, 1n], [0n, 5n]],
  ])('%s over shares %s is %s: STR-60, STR-61, STR-62, X-STR4', (amount, shares, expected) => {
    expect(amounts(amount, money(...shares), shared([UINT64_MAX, UINT64_MAX, UINT64_MAX]))).toEqual(expected)
  })

  it('leaves what is over to the lowest stream that has room: STR-61', () => {
    expect(amounts(11n, money(1n, 1n), shared([5n, 100n]))).toEqual([6n, 5n]) // 5 and a hundredth, rounded up
    expect(amounts(13n, money(1n, 1n), shared([6n, 100n]))).toEqual([7n, 6n])
    expect(amounts(15n, money(1n, 1n), shared([6n, 100n]))).toEqual([7n, 8n])
  })

  it('is taken as a whole or not at all: STR-62, STR-63, STR-64', () => {
    expect(amounts(100n, money(1n, 1n), shared([10n, 100n]))).toBeUndefined()
    expect(amounts(100n, money(0n, 0n), shared([100n, 100n]))).toBeUndefined()
    expect(amounts(100n, [], shared([100n]))).toBeUndefined()
    expect(amounts(101n, money(1n), shared([100n]))).toEqual([101n])
    expect(amounts(102n, money(1n), shared([100n]))).toBeUndefined()
  })

  it('is nobody’s where a stream of it is closed: STR-76', () => {
    const state = shared([100n, 100n])
    state.streams.close(state.streams.find(3n)!)
    expect(amounts(10n, money(1n, 1n), state)).toBeUndefined()
  })

  it('is never more and never less than what came: STR-60, STR-111', () => {
    const share = fc.bigInt({ min: 0n, max: UINT64_MAX })
    fc.assert(
      fc.property(share, fc.array(share, { minLength: 1, maxLength: 10 }), (amount, shares) => {
        const parts = amounts(amount, money(...shares), shared(shares.map(() => UINT64_MAX)))
        if (parts !== undefined) expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amount)
        else expect(shares.every((each) => each === 0n)).toBe(true)
      }),
    )
  })
})
