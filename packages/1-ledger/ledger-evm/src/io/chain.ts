/** What is asked of an EVM node, with types. Layer 1, io. Spec: EIP-1474 (methods), EIP-1559 (fees). */
import type { Instant } from '@hourglass/sansio'
import type { Hex } from 'viem'
import type { Fees, Receipt } from '../outbox.ts'
import { NodeError } from './errors.ts'
import type { Rpc } from './rpc.ts'

/** How many blocks make a block final, its own counted; or the chain's own word for it. */
export type Confirmations = number | 'safe' | 'finalized'

/** Where the chain stands. */
export interface View {
  /** Number and hash of the newest block. */
  readonly latest: number
  readonly latestHash: string
  /** Chain time of the newest block. */
  readonly time: Instant
  readonly baseFeePerGas: bigint
  /** Newest block that counts as final. */
  readonly final: number
}

interface RawBlock {
  readonly number: Hex
  readonly hash: Hex
  readonly timestamp: Hex
  readonly baseFeePerGas: Hex
}

interface RawReceipt {
  readonly transactionHash: Hex
  readonly blockNumber: Hex
  readonly status: Hex
  readonly gasUsed: Hex
  readonly effectiveGasPrice: Hex
  /** Rollups charge for the data that they publish, too. */
  readonly l1Fee?: Hex | null
}

export class Chain {
  readonly #rpc: Rpc
  readonly #confirmations: Confirmations

  constructor(rpc: Rpc, confirmations: Confirmations) {
    this.#rpc = rpc
    this.#confirmations = confirmations
  }

  /** Waits for a node that does not answer, for `patienceMs` at most; so do the others. */
  async view(patienceMs?: number): Promise<View> {
    const depth = this.#confirmations
    const [latest, final] = await Promise.all([
      this.#block('latest', patienceMs),
      typeof depth === 'string' ? this.#block(depth, patienceMs) : undefined,
    ])
    const number = Number(latest.number)
    return {
      latest: number,
      latestHash: latest.hash,
      time: Number(latest.timestamp) * 1000,
      baseFeePerGas: BigInt(latest.baseFeePerGas),
      final: typeof depth === 'number' ? Math.max(number - depth + 1, 0) : Number(final!.number),
    }
  }

  #block(tag: string, patienceMs: number | undefined): Promise<RawBlock> {
    return this.#rpc.call('eth_getBlockByNumber', [tag, false], patienceMs)
  }

  async id(patienceMs: number): Promise<number> {
    return Number(await this.#rpc.call<Hex>('eth_chainId', [], patienceMs))
  }

  async hasCode(address: string, patienceMs?: number): Promise<boolean> {
    return (await this.#rpc.call<Hex>('eth_getCode', [address, 'latest'], patienceMs)) !== '0x'
  }

  /** What gets a transaction into one of the next blocks, even if the base fee doubles until then. */
  async fees(view: View): Promise<Fees> {
    const tipPerGas = await this.#tip()
    return { perGasMax: 2n * view.baseFeePerGas + tipPerGas, tipPerGas }
  }

  async #tip(): Promise<bigint> {
    try {
      return BigInt(await this.#rpc.call<Hex>('eth_maxPriorityFeePerGas', []))
    } catch (error) {
      // Not every node has an opinion.
      if (error instanceof NodeError) return TIP_DEFAULT
      throw error
    }
  }

  async nonce(account: string, block: number): Promise<number> {
    return Number(await this.#rpc.call<Hex>('eth_getTransactionCount', [account, hex(block)]))
  }

  /** Wei. */
  async balance(account: string, block: number, patienceMs?: number): Promise<bigint> {
    return BigInt(await this.#rpc.call<Hex>('eth_getBalance', [account, hex(block)], patienceMs))
  }

  read(to: string, data: Hex, block: number | 'latest', patienceMs?: number): Promise<Hex> {
    const tag = typeof block === 'number' ? hex(block) : block
    return this.#rpc.call('eth_call', [{ to, data }, tag], patienceMs)
  }

  /**
   * Gas that the call would use after the newest block. Where that forbids it, the block to come is asked: its clock
   * is later. That one alone would not do, since it knows transactions that may never get into a block.
   * @throws NodeError where the call would revert
   */
  async estimateGas(from: string, to: string, data: string, value: bigint): Promise<bigint> {
    const estimate = async (tag: string): Promise<bigint> =>
      BigInt(await this.#rpc.call<Hex>('eth_estimateGas', [{ from, to, data, value: hex(value) }, tag]))
    try {
      return await estimate('latest')
    } catch (error) {
      if (!(error instanceof NodeError)) throw error
      return estimate('pending').catch(() => {
        throw error
      })
    }
  }

  async receipt(hash: string): Promise<Receipt | undefined> {
    const raw = await this.#rpc.call<RawReceipt | null>('eth_getTransactionReceipt', [hash])
    if (raw === null) return undefined
    return {
      hash,
      blockNumber: Number(raw.blockNumber),
      success: BigInt(raw.status) === 1n,
      fee: BigInt(raw.gasUsed) * BigInt(raw.effectiveGasPrice) + BigInt(raw.l1Fee ?? 0),
    }
  }

  /** Returns why the node did not take it; undefined where it did. */
  async broadcast(raw: string): Promise<NodeError | undefined> {
    try {
      await this.#rpc.call('eth_sendRawTransaction', [raw])
      return undefined
    } catch (error) {
      if (error instanceof NodeError) return error
      throw error
    }
  }
}

/** 1 gwei. */
const TIP_DEFAULT = 1_000_000_000n

const hex = (value: number | bigint): Hex => `0x${value.toString(16)}`
