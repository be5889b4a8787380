/** The embedded node's parts, put together and started. Layer 2, io. */
import type { Journal, JournalRecord } from '@hourglass/journal'
import type { BitcoinNetwork, NodeEvent, PaymentEnd } from '../../node.ts'
import { decodeTransfer } from '../chain/block.ts'
import type { Wallet } from '../wallet/wallet.ts'
import { makeBumper } from './anchor-wallet.ts'
import type { ChainListener } from './chain-follower.ts'
import { type Engine, openEngine, tipOf } from './engine.ts'
import { makeEventHandler } from './event-handler.ts'
import { MonitorStore } from './monitor-store.ts'
import { Payer } from './payer.ts'
import type { PaymentBook } from './payment-book.ts'
import { PeerKeeper } from './peer-keeper.ts'
import type { Publisher } from './publisher.ts'
import { Pump } from './pump.ts'
import { loadLdk } from './runtime.ts'
import { Sockets } from './sockets.ts'
import { openStores } from './stores.ts'
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
  readonly log: (message: string) => void
}

export interface NodeParts {
  readonly engine: Engine
  readonly wallet: Wallet
  readonly book: PaymentBook
  readonly payer: Payer
  readonly keeper: PeerKeeper
  readonly pump: Pump
  readonly port: number
  readonly height: () => number
  close(): void
}

/** @throws LightningError */
export async function openParts(options: NodeOptions, tell: (event: NodeEvent) => void): Promise<NodeParts> {
  await loadLdk()
  const { network, seed, journal, log, pollMs } = options
  const records = await journal.load('ldk/')
  const stores = await openStores(options, records)
  const { publisher, wallet, book, fees, follower } = stores
  // There is nothing to pump before all of it is there.
  let kick = (): void => undefined
  const monitors = new MonitorStore(() => kick())
  const broadcast = (transactions: readonly Uint8Array[]): void => {
    for (const raw of transactions) publish(publisher, wallet, raw)
    kick()
  }
  const engine = await openEngine({ network, seed, fees, monitors, follower, broadcast, log }, records)
  const sockets = new Sockets(engine.peers, () => kick())
  const keeper = new PeerKeeper(engine.peers, sockets)
  keeper.restore(records)
  const height = (): number => engine.manager.current_best_block().get_height()
  const payer = new Payer(engine, book)
  const bumper = makeBumper(engine, wallet, height)

  const listener = chainListener(engine, { wallet, publisher })
  const clock = new Clock({ engine, fees, payer, follow: () => follow(), kick: () => kick(), pollMs })
  const handler = makeEventHandler({
    ...{ engine, wallet, fees, book, publisher, bumper, height, log },
    tell: (event) => pump.after(() => tell(event)),
    ended: (hash, end) => ended(hash, end, { pump, payer, book }),
    forward: () => pump.forward(),
  })
  const takeChanges = (): JournalRecord[] => [monitors, keeper, stores].flatMap((part) => part.takeChanges())
  const takeTransactions = (): (() => void) | undefined => publisher.takeTransactions()
  const pump = new Pump({ engine, handler, sockets, journal, takeChanges, takeTransactions })
  kick = () => pump.kick()
  let isClosed = false
  const follow = async (): Promise<void> => follower.lead(listener, () => isClosed).then(kick)

  await follow()
  await new Promise<void>((resolve) => pump.after(resolve))
  const port = await sockets.listen(options.host, options.port)
  clock.start(log)
  return {
    ...{ engine, wallet, book, payer, keeper, pump, port, height },
    close() {
      isClosed = true
      // What was told is durable; what was not never happened.
      for (const part of [clock, keeper, pump]) part.stop()
      sockets.close()
    },
  }
}

/** A transaction that LDK wants on the chain: it forgets those that spend our coins. */
function publish(publisher: Publisher, wallet: Wallet, raw: Uint8Array): void {
  const { inputs } = decodeTransfer(raw)
  if (inputs.some((input) => wallet.coins.owns(input))) publisher.keep(raw)
  else publisher.publish([raw])
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
function chainListener(
  { manager, chainMonitor }: Engine,
  { wallet, publisher }: { wallet: Wallet; publisher: Publisher },
): ChainListener {
  const [ofManager, ofMonitors] = [manager.as_Listen(), chainMonitor.as_Listen()]
  return {
    tip: () => tipOf(manager.current_best_block()),
    connect({ raw, transfers }, height) {
      ofMonitors.block_connected(raw, height)
      ofManager.block_connected(raw, height)
      wallet.coins.connect(transfers, height)
      publisher.connect(transfers, height)
    },
    disconnect(header, _parent, height) {
      ofMonitors.block_disconnected(header, height)
      ofManager.block_disconnected(header, height)
      wallet.coins.disconnect(height)
      publisher.disconnect(height)
    },
  }
}
