/** A chain, wallets on it, and a hand on both. */
import { type BitcoinRegtest, startBitcoinRegtest } from '@hourglass/bitcoin-regtest'
import { type JournalRecord, MemoryJournal } from '@hourglass/journal'
import { type BitcoinOptions, type BitcoinWallet, openBitcoinWallet } from '@hourglass/ledger-bitcoin/io'

/** Writes by itself, a turn of the event loop later, unless it is stuck. */
export class OwnJournal extends MemoryJournal {
  isStuck = false

  override commit(records: readonly JournalRecord[], done: () => void): void {
    super.commit(records, done)
    setImmediate(() => {
      if (!this.isStuck) this.flush()
    })
  }
}

export class Rig {
  readonly chain: BitcoinRegtest
  readonly traces: string[] = []
  readonly #wallets: BitcoinWallet[] = []

  static async start(): Promise<Rig> {
    return new Rig(await startBitcoinRegtest())
  }

  private constructor(chain: BitcoinRegtest) {
    this.chain = chain
  }

  /** A wallet whose seed is that number 32 times. */
  async open(seed: number, options: Partial<BitcoinOptions> = {}): Promise<BitcoinWallet> {
    const wallet = await openBitcoinWallet({
      url: this.chain.url,
      network: 'regtest',
      seed: new Uint8Array(32).fill(seed),
      journal: new OwnJournal(),
      pollMs: 20,
      requestTimeoutMs: 1000,
      patienceMs: 500,
      trace: (message) => this.traces.push(message),
      ...options,
    })
    this.#wallets.push(wallet)
    return wallet
  }

  /** A wallet with so many satoshis, in so many coins. */
  async funded(seed: number, sats: bigint, options: Partial<BitcoinOptions> = {}): Promise<BitcoinWallet> {
    const wallet = await this.open(seed, options)
    await this.chain.fund(wallet.address(), sats)
    await wallet.sync()
    return wallet
  }

  /** Mines what wallets have sent, and lets all of them see it. */
  async mine(blocks = 1): Promise<void> {
    await this.sync()
    await this.chain.mine(blocks)
    await this.sync()
  }

  async sync(): Promise<void> {
    for (const wallet of this.#wallets) await wallet.sync()
  }

  mempool(): Promise<string[]> {
    return this.chain.request('getrawmempool')
  }

  async closeWallets(): Promise<void> {
    for (const wallet of this.#wallets.splice(0)) await wallet.close()
  }

  async stop(): Promise<void> {
    await this.closeWallets()
    await this.chain.stop()
  }
}

/** Resolves when that is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate)
}
