/** The config in the words of the node. */
import type { AccountOptions, NodeOptions, Settings } from '@hourglass/connector'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { type AccountConfig, type Config, readSecret } from './config.ts'

export function nodeOptions(config: Config): Omit<NodeOptions, 'stacks'> {
  const { address, tracePackets } = config
  const routing = config.routing === undefined ? undefined : exchangeOptions(config.routing)
  return { address, crypto: nodeCrypto, tracePackets, routing, ...settingsOf(config) }
}

/** What may change while the node runs. */
export function settingsOf({ accounts: configs, routes, routing, rates, spread, spreads }: Config): Settings {
  const accounts = configs.map((account) => ({
    ...accountOptions(account),
    routing: { ...routing?.[account.relation], ...account.routing },
  }))
  return { accounts, routes, rates, spread, spreads }
}

export function accountOptions({
  balance: { max: balanceMax, ...limits },
  ...account
}: Omit<AccountConfig, 'link' | 'settlement' | 'routing'>): AccountOptions {
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
