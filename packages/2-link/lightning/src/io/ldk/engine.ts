/**
 * LDK's objects, wired together. Layer 2, io.
 * They are made anew or read from the journal, brought to the chain's newest block, and then work as one.
 */
import { randomBytes } from 'node:crypto'
import {
  BestBlock,
  BroadcasterInterface,
  ChainMonitor,
  ChainParameters,
  type ChannelDetails,
  ChannelManager,
  type ChannelMonitor,
  ChannelShutdownState,
  DefaultMessageRouter,
  DefaultRouter,
  IgnoringMessageHandler,
  KeysManager,
  type Logger,
  MultiThreadedLockableScore,
  NetworkGraph,
  Option_ChannelShutdownStateZ_Some as ShutdownState,
  Option_FilterZ as MaybeFilter,
  Option_UtxoLookupZ as MaybeLookup,
  P2PGossipSync,
  PeerManager,
  ProbabilisticScorer,
  ProbabilisticScoringDecayParameters,
  ProbabilisticScoringFeeParameters,
  Result_C2Tuple_ThirtyTwoBytesChannelManagerZDecodeErrorZ_OK as ManagerRead,
  type SignerProvider,
  TwoTuple_usizeTransactionZ as Placed,
  UtilMethods,
} from 'lightningdevkit'
import type { StoredRecord } from '@hourglass/journal'
import type { BitcoinNetwork } from '../../node.ts'
import { reversed } from '../chain/hash.ts'
import { LightningError } from '../lightning-error.ts'
import type { ChainFollower, ChainListener, Tip } from './chain-follower.ts'
import type { ChannelSpends } from './channel-spends.ts'
import type { CloseGuard } from './close-guard.ts'
import type { Fees } from './fees.ts'
import type { InboundLimits } from './inbound.ts'
import type { MonitorStore } from './monitor-store.ts'
import { makeLogger } from './runtime.ts'
import { LDK_NETWORKS, makeSettings } from './settings.ts'
import { makeSigner } from './signer.ts'

export const MANAGER_KEY = 'ldk/manager'

export interface EngineOptions {
  readonly network: BitcoinNetwork
  /** 32 bytes. */
  readonly seed: Uint8Array
  readonly fees: Fees
  readonly limits: InboundLimits
  readonly monitors: MonitorStore
  readonly spends: ChannelSpends
  readonly follower: ChainFollower
  /** Of the wallet: channels that are closed by agreement pay to it. */
  readonly script: Uint8Array
  /** What LDK wants on the chain; several belong together, parents first. */
  readonly broadcast: (transactions: readonly Uint8Array[]) => void
  readonly log: (message: string) => void
  /** Hears what LDK has to say, of a channel, and knows which are to be given up. */
  readonly guard: CloseGuard
}

export interface Engine {
  readonly manager: ChannelManager
  readonly chainMonitor: ChainMonitor
  readonly peers: PeerManager
  readonly keys: KeysManager
  readonly signer: SignerProvider
  readonly logger: Logger
  readonly broadcaster: BroadcasterInterface
}

/** @throws LightningError `bad-state` | `unavailable` */
export async function openEngine(options: EngineOptions, records: readonly StoredRecord[]): Promise<Engine> {
  const parts = makeParts(options)
  const stored = records.find(({ key }) => key === MANAGER_KEY)
  let manager: ChannelManager
  if (stored === undefined) manager = await newManager(options, parts)
  else {
    const { keys, signer, broadcaster, logger } = parts
    const tools = { keys, signer, broadcaster, logger, fees: options.fees.estimator }
    const monitors = options.monitors.restore(records, tools)
    manager = readManager(options, parts, { bytes: stored.value, monitors })
    // Each knows the chain up to where it was committed; they must agree before one sees the others.
    for (const monitor of monitors) {
      await options.follower.lead(monitorListener(monitor, parts, options))
      // What it knows already it does not do twice.
      if (options.spends.isOwed(monitor))
        monitor.broadcast_latest_holder_commitment_txn(broadcaster, options.fees.estimator, logger)
      const isWatched = parts.chainMonitor
        .as_Watch()
        .watch_channel(monitor.get_funding_txo().get_a(), monitor)
      if (!isWatched.is_ok()) throw new LightningError('bad-state', 'a channel is there twice')
    }
  }
  options.guard.giveUp(manager)
  return { ...parts, manager, peers: makePeers(manager, parts) }
}

type Parts = ReturnType<typeof makeParts>

function makeParts(options: EngineOptions) {
  const { network, seed, script, fees, limits, monitors, broadcast, log, guard } = options
  const logger = makeLogger((record) => {
    const message = record.get_args()
    guard.hear(message, () => record.get_channel_id())
    log(`${record.get_module_path()}: ${message}`)
  })
  const broadcaster = BroadcasterInterface.new_impl({ broadcast_transactions: broadcast })
  const [seconds, nanoseconds] = [
    BigInt(Math.floor(Date.now() / 1000)),
    Number(process.hrtime.bigint() % NANO),
  ]
  const keys = KeysManager.constructor_new(seed, seconds, nanoseconds)
  const signer = makeSigner(keys, script)
  const noFilter = MaybeFilter.constructor_none()
  const chainMonitor = ChainMonitor.constructor_new(
    noFilter,
    broadcaster,
    logger,
    fees.estimator,
    monitors.persist,
  )
  const graph = NetworkGraph.constructor_new(LDK_NETWORKS[network], logger)
  const decay = ProbabilisticScoringDecayParameters.constructor_default()
  const scorer = ProbabilisticScorer.constructor_new(decay, graph, logger)
  const score = MultiThreadedLockableScore.constructor_new(scorer.as_Score())
  const router = DefaultRouter.constructor_new(
    graph,
    logger,
    keys.as_EntropySource(),
    score.as_LockableScore(),
    ProbabilisticScoringFeeParameters.constructor_default(),
  )
  const messageRouter = DefaultMessageRouter.constructor_new(graph, keys.as_EntropySource())
  return {
    logger,
    broadcaster,
    keys,
    signer,
    chainMonitor,
    graph,
    router,
    messageRouter,
    settings: makeSettings(network, limits),
  }
}

const NANO = 1_000_000_000n

async function newManager({ network, follower, fees }: EngineOptions, parts: Parts): Promise<ChannelManager> {
  const { chainMonitor, broadcaster, router, messageRouter, logger, keys, signer, settings } = parts
  const { hash, height } = await follower.newest()
  const best = BestBlock.constructor_new(reversed(hash), height)
  return ChannelManager.constructor_new(
    fees.estimator,
    chainMonitor.as_Watch(),
    broadcaster,
    router.as_Router(),
    messageRouter.as_MessageRouter(),
    logger,
    keys.as_EntropySource(),
    keys.as_NodeSigner(),
    signer,
    settings,
    ChainParameters.constructor_new(LDK_NETWORKS[network], best),
    Math.floor(Date.now() / 1000),
  )
}

function readManager(
  { fees }: EngineOptions,
  parts: Parts,
  { bytes, monitors }: { bytes: Uint8Array; monitors: ChannelMonitor[] },
): ChannelManager {
  const { chainMonitor, broadcaster, router, messageRouter, logger, keys, signer, settings } = parts
  const read = UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelManagerZ_read(
    bytes,
    keys.as_EntropySource(),
    keys.as_NodeSigner(),
    signer,
    fees.estimator,
    chainMonitor.as_Watch(),
    broadcaster,
    router.as_Router(),
    messageRouter.as_MessageRouter(),
    logger,
    settings,
    monitors,
  )
  if (!(read instanceof ManagerRead)) {
    throw new LightningError('bad-state', 'the channel manager cannot be read')
  }
  return read.res.get_b()
}

function makePeers(manager: ChannelManager, { graph, logger, keys }: Parts): PeerManager {
  const gossip = P2PGossipSync.constructor_new(graph, MaybeLookup.constructor_none(), logger)
  const ignoring = IgnoringMessageHandler.constructor_new()
  return PeerManager.constructor_new(
    manager.as_ChannelMessageHandler(),
    gossip.as_RoutingMessageHandler(),
    ignoring.as_OnionMessageHandler(),
    ignoring.as_CustomMessageHandler(),
    Math.floor(Date.now() / 1000),
    randomBytes(32),
    logger,
    keys.as_NodeSigner(),
  )
}

function monitorListener(
  monitor: ChannelMonitor,
  { broadcaster, logger }: Parts,
  { fees: { estimator }, spends }: EngineOptions,
): ChainListener {
  return {
    tip: () => tipOf(monitor.current_best_block()),
    connect({ header, transactions, transfers }, height) {
      const placed = transactions.map((raw, position) => Placed.constructor_new(position, raw))
      monitor.block_connected(header, placed, height, broadcaster, estimator, logger)
      spends.connect(transfers, height)
    },
    disconnect(header, _parent, height) {
      monitor.block_disconnected(header, height, broadcaster, estimator, logger)
      spends.disconnect(height)
    },
  }
}

export function tipOf(best: BestBlock): Tip {
  return {
    hash: Buffer.from(best.get_block_hash()).reverse().toString('hex'),
    height: best.get_height(),
  }
}

const { LDKChannelShutdownState_NotShuttingDown: NOT_CLOSING } = ChannelShutdownState

export function isClosing(channel: ChannelDetails): boolean {
  const state = channel.get_channel_shutdown_state()
  return state instanceof ShutdownState && state.some !== NOT_CLOSING
}
