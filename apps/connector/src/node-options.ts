/** The config in the words of the node. */
import type { NodeOptions } from '@hourglass/connector'
import { nodeCrypto } from '@hourglass/sansio/io'
import type { Config } from './config.ts'

export function nodeOptions(config: Config): Omit<NodeOptions, 'stacks'> {
  return {
    address: config.address,
    crypto: nodeCrypto,
    accounts: config.accounts.map(({ balance: { max: balanceMax, writeOffMax, ...limits }, ...account }) => ({
      id: account.id,
      relation: account.relation,
      asset: account.asset,
      balanceMax,
      ...limits,
      ...(writeOffMax !== undefined && { writeOffMax }),
      ...(account.packetAmountMax !== undefined && { packetAmountMax: account.packetAmountMax }),
      ...(account.packetsInFlightMax !== undefined && { packetsInFlightMax: account.packetsInFlightMax }),
    })),
    routes: config.routes,
    rates: config.rates,
    ...(config.spread !== undefined && { spread: config.spread }),
    tracePackets: config.tracePackets,
  }
}
