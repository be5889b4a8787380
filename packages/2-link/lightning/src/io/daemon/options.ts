/** What every node that is run by a daemon is told, and tells. Layer 2, io. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Journal } from '@hourglass/journal'
import type { BitcoinNetwork, NodeAddress, NodeEvent } from '../../node.ts'
import { LightningError } from '../lightning-error.ts'

/** How long a peer has to be reached by `connect`. */
const CONNECT_MS = 10_000
const CONNECT_POLL_MS = 100

export interface DaemonNodeOptions {
  /** The daemon must be on it. */
  readonly network: BitcoinNetwork
  /** Keeps what came in and is not let go of, below `lnd/` or `cln/` and the node's id. */
  readonly journal: Journal
  /** Where its peers reach it. Default: what it announces. */
  readonly address?: Omit<NodeAddress, 'nodeId'>
  /**
   * Where the journal is new: the daemon's index of the last payment that came in and is not for us. Default: what has
   * come in so far is not.
   */
  readonly receiptsFrom?: number
  readonly log?: (message: string) => void
}

/** @throws LightningError `wrong-network` */
export function checkNetwork(daemon: string, actual: string, wanted: BitcoinNetwork): void {
  if (actual === wanted) return
  throw new LightningError('wrong-network', `${daemon} is on ${actual}, and should be on ${wanted}`)
}

/** @throws LightningError `refused` where neither says it */
export function addressOf(
  announced: Omit<NodeAddress, 'nodeId'> | undefined,
  { address }: DaemonNodeOptions,
): Omit<NodeAddress, 'nodeId'> {
  const known = address ?? announced
  if (known !== undefined) return known
  throw new LightningError(
    'refused',
    'the daemon announces no address: say by `address` where peers reach it',
  )
}

/** Whoever wants to hear of a node. */
export class Listeners {
  #listeners: ((event: NodeEvent) => void)[] = []

  readonly tell = (event: NodeEvent): void => {
    for (const listener of this.#listeners) listener(event)
  }

  /** Returns what ends it. */
  add(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.push(listener)
    return () => void (this.#listeners = this.#listeners.filter((each) => each !== listener))
  }

  clear(): void {
    this.#listeners = []
  }
}

/** @throws LightningError `unavailable` where the peer is not there in time */
export async function untilConnected(peerId: string, isConnected: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + CONNECT_MS
  while (!(await isConnected())) {
    if (performance.now() > until) throw new LightningError('unavailable', `no connection to ${peerId}`)
    await sleep(CONNECT_POLL_MS)
  }
}
