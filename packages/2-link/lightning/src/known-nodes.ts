/** The peer's nodes that we may have channels with: durable before anything is opened. Layer 2. */
import type { Effects } from './effects.ts'
import type { NodeAddress } from './node.ts'
import { encodeNode } from './records.ts'

/** A peer that says to have yet another one is not heard. */
export const NODES_MAX = 4

export class KnownNodes {
  readonly #account: string
  readonly #effects: Effects
  readonly #nodes = new Map<string, NodeAddress>()

  constructor(account: string, effects: Effects) {
    this.#account = account
    this.#effects = effects
  }

  restore(nodes: readonly NodeAddress[]): void {
    for (const node of nodes) this.#nodes.set(node.nodeId, node)
  }

  get ids(): string[] {
    return [...this.#nodes.keys()]
  }

  /** Goes on with `then` once the node is known for good; not at all where there are too many. */
  learn(node: NodeAddress, then: () => void): void {
    const { nodeId, host, port } = node
    const known = this.#nodes.get(nodeId)
    if (known?.host === host && known.port === port) return then()
    if (known === undefined && this.#nodes.size >= NODES_MAX) {
      return this.#effects.trace('lightning.too-many-nodes', { nodeId })
    }
    this.#nodes.set(nodeId, node)
    this.#effects.commit([encodeNode(this.#account, node)], then)
  }
}
