/** The embedded node's parts, put together and started. Layer 2, io. */
import type { Journal, JournalRecord } from '@hourglass/journal'
import { equalBytes } from '@hourglass/sansio'
import type { BitcoinNetwork, NodeEvent, PaymentEnd } from '../../node.ts'
import { decodeTransfer } from '../chain/block.ts'
import type { Wallet } from '../wallet/wallet.ts'
import { makeBumper } from './anchor-wallet.ts'
import type { ChainListener } from './chain-follower.ts'
import { CloseGuard } from './close-guard.ts'
import { Closer } from './closer.ts'
import { Commitments } from './commitments.ts'
import { type Engine, openEngine, tipOf } from './engine.ts'
import { makeEventHandler } from './event-handler.ts'
import { INBOUND_LIMITS, type InboundLimits } from './inbound.ts'
import { MonitorStore } from './monitor-store.ts'
import { Payer } from './payer.ts'
import type { PaymentBook } from './payment-book.ts'
import { PeerKeeper } from './peer-keeper.ts'
import type { Publisher } from './publisher.ts'
import { Pump } from './pump.ts'
import { loadLdk } from './runtime.ts'
import { Sockets } from './sockets.ts'
import { type Stores, openStores } from './stores.ts'
import { Sweeper } from './sweeper.ts'
import { Clock } from './clock.ts'

export interface NodeOptions {
  readonly network: BitcoinNetwork
  /** 32 bytes: all keys of the node and its wallet follow from them. Whoever has them has the money. */
  readonly seed: Uint8Array
  /** Of this node alone. What it has told as durable must never be taken back: an old state loses the money. */
  readonly journal: Journal
  /** The chain's JSON-RPC: `http://user:password@host:port`. */
  readonly rpcUrl: string
  /** Where it listens. */
  readonly host: string
  /** 0: one that is free. */
  readonly port: number
  /** The chain is asked for news so often. */
  readonly pollMs: number
  /** Default `INBOUND_LIMITS`. */
  readonly limits?: InboundLimits | undefined
  readonly log: (message: string) => void
}

export interface NodeParts {
  readonly engine: Engine
  readonly stores: Stores
  readonly payer: Payer
  readonly keeper: PeerKeeper
  readonly closer: Closer
  /** Sends transactions that belong together once what has happened up to now is durable. */
  readonly broadcast: (transactions: readonly Uint8Array[]) => void
  readonly pump: Pump
  readonly port: number
  readonly height: () => number
  close(): void
}

/** @throws LightningError */
export async function openParts(options: NodeOptions, tell: (event: NodeEvent) => void): Promise<NodeParts> {
  await loadLdk()
  const { network, seed, journal, log, pollMs, limits = INBOUND_LIMITS } = options
  const records = await journal.load('ldk/')
  const stores = await openStores(options, records)
  const { publisher, wallet, book, fees, follower } = stores
  const { script } = wallet
  const guard = new CloseGuard(journal, log)
  // There is nothing to pump before all of it is there.
  let kick = (): void => undefined
  const monitors = new MonitorStore(() => kick())
  const broadcast = (transactions: readonly Uint8Array[]): void => {
    send(transactions, { publisher, wallet, guard })
    kick()
  }
  const commitments = new Commitments((event) => bumper.handle_event(event))
  for (const part of [guard, commitments]) part.restore(records)
  const engine = await openEngine(
    { network, seed, script, fees, limits, monitors, commitments, follower, broadcast, log, guard },
    records,
  )
  const sockets = new Sockets(engine.peers, () => kick())
  const keeper = new PeerKeeper(engine.peers, sockets)
  const closer = new Closer(engine.manager)
  const sweeper = new Sweeper({ keys: engine.keys, script, send: (raw) => broadcast([raw]) })
  const kept = [keeper, closer, sweeper]
  for (const part of kept) part.restore(records)
  const height = (): number => engine.manager.current_best_block().get_height()
  const payer = new Payer(engine, book)
  const bumper = makeBumper(engine, wallet, height)
  const isWanted = (peerId: string): boolean => keeper.isWanted(peerId)
  const remind = (): void => closer.look()
  const clock = new Clock({ engine, fees, payer, follow: () => follow(), remind, kick: () => kick(), pollMs })
  const handler = makeEventHandler({
    ...{ engine, wallet, fees, book, publisher, sweeper, commitments, limits, isWanted, height, log },
    tell: (event) => pump.after(() => tell(event)),
    ended: (hash, end) => ended(hash, end, { pump, payer, book }),
    forward: () => pump.forward(),
  })
  const takeChanges = (): JournalRecord[] =>
    [monitors, stores, commitments, ...kept].flatMap((part) => part.takeChanges())
  const takeTransactions = (): (() => void) | undefined => publisher.takeTransactions()
  const pump = new Pump({ engine, handler, sockets, journal, takeChanges, takeTransactions })
  kick = () => pump.kick()
  let isClosed = false
  const follow = makeFollow({
    engine,
    stores,
    monitors,
    commitments,
    sweeper,
    guard,
    kick,
    isOver: () => isClosed,
  })

  await follow()
  await new Promise<void>((resolve) => pump.after(resolve))
  const port = await sockets.listen(options.host, options.port)
  clock.start(log)
  return {
    ...{ engine, stores, payer, keeper, closer, broadcast, pump, port, height },
    close() {
      isClosed = true
      // What was told is durable; what was not never happened.
      for (const part of [clock, keeper, pump]) part.stop()
      sockets.close()
    },
  }
}

interface Followers {
  readonly engine: Engine
  readonly stores: Stores
  readonly monitors: MonitorStore
  readonly commitments: Commitments
  readonly sweeper: Sweeper
  readonly guard: CloseGuard
  readonly kick: () => void
  readonly isOver: () => boolean
}

/** Leads all who need the chain to its newest block, and does then what is to be done at each. */
function makeFollow(followers: Followers): () => Promise<void> {
  const { stores, commitments, sweeper, guard, kick, isOver } = followers
  const { follower, fees, publisher } = stores
  const listener = chainListener(followers)
  let isFirst = true
  return async () => {
    const before = listener.tip().hash
    await follower.lead(listener, isOver)
    const { hash, height } = listener.tip()
    if (isOver() || (hash === before && !isFirst)) return
    await fees.refresh()
    if (isOver()) return
    publisher.synced(height, fees.urgentFeeRate)
    sweeper.sweep(height, fees.feeRate)
    if (!isFirst) guard.trust()
    isFirst = false
    commitments.synced(height, fees.urgentFeeRate)
    kick()
  }
}

/** Transactions that LDK wants on the chain: it forgets those that concern our wallet. */
function send(
  transactions: readonly Uint8Array[],
  { publisher, wallet, guard }: { publisher: Publisher; wallet: Wallet; guard: CloseGuard },
): void {
  const transfers = transactions.map(decodeTransfer)
  if (transfers.some((transfer) => guard.refuses(transfer) || publisher.isFutile(transfer))) return
  publisher.publish(transactions)
  transfers.forEach(({ inputs, outputs }, i) => {
    const spends = inputs.some((input) => wallet.coins.owns(input))
    const pays = outputs.some((output) => equalBytes(output.script, wallet.script))
    if (spends || pays) publisher.keep(transactions[i]!)
  })
}

/** A payment of ours has ended; LDK may tell it again later. */
function ended(
  hash: string,
  end: PaymentEnd,
  { pump, payer, book }: { pump: Pump; payer: Payer; book: PaymentBook },
): void {
  if (!payer.isUnderWay(hash)) return
  book.ended(hash, end)
  const told = payer.ended(hash)
  pump.after(() => told.forEach((tell) => tell(end)))
}

/** Monitors, manager, wallet and its transactions see each block together: they are committed together. */
function chainListener({ engine, stores, monitors, commitments }: Followers): ChainListener {
  const { manager, chainMonitor } = engine
  const { wallet, publisher, book } = stores
  const [ofManager, ofMonitors] = [manager.as_Listen(), chainMonitor.as_Listen()]
  return {
    tip: () => tipOf(manager.current_best_block()),
    connect({ raw, transactions, transfers }, height) {
      ofMonitors.block_connected(raw, height)
      ofManager.block_connected(raw, height)
      wallet.coins.connect(transfers, height)
      // Whoever else should send it again may be away.
      transfers.forEach(({ txid }, i) => monitors.isFunding(txid) && publisher.keep(transactions[i]!))
      publisher.connect(transfers, height)
      commitments.connect(transfers, height)
      book.expire(height)
    },
    disconnect(header, _parent, height) {
      ofMonitors.block_disconnected(header, height)
      ofManager.block_disconnected(header, height)
      wallet.coins.disconnect(height)
      publisher.disconnect(height)
      commitments.disconnect(height)
    },
  }
}
