/** The config in the words of the node. */
import type { AccountOptions, NodeOptions } from '@hourglass/connector'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { type AccountConfig, type Config, readSecret } from './config.ts'

export function nodeOptions(config: Config): Omit<NodeOptions, 'stacks'> {
  return {
    address: config.address,
    crypto: nodeCrypto,
    accounts: config.accounts.map((account) => ({
      ...accountOptions(account),
      routing: { ...config.routing?.[account.relation], ...account.routing },
    })),
    routes: config.routes,
    routing: config.routing === undefined ? undefined : exchangeOptions(config.routing),
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

function exchangeOptions({
  secret,
  broadcastIntervalMs,
  holdDownMs,
}: NonNullable<Config['routing']>): NonNullable<NodeOptions['routing']> {
  const times = { rng: nodeRng, broadcastIntervalMs, holdDownMs }
  return secret === undefined
    ? times
    : { ...times, secret: Buffer.from(readSecret(secret, 'routing.secret')) }
}
