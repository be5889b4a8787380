/** What we use of bcoin, typed. It is CommonJS and brings no types. Testing. */
import { createRequire } from 'node:module'
import type { EventEmitter } from 'node:events'

/** Hashes are hex in internal byte order; ids (`txid`, `rhash`) are what people write: the reverse. */
export interface Tx {
  readonly inputs: readonly { readonly prevout: Outpoint; readonly sequence: number }[]
  readonly outputs: readonly Output[]
  hash(encoding: 'hex'): string
  txid(): string
  toRaw(): Buffer
}

export interface Outpoint {
  readonly hash: string
  readonly index: number
}

export interface Output {
  readonly value: number
  isDust(satsPerKilobyte: number): boolean
}

/** An unspent output; `height` is -1 in the mempool. */
export interface Coin extends Output {
  readonly hash: string
  readonly index: number
  readonly height: number
  readonly coinbase: boolean
}

export interface ChainEntry {
  readonly hash: string
  readonly height: number
  rhash(): string
}

export interface Block {
  readonly txs: readonly Tx[]
}

export interface Chain extends EventEmitter {
  readonly height: number
  readonly tip: ChainEntry
  open(): Promise<void>
  /** Null: the block is no part of any chain that we know. */
  add(block: Block): Promise<ChainEntry | null>
  getEntry(hashOrHeight: string | number): Promise<ChainEntry>
  getBlock(hash: string): Promise<Block>
  getCoin(hash: string, index: number): Promise<Coin | null>
  hasCoins(tx: Tx): Promise<boolean>
}

export interface MempoolEntry {
  readonly tx: Tx
  /** Satoshis. */
  readonly fee: number
  /** Virtual bytes. */
  readonly size: number
}

export interface Mempool {
  open(): Promise<void>
  /** Resolves with the inputs' transactions that are unknown, if any. */
  addTX(tx: Tx): Promise<readonly string[] | null>
  /** Takes out the transaction and all that descend from it. */
  evictEntry(entry: MempoolEntry): void
  removeOrphan(hash: string): boolean
  getEntry(hash: string): MempoolEntry | undefined
  /** The transaction in the mempool that spends an output. */
  getSpent(hash: string, index: number): MempoolEntry | undefined
  /** Direct and indirect, as hashes. */
  getDescendants(tx: Tx): string[]
  isSpent(hash: string, index: number): boolean
}

/** A block that is being mined. */
export interface Job {
  pushTX(tx: Tx): void
  refresh(): void
  mineAsync(): Promise<Block>
}

export interface Miner {
  mempool: Mempool | null
  readonly cpu: { createJob(tip: ChainEntry, address: Address): Promise<Job> }
  open(): Promise<void>
}

export interface Rpc {
  execute(call: { readonly method: string; readonly params: readonly unknown[] }): Promise<unknown>
}

export interface FullNode extends EventEmitter {
  readonly chain: Chain
  readonly mempool: Mempool
  readonly miner: Miner
  readonly rpc: Rpc
}

export interface Network {
  readonly addressPrefix: { pubkeyhash: number; scripthash: number; bech32: string }
  readonly keyPrefix: { privkey: number }
  /** Seconds that its clock goes ahead of this machine's. */
  readonly time: { offset: number }
}

/** What bcoin's functions take and return: none of our business. */
export interface Address {
  readonly type: number
}

export interface KeyRing {
  getAddress(): Address
}

/** A transaction that is being written. */
export interface MutableTx {
  addCoin(coin: Coin): void
  addOutput(address: Address, sats: number): void
  readonly outputs: { value: number }[]
  sign(key: KeyRing): number
  toTX(): Tx
}

export interface Bcoin {
  readonly FullNode: new (options: Readonly<Record<string, unknown>>) => FullNode
  readonly Network: { get(name: 'regtest'): Network }
  readonly Address: {
    fromString(text: string, network: 'regtest'): Address
    fromWitnessScripthash(hash: Buffer): Address
  }
  readonly TX: { fromRaw(hex: string, encoding: 'hex'): Tx }
  readonly KeyRing: { fromOptions(options: { privateKey: Buffer; witness: boolean }): KeyRing }
  readonly MTX: new () => MutableTx
}

/** To be called where `NODE_BACKEND` is `js`: bcoin chooses its cryptography while it loads. */
export function loadBcoin(): Bcoin {
  const require = createRequire(import.meta.url)
  return {
    FullNode: require('bcoin/lib/node/fullnode') as Bcoin['FullNode'],
    Network: require('bcoin/lib/protocol/network') as Bcoin['Network'],
    Address: require('bcoin/lib/primitives/address') as Bcoin['Address'],
    TX: require('bcoin/lib/primitives/tx') as Bcoin['TX'],
    KeyRing: require('bcoin/lib/primitives/keyring') as Bcoin['KeyRing'],
    MTX: require('bcoin/lib/primitives/mtx') as Bcoin['MTX'],
  }
}
