/** The Lightning Network, by a node of ours. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ChannelInfo,
  type LightningAction,
  type LightningNode,
  LightningSettlement,
  type NodeInfo,
} from '@hourglass/lightning'
import { connectLightning } from '@hourglass/lightning/io'
import { decodeHex, encodeUtf8 } from '@hourglass/oer'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { ConfigError, type LedgerConfig, readSecret } from '../config.ts'
import type { ChannelReport, SettledAccount, Settler, SettlerContext } from './settler.ts'

export type LightningLedgerConfig = Extract<LedgerConfig, { kind: 'ldk' }>

/** Keys of a node, and of the references of payments to its accounts. */
const SEED_BYTES = 32
const REFERENCES = encodeUtf8('references of payments')
const SAT_SCALE = 8

export async function openLightning(
  config: LightningLedgerConfig,
  context: SettlerContext,
): Promise<Settler> {
  const seed = readSeed(config, context.name)
  const node = await openNode(config, seed, context)
  const address = await node.info()
  const secret = nodeCrypto.hmacSha256(seed)(REFERENCES)
  return {
    settle(account, records) {
      const { id, scale, config: terms, hear } = account as SettledAccount<'lightning'>
      const settlement = new LightningSettlement({
        account: id,
        accountScale: scale,
        network: config.network,
        address,
        secret,
        rng: nodeRng,
        crypto: nodeCrypto,
        channelSat: terms.channelSat,
        budgetSat: terms.budgetSat,
      })
      settlement.restore(records)
      const session = connectLightning({ node, listener: hear, log: context.log })
      return {
        settlement,
        perform: (action) => session.perform(action as LightningAction),
        close: () => session.close(),
      }
    },
    report: () => report(config, node),
    close: () => node.close(),
  }
}

/** Loaded where it is used: a node's program takes its time. */
async function openNode(
  config: LightningLedgerConfig,
  seed: Uint8Array,
  { name, data, durability, log }: SettlerContext,
): Promise<LightningNode> {
  const { openLdkNode } = await import('@hourglass/lightning/io')
  const { network, host, port, pollMs, acceptsTheftByPeers } = config
  mkdirSync(data, { recursive: true, mode: 0o700 })
  return openLdkNode({
    network,
    seed,
    file: join(data, `${name}.sqlite`),
    durability,
    rpcUrl: readSecret(config.rpcUrl, `ledger ${name}, rpcUrl`),
    host,
    port,
    pollMs,
    acceptsTheftByPeers,
    log,
  })
}

function readSeed(config: LightningLedgerConfig, name: string): Uint8Array {
  const seed = decodeHex(readSecret(config.seed, `ledger ${name}, seed`))
  if (seed?.length === SEED_BYTES) return seed
  throw new ConfigError(`ledger ${name}, seed: must be ${2 * SEED_BYTES} hex digits`)
}

async function report({ kind }: LightningLedgerConfig, node: LightningNode): ReturnType<Settler['report']> {
  const [{ network }, address, balance, channels] = await Promise.all([
    node.info(),
    node.address(),
    node.walletSat(),
    node.channels(),
  ])
  return {
    kind,
    network: nameOf(network),
    address,
    balance: String(balance),
    balanceScale: SAT_SCALE,
    channels: channels.map(reportChannel),
  }
}

function nameOf(network: NodeInfo['network']): string {
  return `bitcoin:${network}`
}

function reportChannel(channel: ChannelInfo): ChannelReport {
  const { channelId, peerId, capacitySat, outboundMsat, inboundMsat, isClosing, isUsable } = channel
  return {
    channelId,
    peerId,
    state: isClosing ? 'closing' : isUsable ? 'open' : 'opening',
    capacity: String(capacitySat),
    outboundMsat: String(outboundMsat),
    inboundMsat: String(inboundMsat),
  }
}
