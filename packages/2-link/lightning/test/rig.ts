/** A chain, and Lightning nodes on it whose processes come and go. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type BitcoinRegtest, startBitcoinRegtest } from '@hourglass/bitcoin-regtest'
import type { CustomRecord, LightningNode, NodeEvent, PaymentEnd } from '@hourglass/lightning'
import { type LdkOptions, type LdkProcess, openLdkNode } from '@hourglass/lightning/io'

/** Time for messages to go round. */
export const BREATH_MS = 10
const POLL_MS = 20
/** What each wallet has to begin with. */
export const FUNDS_SAT = 20_000_000n
/** So many at once, where nothing waits: less than any payment has to be claimed. */
export const QUIET_BLOCKS = 12
export const CAPACITY_SAT = 5_000_000n

/** A node of any kind, and what it has told. */
export interface Peer {
  readonly node: LightningNode
  readonly events: NodeEvent[]
}

export interface Party extends Peer {
  readonly node: LdkProcess
}

export class Rig {
  readonly chain: BitcoinRegtest
  readonly logs: string[] = []
  readonly #directory = mkdtempSync(join(tmpdir(), 'lightning-'))
  readonly #nodes: LightningNode[] = []
  readonly #seeds = new Map<string, Uint8Array>()
  readonly #ends: (() => Promise<void>)[] = []

  static async start(): Promise<Rig> {
    return new Rig(await startBitcoinRegtest())
  }

  private constructor(chain: BitcoinRegtest) {
    this.chain = chain
  }

  /** A node; the same one again where it has the same name. */
  async open(name: string, options: Partial<LdkOptions> = {}): Promise<Party> {
    const seed = this.#seeds.get(name) ?? randomBytes(32)
    this.#seeds.set(name, seed)
    const node = await openLdkNode({
      ...{ network: 'regtest', seed, file: this.file(name), durability: 'process' },
      ...{ rpcUrl: this.chain.url, host: '127.0.0.1', port: 0, pollMs: POLL_MS },
      log: (message) => this.logs.push(`${name}: ${message}`),
      ...options,
    })
    this.#nodes.push(node)
    const events: NodeEvent[] = []
    node.listen((event) => events.push(event))
    return { node, events }
  }

  /** A file that is gone with the rig. */
  file(name: string): string {
    return join(this.#directory, name)
  }

  /** The last one first, when the rig stops. */
  atEnd(end: () => Promise<void>): void {
    this.#ends.unshift(end)
  }

  async fund(...parties: Peer[]): Promise<void> {
    for (const { node } of parties) await this.chain.fund(await node.address(), FUNDS_SAT)
    for (const { node } of parties) await this.until(async () => (await node.walletSat()) >= FUNDS_SAT)
  }

  /** A channel of `from`, with money on both sides, usable on both. */
  async openChannel(from: Peer, to: Peer, pushMsat = (CAPACITY_SAT * 1000n) / 2n): Promise<void> {
    const address = await to.node.info()
    const own = await from.node.info()
    // A node takes channels of those alone whom it was told of.
    await from.node.connect(address)
    await to.node.connect(own)
    await from.node.openChannel({ peerId: address.nodeId, capacitySat: CAPACITY_SAT, pushMsat })
    await this.mineUntil(() => areUsable(from, to))
  }

  /** Ends its process at once; another one follows. */
  async kill({ node, events }: Party): Promise<void> {
    const before = timesAvailable(events)
    process.kill(node.pid!, 'SIGKILL')
    await this.until(() => timesAvailable(events) > before)
  }

  async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isSo())) await wait(BREATH_MS)
  }

  /** Blocks, one after the other, until it is so; the nodes that are there see each before the next one comes. */
  async mineUntil(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isSo())) {
      await wait(5 * BREATH_MS)
      await this.mine()
    }
  }

  /** Blocks that the nodes have seen. */
  async mine(blocks = 1): Promise<void> {
    await this.chain.mine(blocks)
    const height = await this.chain.height()
    const hasSeen = async (node: LightningNode): Promise<boolean> => {
      const info = await node.info().catch(() => undefined)
      return info === undefined || info.height >= height
    }
    for (const node of this.#nodes) await this.until(() => hasSeen(node))
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) await end()
    await Promise.all(this.#nodes.map((node) => node.close()))
    await this.chain.stop()
    await rm(this.#directory, { recursive: true })
  }
}

export function timesAvailable(events: readonly NodeEvent[]): number {
  return events.filter(({ kind }) => kind === 'available').length
}

export async function areUsable(from: Peer, to: Peer): Promise<boolean> {
  const [own, other] = [await from.node.info(), await to.node.info()]
  return (await isUsable(from, other.nodeId)) && isUsable(to, own.nodeId)
}

export async function isUsable({ node }: Peer, peerId: string): Promise<boolean> {
  return (await node.channels()).some((channel) => channel.peerId === peerId && channel.isUsable)
}

/** What a side has in its channels to send. */
export async function outboundMsat({ node }: Peer): Promise<bigint> {
  return (await node.channels()).reduce((sum, channel) => sum + channel.outboundMsat, 0n)
}

export function sha256(data: Uint8Array): Uint8Array {
  return createHash('sha256').update(data).digest()
}

export async function keysend(
  from: Peer,
  to: Peer,
  amountMsat: bigint,
  records: readonly CustomRecord[] = [],
): Promise<PaymentEnd> {
  const { nodeId } = await to.node.info()
  return from.node.keysend({ nodeId, amountMsat, preimage: randomBytes(32), records })
}
