/** What the channels with a peer can carry, as the node reports them. Layer 2. */
import type { ChannelInfo } from './node.ts'

/** Channels that are not on their way out. */
export function openOnes(channels: readonly ChannelInfo[]): ChannelInfo[] {
  return channels.filter(({ isClosing }) => !isClosing)
}

/** What each usable channel can send, the most first. */
export function outboundOf(channels: readonly ChannelInfo[]): bigint[] {
  const amounts = usableOnes(channels).map(({ outboundMsat }) => outboundMsat)
  return amounts.sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))
}

export function inboundOf(channels: readonly ChannelInfo[]): bigint {
  return usableOnes(channels).reduce((sum, { inboundMsat }) => sum + inboundMsat, 0n)
}

/** Capacity of those that we have opened. */
export function oursSatOf(channels: readonly ChannelInfo[]): bigint {
  return openOnes(channels).reduce((sum, { isOurs, capacitySat }) => (isOurs ? sum + capacitySat : sum), 0n)
}

/** A channel is not usable yet, or the peer is not connected. */
export function isWaiting(channels: readonly ChannelInfo[]): boolean {
  return openOnes(channels).some(({ isUsable }) => !isUsable)
}

/** Ours, and all of it on the other side: less than a hundredth can be sent, and nothing is under way. */
export function isSpent({
  isOurs,
  isUsable,
  isClosing,
  pending,
  outboundMsat,
  capacitySat,
}: ChannelInfo): boolean {
  return isOurs && isUsable && !isClosing && pending === 0 && outboundMsat * 100n < capacitySat * 1000n
}

function usableOnes(channels: readonly ChannelInfo[]): ChannelInfo[] {
  return openOnes(channels).filter(({ isUsable }) => isUsable)
}
