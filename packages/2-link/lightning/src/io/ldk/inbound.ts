/** Which channels peers may open to us. Layer 2, io. Each has to be closed in the end, and that costs. */

export interface InboundLimits {
  /** Also from peers whom `connect` was never told of. */
  readonly fromAnybody: boolean
  /** Of one peer, those that we opened to it among them. */
  readonly channelsPerPeerMax: number
  readonly channelsMax: number
  readonly capacitySatMin: bigint
  readonly capacitySatMax: bigint
  /** Blocks until one is usable: below them its funding may be taken back. Default: by the network. */
  readonly confirmations?: number | undefined
}

export const INBOUND_LIMITS: InboundLimits = {
  fromAnybody: false,
  channelsPerPeerMax: 8,
  channelsMax: 100,
  // Less could not pay for its close where fees are high.
  capacitySatMin: 20_000n,
  // BOLT 2: the most without `option_support_large_channel`.
  capacitySatMax: 16_777_215n,
}

/** A peer asks for a channel. */
export interface InboundRequest {
  readonly capacitySat: bigint
  readonly isWanted: boolean
  readonly channelsOfPeer: number
  readonly channels: number
  /** In the wallet, and what of it is for the channels that there are and this one. */
  readonly walletSat: bigint
  readonly reserveSat: bigint
}

/** Why it is refused; undefined: it is accepted. */
export function refusalOf(request: InboundRequest, limits: InboundLimits): string | undefined {
  const { capacitySat, channels, channelsOfPeer, walletSat, reserveSat } = request
  if (!request.isWanted && !limits.fromAnybody) return 'we were not told of this peer'
  if (channelsOfPeer >= limits.channelsPerPeerMax) return 'it has as many channels as one may have'
  if (channels >= limits.channelsMax) return 'there are too many channels'
  if (capacitySat < limits.capacitySatMin) return `it is smaller than ${limits.capacitySatMin} sat`
  if (capacitySat > limits.capacitySatMax) return `it is larger than ${limits.capacitySatMax} sat`
  if (walletSat < reserveSat) return `the wallet lacks the ${reserveSat} sat to close our channels`
  return undefined
}
