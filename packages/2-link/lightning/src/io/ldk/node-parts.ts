/** The embedded node's parts, put together and started. Layer 2, io. */
import type { Journal, JournalRecord } from '@hourglass/journal'
import type { BitcoinNetwork, NodeEvent, PaymentEnd } from '../../node.ts'
import { makeBumper } from './anchor-wallet.ts'
import type { ChainListener } from './chain-follower.ts'
import { ChannelSpends } from './channel-spends.ts'
import { CloseGuard } from './close-guard.ts'
import { Closer } from './closer.ts'
import { type Engine, openEngine, tipOf } from './engine.ts'
import { makeEventHandler } from './event-handler.ts'
import { INBOUND_LIMITS, type InboundLimits } from './inbound.ts'
import { MonitorStore } from './monitor-store.ts'
import { OwedAnswers } from './owed-answers.ts'
import { Payer } from './payer.ts'
import type { PaymentBook } from './payment-book.ts'
import { PeerKeeper } from './peer-keeper.ts'
import { Pump } from './pump.ts'
import { loadLdk } from './runtime.ts'
import { send } from './send.ts'
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
  const owed = new OwedAnswers()
  const monitors = new MonitorStore(() => kick(), owed)
  const broadcast = (transactions: readonly Uint8Array[]): void => {
    send(transactions, { publisher, wallet, guard, spends })
    kick()
  }
  const spends = new ChannelSpends({
    bump: (event) => bumper.handle_event(event),
    send: (raw) => broadcast([raw]),
    owns: (coin) => wallet.coins.owns(coin),
  })
  for (const part of [guard, spends]) part.restore(records)
  const engine = await openEngine(
    { network, seed, script, fees, limits, monitors, spends, follower, broadcast, log, guard },
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
  const clock = new Clock({
    ...{ engine, fees, owed, keeper, closer, pollMs },
    ...{ follow: () => follow(), kick: () => kick() },
  })
  const handle = makeEventHandler({
    ...{ engine, wallet, fees, book, publisher, sweeper, spends, limits, keeper, height, log },
    tell: (event) => pump.after(() => tell(event)),
    ended(hash, end) {
      ended(hash, end, { pump, payer, book })
      clock.paymentEnded()
    },
    forward: () => pump.forward(),
  })
  const changing = [monitors, stores, spends, ...kept]
  const takeChanges = (): JournalRecord[] => changing.flatMap((part) => part.takeChanges())
  const takeTransactions = (): (() => void) | undefined => publisher.takeTransactions()
  const pump = new Pump({ engine, handle, sockets, journal, takeChanges, takeTransactions })
  kick = () => pump.kick()
  let isClosed = false
  const follow = makeFollow({ engine, stores, monitors, spends, sweeper, guard }, kick, () => isClosed)

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
  readonly spends: ChannelSpends
  readonly sweeper: Sweeper
  readonly guard: CloseGuard
}

/** Leads all who need the chain to its newest block, and does then what is to be done at each. */
function makeFollow(followers: Followers, kick: () => void, isOver: () => boolean): () => Promise<void> {
  const { stores, spends, sweeper, guard } = followers
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
    spends.synced(height, fees.urgentFeeRate)
    kick()
  }
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
function chainListener({ engine, stores, monitors, spends }: Followers): ChainListener {
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
      spends.connect(transfers, height)
      book.expire(height)
    },
    disconnect(header, _parent, height) {
      ofMonitors.block_disconnected(header, height)
      ofManager.block_disconnected(header, height)
      wallet.coins.disconnect(height)
      publisher.disconnect(height)
      spends.disconnect(height)
    },
  }
}
