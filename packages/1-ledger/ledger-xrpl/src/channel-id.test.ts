import fc from 'fast-check'
import { expect, it } from 'vitest'
import { channelIndex, decodeChannelId, encodeChannelId } from './channel-id.ts'

const alice = 'rNdqqRwdD5xVhoPds7UtojrfmJwJJsajFd'
const bob = 'rHg8iNtyVSxSwMu2UcGfRVgBJ6p55nfSKg'

it('finds the index that the ledger gave the recorded channel', () => {
  const index = 'E7B5A8BDAD8D88A3D7D43481050DAE1C9CCD46E126DC2C900817C6D5C69FD5BC'
  expect(channelIndex(alice, bob, 4)).toBe(index)
  expect(channelIndex(alice, bob, 5)).not.toBe(index)
  expect(channelIndex(bob, alice, 4)).not.toBe(index)
})

it('gives each channel one name: any text is a name as it stands, or none', () => {
  const nearly = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[0-9a-f]{128}$/),
    fc.stringMatching(/^[0-9a-fA-F]{128}$/),
    fc.stringMatching(/^[0-9a-f]{127,129}$/),
  )
  fc.assert(
    fc.property(nearly, (text) => {
      const id = decodeChannelId(text)
      expect(id === undefined).toBe(!/^[0-9a-f]{128}$/.test(text))
      if (id !== undefined) expect(encodeChannelId(id)).toBe(text)
    }),
    { numRuns: 10_000 },
  )
})
