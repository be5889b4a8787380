/** What the embedded node remembers beside LDK, and what it asks of the chain. Layer 2, io. */
import { createHash } from 'node:crypto'
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { decodeUtf8Lossy, encodeUtf8 } from '@hourglass/oer'
import { equalBytes } from '@hourglass/sansio'
import type { BitcoinNetwork } from '../../node.ts'
import { BitcoinRpc } from '../chain/bitcoin-rpc.ts'
import { LightningError } from '../lightning-error.ts'
import { Wallet } from '../wallet/wallet.ts'
import { Withdrawals } from '../wallet/withdrawals.ts'
import { ChainFollower } from './chain-follower.ts'
import { Fees } from './fees.ts'
import { HeaderBook } from './header-book.ts'
import { PaymentBook } from './payment-book.ts'
import { Publisher } from './publisher.ts'

/** Holds the script of the wallet, which follows from the seed. */
const OWNER_KEY = 'ldk/owner'
/** Holds the network's name. */
const NETWORK_KEY = 'ldk/network'

export interface StoreOptions {
  readonly network: BitcoinNetwork
  readonly seed: Uint8Array
  readonly rpcUrl: string
  readonly log: (message: string) => void
}

export interface Stores {
  readonly publisher: Publisher
  readonly wallet: Wallet
  readonly book: PaymentBook
  readonly fees: Fees
  readonly follower: ChainFollower
  readonly withdrawals: Withdrawals
  /** The records that have changed since it was asked last. */
  takeChanges(): JournalRecord[]
}

/** @throws LightningError `bad-state` | `wrong-network` | `unavailable` | `chain` */
export async function openStores(options: StoreOptions, records: readonly StoredRecord[]): Promise<Stores> {
  const { network, seed, rpcUrl, log } = options
  const rpc = new BitcoinRpc(rpcUrl)
  const publisher = new Publisher({ rpc, log, wallet: () => wallet })
  const key = walletKey(seed)
  const wallet: Wallet = new Wallet({ key, network, useOf: (coin) => publisher.useOf(coin) })
  const newRecords = checkOwner(wallet, network, records)
  wallet.coins.restore(records)
  publisher.restore(records)
  const book = new PaymentBook()
  book.restore(records)
  const withdrawals = new Withdrawals()
  withdrawals.restore(records)
  const headers = new HeaderBook()
  headers.restore(records)
  const follower = new ChainFollower({ rpc, network, headers })
  await follower.checkNetwork()
  const fees = new Fees(rpc)
  await fees.refresh()
  const parts = [wallet.coins, book, publisher, withdrawals, headers]
  return {
    ...{ publisher, wallet, book, fees, follower, withdrawals },
    takeChanges: () => newRecords.splice(0).concat(...parts.map((part) => part.takeChanges())),
  }
}

/** Of the wallet, which nobody shall compute from the node's other keys. */
function walletKey(seed: Uint8Array): Uint8Array {
  return createHash('sha256').update(seed).update('wallet').digest()
}

/** The journal must be this seed's, on this network; a new one says so. Returns what is to be written. */
function checkOwner(
  { script }: Wallet,
  network: BitcoinNetwork,
  records: readonly StoredRecord[],
): JournalRecord[] {
  const stored = (key: string): Uint8Array | undefined => records.find((each) => each.key === key)?.value
  const [owner, name] = [stored(OWNER_KEY), stored(NETWORK_KEY)]
  if (owner !== undefined && !equalBytes(owner, script)) {
    throw new LightningError('bad-state', 'the journal belongs to another node, or the seed is not its own')
  }
  if (name !== undefined && decodeUtf8Lossy(name) !== network) {
    throw new LightningError(
      'wrong-network',
      `the journal belongs to ${decodeUtf8Lossy(name)}, not ${network}`,
    )
  }
  const isNew = owner === undefined || name === undefined
  return isNew
    ? [
        { key: OWNER_KEY, value: script },
        { key: NETWORK_KEY, value: encodeUtf8(network) },
      ]
    : []
}
