/** What we ask a node, by the names that Bitcoin Core gave it. Layer 1, io. */
import { encodeHex } from '@hourglass/oer'
import { HEADER_BYTES } from '../block.ts'
import type { Market } from '../fees.ts'
import type { Header } from '../header-chain.ts'
import { NETWORKS, type Network } from '../network.ts'
import { BitcoinError, NodeError } from './errors.ts'
import { Rpc, type RpcOptions } from './rpc.ts'

export interface BroadcastAnswer {
  /** Why the node did not take it; undefined: it did. */
  readonly objection: string | undefined
  /** It might, for more. */
  readonly isUnderpriced: boolean
}

export class BitcoinNode {
  readonly #rpc: Rpc

  /** @throws UsageError where the URL is not one of HTTP */
  constructor(options: RpcOptions) {
    this.#rpc = new Rpc(options)
  }

  /** @throws BitcoinError `wrong-network` | `unreachable` | `unauthorized` */
  async checkNetwork(network: Network, patienceMs: number): Promise<void> {
    const { chain } = (await this.#rpc.call('getblockchaininfo', [], patienceMs)) as { chain?: unknown }
    if (NETWORKS[network].chains.some((name) => name === chain)) return
    const found = typeof chain === 'string' ? chain : 'an unknown one'
    throw new BitcoinError(
      'wrong-network',
      `the node at ${this.#rpc.origin} is part of ${found}, not ${network}`,
    )
  }

  async height(): Promise<number> {
    const height = await this.#rpc.call('getblockcount')
    return Number.isSafeInteger(height) ? (height as number) : nonsense('getblockcount')
  }

  async bestHash(): Promise<string> {
    return hashIn(await this.#rpc.call('getbestblockhash'), 'getbestblockhash')
  }

  /** Undefined: the chain is not as long. */
  async hashAt(height: number): Promise<string | undefined> {
    try {
      return hashIn(await this.#rpc.call('getblockhash', [height]), 'getblockhash')
    } catch (error) {
      if (error instanceof NodeError && error.code === OUT_OF_RANGE) return undefined
      throw error
    }
  }

  /** @throws NodeError where there is no such block */
  async headerAt(height: number): Promise<Header> {
    const hash = hashIn(await this.#rpc.call('getblockhash', [height]), 'getblockhash')
    const bytes = bytesIn(await this.#rpc.call('getblockheader', [hash, false]), 'getblockheader')
    return bytes.length === HEADER_BYTES ? { height, hash, bytes } : nonsense('getblockheader')
  }

  /** The whole block as it travels. */
  async block(hash: string): Promise<Uint8Array> {
    const bytes = bytesIn(await this.#rpc.call('getblock', [hash, 0]), 'getblock')
    return bytes.length > HEADER_BYTES ? bytes : nonsense('getblock')
  }

  /** What gets a transaction into one of the next `blocks` blocks. */
  async market(blocks: number): Promise<Market> {
    const [estimate, info] = await Promise.all([
      this.#rpc.call('estimatesmartfee', [blocks]),
      this.#rpc.call('getmempoolinfo'),
    ])
    const minimum = rateIn((info as { mempoolminfee?: unknown }).mempoolminfee)
    return { estimate: rateIn((estimate as { feerate?: unknown }).feerate), minimum: minimum ?? 1n }
  }

  async broadcast(raw: Uint8Array): Promise<BroadcastAnswer> {
    try {
      await this.#rpc.call('sendrawtransaction', [encodeHex(raw)])
    } catch (error) {
      if (!(error instanceof NodeError)) throw error
      if (error.code === IN_CHAIN) return { objection: undefined, isUnderpriced: false }
      return { objection: error.message, isUnderpriced: UNDERPRICED.test(error.message) }
    }
    return { objection: undefined, isUnderpriced: false }
  }

  close(): void {
    this.#rpc.close()
  }
}

/** Core's codes. */
const OUT_OF_RANGE = -8
const IN_CHAIN = -27
/** Core has one code for everything that its mempool refuses. */
const UNDERPRICED = /fee not met|insufficient fee|mempool full/

function hashIn(answer: unknown, method: string): string {
  return typeof answer === 'string' && /^[0-9a-f]{64}$/.test(answer) ? answer : nonsense(method)
}

function bytesIn(answer: unknown, method: string): Uint8Array {
  if (typeof answer !== 'string' || !/^([0-9a-f]{2})*$/.test(answer)) return nonsense(method)
  return new Uint8Array(Buffer.from(answer, 'hex'))
}

/** Bitcoin a kilobyte, as Core writes rates: here in whole satoshis a byte, rounded up. Undefined: it has none. */
function rateIn(answer: unknown): bigint | undefined {
  if (typeof answer !== 'number' || !(answer > 0) || answer > 1) return undefined
  const satsPerKilobyte = BigInt(Math.round(answer * 100_000_000))
  return (satsPerKilobyte + 999n) / 1000n
}

function nonsense(method: string): never {
  throw new NodeError(method, 0, 'the answer cannot be true')
}
