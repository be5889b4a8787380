/** The config in the words of the node. */
import type { AccountOptions, NodeOptions } from '@hourglass/connector'
import { nodeCrypto } from '@hourglass/sansio/io'
import type { AccountConfig, Config } from './config.ts'

export function nodeOptions(config: Config): Omit<NodeOptions, 'stacks'> {
  return {
    address: config.address,
    crypto: nodeCrypto,
    accounts: config.accounts.map(accountOptions),
    routes: config.routes,
    rates: config.rates,
    spread: config.spread,
    spreads: config.spreads,
    tracePackets: config.tracePackets,
  }
}

function accountOptions({
  balance: { max: balanceMax, ...limits },
  ...account
}: AccountConfig): AccountOptions {
  const { id, relation, asset, packetAmountMax, packetAmountMin, packetsInFlightMax, rules } = account
  const sizes = { packetAmountMax, packetAmountMin, packetsInFlightMax }
  return { id, relation, asset, balanceMax, ...limits, ...sizes, ...rules }
}
