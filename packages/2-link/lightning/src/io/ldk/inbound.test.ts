import { expect, it } from 'vitest'
import { INBOUND_LIMITS, type InboundRequest, refusalOf } from './inbound.ts'

const GOOD: InboundRequest = {
  capacitySat: 1_000_000n,
  isWanted: true,
  channelsOfPeer: 0,
  channels: 0,
  walletSat: 25_000n,
  reserveSat: 25_000n,
}

it('takes a channel of a peer that we were told of, and of others only where anybody may come', () => {
  expect(refusalOf(GOOD, INBOUND_LIMITS)).toBeUndefined()
  const unknown = { ...GOOD, isWanted: false }
  expect(refusalOf(unknown, INBOUND_LIMITS)).toContain('not told of this peer')
  expect(refusalOf(unknown, { ...INBOUND_LIMITS, fromAnybody: true })).toBeUndefined()
})

it('takes no channel too many, too small or too large, and none whose close it could not pay', () => {
  const { channelsPerPeerMax, channelsMax, capacitySatMin, capacitySatMax } = INBOUND_LIMITS
  const refusals: [Partial<InboundRequest>, string][] = [
    [{ channelsOfPeer: channelsPerPeerMax }, 'as many channels as one may have'],
    [{ channels: channelsMax }, 'too many channels'],
    [{ capacitySat: capacitySatMin - 1n }, 'smaller'],
    [{ capacitySat: capacitySatMax + 1n }, 'larger'],
    [{ walletSat: 24_999n }, 'lacks the 25000 sat'],
  ]
  for (const [change, why] of refusals)
    expect(refusalOf({ ...GOOD, ...change }, INBOUND_LIMITS)).toContain(why)
  expect(refusalOf({ ...GOOD, capacitySat: capacitySatMin }, INBOUND_LIMITS)).toBeUndefined()
  expect(refusalOf({ ...GOOD, capacitySat: capacitySatMax }, INBOUND_LIMITS)).toBeUndefined()
})
