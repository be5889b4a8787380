/**
 * The people who run nodes: they decide what no machine can, and tell each other. Testing.
 * A wallet's owner knows what it fulfilled; of a cheat's packets nobody believes anything; and where a node has
 * forgotten what became of a packet, its operator tells the operator of the node before it.
 */
import type { Hold } from '@hourglass/books'
import type { Decision } from '@hourglass/connector'
import { equalBytes } from '@hourglass/sansio'
import type { Chance } from './chance.ts'
import type { Network } from './network.ts'
import type { NodeHost } from './node-host.ts'

/** A node's hold that has ended by hand, and what the node before it is to make of its own. */
interface News {
  readonly node: NodeHost
  readonly hold: Hold
  readonly decision: Decision
}

export class Operators {
  readonly #network: Network
  readonly #chance: Chance
  #news: News[] = []

  constructor(network: Network, chance: Chance) {
    this.#network = network
    this.#chance = chance
  }

  /** Ends what waits for peers that cannot tell. */
  decide(): void {
    for (const node of this.#nodes()) {
      for (const hold of holdsOf(node)) {
        const decision = this.#judge(hold)
        if (decision !== undefined) this.#end(node, hold, decision)
      }
    }
  }

  /** Passes on what is known by now to whoever waits still; false where there was nothing to pass on. */
  tell(): boolean {
    const news = this.#news
    this.#news = []
    for (const { node, hold, decision } of news) {
      const before = this.#network.nodes.get(hold.source.id)
      const waiting = before && holdsOf(before).find((other) => isSamePacket(other, hold, node))
      const isForgotten = hold.incomingExpiresAt <= hold.source.forgottenUntil
      if (before !== undefined && waiting !== undefined && isForgotten) this.#end(before, waiting, decision)
    }
    return this.#news.length > 0
  }

  #nodes(): NodeHost[] {
    return [...this.#network.nodes.values()]
  }

  #end(node: NodeHost, hold: Hold, decision: Decision): void {
    // Who was told that nothing was paid is not charged, and who pays of its own will charges nobody.
    const isCharged = decision.outcome === 'post' && hold.state !== 'given-up'
    this.#news.push({ node, hold, decision: isCharged ? decision : { outcome: 'void' } })
    node.push({ kind: 'decide', hold: hold.id, ...decision })
  }

  /** What is known of a packet to a peer that does not reconcile, or that cannot be believed. */
  #judge({ destination, outgoingAmount, executionCondition }: Hold): Decision | undefined {
    const wallet = this.#network.wallets.get(destination.id)
    const fulfillment = wallet?.receiver.fulfillmentOf(executionCondition)
    // A cheat may have sent the same packet twice: the wallet's own sum tells whether this one was fulfilled too.
    const isOwed = wallet !== undefined && destination.outgoing + outgoingAmount <= wallet.view.incoming
    if (fulfillment !== undefined && isOwed) {
      return this.#chance.happens(0.5) ? { outcome: 'post', fulfillment } : { outcome: 'pay' }
    }
    const isCheat = this.#network.nodes.get(destination.id)?.cheat !== undefined
    return wallet !== undefined || isCheat ? { outcome: 'void' } : undefined
  }
}

function holdsOf({ process }: NodeHost): Hold[] {
  return [...(process?.node.connector.books.holds.values() ?? [])]
}

/** Whether `before` is what the packet of `hold` was on its way to `node`. */
function isSamePacket(before: Hold, hold: Hold, node: NodeHost): boolean {
  return (
    before.destination.id === node.name &&
    before.outgoingAmount === hold.incomingAmount &&
    before.outgoingExpiresAt === hold.incomingExpiresAt &&
    equalBytes(before.executionCondition, hold.executionCondition)
  )
}
