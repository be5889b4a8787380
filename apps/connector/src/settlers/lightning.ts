/** The Lightning Network, by a node of ours: LDK's in a process that is ours, or one of LND or Core Lightning. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Journal } from '@hourglass/journal'
import {
  type ChannelInfo,
  type LightningAction,
  type LightningNode,
  type LightningOptions,
  LightningSettlement,
} from '@hourglass/lightning'
import { connectLightning, openClnNode, openLdkNode, openLndNode } from '@hourglass/lightning/io'
import { decodeHex } from '@hourglass/oer'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { ConfigError, type LedgerConfig, readSecret } from '../config.ts'
import type { ChannelReport, LedgerReport, SettledAccount, Settler, SettlerContext } from './settler.ts'

type LightningLedgerConfig = Extract<LedgerConfig, { kind: 'ldk' | 'lnd' | 'cln' }>
type LdkConfig = Extract<LightningLedgerConfig, { kind: 'ldk' }>
type DaemonConfig = Exclude<LightningLedgerConfig, { kind: 'ldk' }>

const SEED_BYTES = 32
const SECRET_BYTES = 32
const SAT_SCALE = 8

export async function openLightning(
  config: LightningLedgerConfig,
  context: SettlerContext,
): Promise<Settler> {
  const secret = await secretOf(context)
  const node = await openNode(config, context)
  const address = await node.info()
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
        ...settlementTerms(terms),
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

type TermOptions = Omit<
  LightningOptions,
  'account' | 'accountScale' | 'network' | 'address' | 'secret' | 'rng' | 'crypto'
>

/** What is left out of the config is left to the settlement's defaults. */
function settlementTerms(terms: SettledAccount<'lightning'>['config']): TermOptions {
  const { channelSat, budgetSat, by, servesInbound } = terms
  const { reserveSat, refillPercent, inboundSat, closePatienceMs } = terms
  return {
    ...{ channelSat, budgetSat, by, servesInbound },
    ...(reserveSat !== undefined && { reserveSat }),
    ...(refillPercent !== undefined && { refillPercent }),
    ...(inboundSat !== undefined && { inboundSat }),
    ...(closePatienceMs !== undefined && { closePatienceMs }),
  }
}

/** From it follow the references of payments to our accounts: drawn once, and remembered. */
async function secretOf({ name, journal }: SettlerContext): Promise<Uint8Array> {
  const key = `lightning-secret/${name}`
  const [known] = await journal.load(key)
  if (known?.key === key) return known.value
  const secret = nodeRng.bytes(SECRET_BYTES)
  await committed(journal, key, secret)
  return secret
}

function committed(journal: Journal, key: string, value: Uint8Array): Promise<void> {
  return new Promise((resolve) => journal.commit([{ key, value }], resolve))
}

function openNode(config: LightningLedgerConfig, context: SettlerContext): Promise<LightningNode> {
  switch (config.kind) {
    case 'ldk':
      return openLdk(config, context)
    case 'lnd': {
      const macaroon = readSecret(config.macaroon, `ledger ${context.name}, macaroon`)
      return openLndNode({ ...daemonOptions(config, context), macaroon })
    }
    case 'cln': {
      const rune = readSecret(config.rune, `ledger ${context.name}, rune`)
      return openClnNode({ ...daemonOptions(config, context), rune })
    }
  }
}

function openLdk(config: LdkConfig, { name, data, durability, log }: SettlerContext): Promise<LightningNode> {
  const { network, host, port, pollMs, acceptsTheftByPeers } = config
  mkdirSync(data, { recursive: true, mode: 0o700 })
  return openLdkNode({
    network,
    seed: readSeed(config, name),
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

function readSeed(config: LdkConfig, name: string): Uint8Array {
  const seed = decodeHex(readSecret(config.seed, `ledger ${name}, seed`))
  if (seed?.length === SEED_BYTES) return seed
  throw new ConfigError(`ledger ${name}, seed: must be ${2 * SEED_BYTES} hex digits`)
}

type CommonDaemonOptions = Omit<Parameters<typeof openLndNode>[0], 'macaroon'>

function daemonOptions(config: DaemonConfig, { name, journal, log }: SettlerContext): CommonDaemonOptions {
  const { network, url, tlsCertificate, peerAddress } = config
  return {
    network,
    url,
    journal,
    log,
    ...(peerAddress !== undefined && { address: peerAddress }),
    ...(tlsCertificate !== undefined && {
      tlsCertificate: readSecret(tlsCertificate, `ledger ${name}, tlsCertificate`),
    }),
  }
}

async function report({ kind, network }: LightningLedgerConfig, node: LightningNode): Promise<LedgerReport> {
  const [address, balance, channels] = await Promise.all([node.address(), node.walletSat(), node.channels()])
  return {
    kind,
    network: `bitcoin:${network}`,
    address,
    balance: String(balance),
    balanceScale: SAT_SCALE,
    channels: channels.map(reportChannel),
  }
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
