/**
 * The end of a peering: all channels with the peer's nodes are closed, by agreement as long as our patience lasts, then
 * by force; where none is left, the connection goes too. Layer 2.
 */
import { Pause } from '@hourglass/link'
import type { Instant } from '@hourglass/sansio'
import type { Effects } from './effects.ts'
import { openOnes } from './liquidity.ts'
import type { ChannelInfo } from './node.ts'
import type { Liquidity } from './session.ts'

/** How long a peer has to agree to a close, from the end of the peering on. */
export const CLOSE_PATIENCE_MS = 3_600_000
/** A close is asked for again, and an empty peer is left, after that long. */
const CLOSE_MS = 1000
const CLOSE_MS_MAX = 60_000

export class Ending {
  readonly #effects: Effects
  readonly #patienceMs: number
  #endedAt: Instant | undefined
  /** Nodes of the peer that are not left, and what was reported of them last. */
  readonly #nodes = new Map<string, readonly ChannelInfo[] | undefined>()
  readonly #pause = new Pause(CLOSE_MS, CLOSE_MS_MAX)

  constructor(effects: Effects, patienceMs: number = CLOSE_PATIENCE_MS) {
    this.#effects = effects
    this.#patienceMs = patienceMs
  }

  get hasBegun(): boolean {
    return this.#endedAt !== undefined
  }

  /** No channel is left with any of the peer's nodes, and we have left them. */
  get isDone(): boolean {
    return this.hasBegun && this.#nodes.size === 0
  }

  begin(endedAt: Instant, nodeIds: Iterable<string>): void {
    this.#endedAt = endedAt
    for (const nodeId of nodeIds) this.#watch(nodeId)
  }

  /** Also where a channel turns up that was being opened when the end came. */
  observe({ peerId, channels }: Liquidity): void {
    if (!this.hasBegun) return
    const isNews = this.#nodes.get(peerId) === undefined && channels.length > 0
    if (!this.#nodes.has(peerId) && !isNews) return
    this.#nodes.set(peerId, channels)
    if (isNews) this.#close(peerId, channels)
    this.#wait()
  }

  nextTimeout(): Instant | undefined {
    return this.#pause.until
  }

  timeout(): void {
    if (!this.#pause.pass(this.#effects.now)) return
    for (const [nodeId, channels] of this.#nodes) {
      if (channels === undefined) this.#effects.perform({ kind: 'inspect', peerId: nodeId })
      else if (channels.length === 0) this.#leave(nodeId)
      else this.#close(nodeId, channels)
    }
    this.#wait()
  }

  #watch(nodeId: string): void {
    this.#nodes.set(nodeId, undefined)
    this.#effects.perform({ kind: 'inspect', peerId: nodeId })
    this.#wait()
  }

  #wait(): void {
    if (this.#nodes.size > 0 && this.#pause.until === undefined) this.#pause.begin(this.#effects.now)
  }

  /** Nothing is left with that node: it has no business with us any more. */
  #leave(peerId: string): void {
    this.#nodes.delete(peerId)
    this.#effects.trace('lightning.left', { peerId })
    this.#effects.perform({ kind: 'leave', peerId })
  }

  #close(peerId: string, channels: readonly ChannelInfo[]): void {
    const isForced = this.#effects.now >= this.#endedAt! + this.#patienceMs
    const channelIds = (isForced ? channels : openOnes(channels)).map(({ channelId }) => channelId)
    this.#effects.trace('lightning.closing', { peerId, channels: channels.length, isForced })
    this.#effects.perform({ kind: 'close', peerId, channelIds, isForced })
  }
}
