/** How the node's channels are made. Layer 2, io. Spec: BOLT 2, "open_channel". */
import { MaxDustHTLCExposure, Network, UserConfig } from 'lightningdevkit'
import type { BitcoinNetwork } from '../../node.ts'
import type { InboundLimits } from './inbound.ts'

/** Blocks until a channel that a peer opens counts as open. */
const CONFIRMATIONS: Readonly<Record<BitcoinNetwork, number>> = {
  regtest: 1,
  signet: 2,
  testnet: 3,
  bitcoin: 3,
}

/** The most that a channel may carry at once, by the protocol. */
const PAYMENTS_AT_ONCE = 483
/** Small payments under way have no output on the chain: a force close loses them. Together they are no more. */
const DUST_MSAT_MAX = 100_000_000n

export const LDK_NETWORKS: Readonly<Record<BitcoinNetwork, Network>> = {
  regtest: Network.LDKNetwork_Regtest,
  signet: Network.LDKNetwork_Signet,
  testnet: Network.LDKNetwork_Testnet,
  bitcoin: Network.LDKNetwork_Bitcoin,
}

export function makeSettings(network: BitcoinNetwork, { confirmations }: InboundLimits): UserConfig {
  const settings = UserConfig.constructor_default()
  const handshake = settings.get_channel_handshake_config()
  handshake.set_minimum_depth(confirmations ?? CONFIRMATIONS[network])
  handshake.set_max_inbound_htlc_value_in_flight_percent_of_channel(100)
  handshake.set_our_max_accepted_htlcs(PAYMENTS_AT_ONCE)
  handshake.set_our_htlc_minimum_msat(1n)
  handshake.set_announce_for_forwarding(false)
  // Commitments whose fee is paid when they are needed, out of the wallet, and not guessed long before.
  handshake.set_negotiate_anchors_zero_fee_htlc_tx(true)
  settings.set_channel_handshake_config(handshake)
  const channel = settings.get_channel_config()
  channel.set_max_dust_htlc_exposure(MaxDustHTLCExposure.constructor_fixed_limit_msat(DUST_MSAT_MAX))
  settings.set_channel_config(channel)
  // Needed for anchors: whoever accepts a channel must have a reserve to pay for its close.
  settings.set_manually_accept_inbound_channels(true)
  return settings
}
