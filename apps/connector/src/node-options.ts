/** The config in the words of the node. */
import type { NodeOptions } from '@hourglass/connector'
import { nodeCrypto } from '@hourglass/sansio/io'
import type { Config } from './config.ts'

export function nodeOptions(config: Config): Omit<NodeOptions, 'stacks'> {
  return {
    address: config.address,
    crypto: nodeCrypto,
    accounts: config.accounts.map(({ balance, ...account }) => ({
      id: account.id,
      relation: account.relation,
      asset: account.asset,
      balanceMax: balance.max,
      ...(balance.payableMax !== undefined && { payableMax: balance.payableMax }),
      ...(balance.settleThreshold !== undefined && { settleThreshold: balance.settleThreshold }),
      ...(balance.settleTo !== undefined && { settleTo: balance.settleTo }),
      ...(balance.writeOffMax !== undefined && { writeOffMax: balance.writeOffMax }),
      ...(account.packetAmountMax !== undefined && { packetAmountMax: account.packetAmountMax }),
      ...(account.packetsInFlightMax !== undefined && { packetsInFlightMax: account.packetsInFlightMax }),
    })),
    routes: config.routes,
    rates: config.rates,
    ...(config.spread !== undefined && { spread: config.spread }),
    tracePackets: config.tracePackets,
  }
}
