/** Opens a wallet on a node's chain. Layer 1, io. */
import type { Journal } from '@hourglass/journal'
import { Keys } from '../keys.ts'
import type { Network } from '../network.ts'
import { RECORDS, identityRecord, restore } from '../records.ts'
import { Wallet } from '../wallet.ts'
import { BitcoinWallet } from './bitcoin-wallet.ts'
import { BitcoinError } from './errors.ts'
import { BitcoinNode } from './node.ts'

export interface BitcoinOptions {
  /** JSON-RPC of the node: `http://user:password@host:port`. */
  readonly url: string
  /** Of which the node has to be part. */
  readonly network: Network
  /** 32 bytes from which all keys come, or the 64 of a mnemonic (BIP 39). */
  readonly seed: Uint8Array
  /** Where the wallet writes its records, all below `bitcoin/`. One wallet alone uses it. */
  readonly journal: Journal
  /** The height of a block before which the seed has received nothing. Default: the chain's when first opened. */
  readonly birthday?: number
  /** So deep in the chain a payment counts as final. Default 6. */
  readonly confirmations?: number
  /** In how many blocks a payment should be. Default 6. */
  readonly targetBlocks?: number
  /** A payment that is in none of so many blocks is offered for more. Default 6. */
  readonly bumpAfterBlocks?: number
  /** No payment offers more, in satoshis a virtual byte. Default 200. */
  readonly satsPerVbyteMax?: bigint
  /** Time between two looks at the chain. Default 5000. */
  readonly pollMs?: number
  /** A request ends after that long without an answer. Default 30,000. */
  readonly requestTimeoutMs?: number
  /** How long to wait for a node that does not answer before the first time. Default 5000. */
  readonly patienceMs?: number
  /** Hears, for people, why something is tried again. */
  readonly trace?: (message: string) => void
}

/**
 * Resolves when the wallet has seen the newest block, which takes as long as there are blocks since it was closed.
 * @throws BitcoinError `unreachable` | `unauthorized` | `wrong-network` | `wrong-wallet`; UsageError for a malformed
 * URL or seed
 */
export async function openBitcoinWallet(options: BitcoinOptions): Promise<BitcoinWallet> {
  const { url, network, seed, journal, patienceMs = 5000, bumpAfterBlocks = 6, trace = ignore } = options
  const keys = new Keys(seed, network)
  const node = new BitcoinNode({ url, timeoutMs: options.requestTimeoutMs ?? 30_000 })
  try {
    await node.checkNetwork(network, patienceMs)
    const records = await journal.load(RECORDS)
    const { identity, headers } = restore(records)
    if (identity !== undefined) checkIdentity(identity, keys)
    const birthday = identity?.birthday ?? options.birthday ?? (await node.height())
    const start = headers[0] ?? (await node.headerAt(birthday))
    if (identity === undefined) await write(journal, { network, address: keys.address(), birthday })
    const rateMax = options.satsPerVbyteMax ?? 200n
    const wallet = new BitcoinWallet({
      keys,
      node,
      journal,
      wallet: new Wallet({ keys, records, start, bumpAfterBlocks, rateMax }),
      headers: headers.length === 0 ? [start] : headers,
      birthday,
      confirmations: options.confirmations ?? 6,
      targetBlocks: options.targetBlocks ?? 6,
      pollMs: options.pollMs ?? 5000,
      trace,
    })
    await wallet.sync()
    return wallet
  } catch (error) {
    node.close()
    throw error
  }
}

const ignore = (): void => undefined

interface Owner {
  readonly network: string
  readonly address: string
}

function checkIdentity({ network, address }: Owner, keys: Keys): void {
  if (network === keys.network && address === keys.address()) return
  const found = `${address} on ${network}`
  const wanted = `${keys.address()} on ${keys.network}`
  throw new BitcoinError('wrong-wallet', `the journal holds the wallet of ${found}, not of ${wanted}`)
}

function write(journal: Journal, identity: Owner & { readonly birthday: number }): Promise<void> {
  return new Promise((resolve) => journal.commit([identityRecord(identity)], resolve))
}
