/** A wallet with its journal on a chain in memory, driven by hand. Testing. */
import { type CommitOutput, MemoryJournal } from '@hourglass/journal'
import type { Market } from '../fees.ts'
import { type Header, HeaderChain } from '../header-chain.ts'
import { RECORDS, restore } from '../records.ts'
import { Wallet } from '../wallet.ts'
import type { WalletInput, WalletOutput } from '../wallet-io.ts'
import { ModelChain, REWARD, keys, payee } from './model-chain.ts'

export const MARKET: Market = { estimate: 5n, minimum: 1n }

export class Driver {
  readonly chain: ModelChain = new ModelChain()
  readonly journal: MemoryJournal = new MemoryJournal()
  readonly outputs: WalletOutput[] = []
  wallet: Wallet
  #known: HeaderChain
  #nextId = 1

  constructor() {
    ;[this.wallet, this.#known] = this.#open()
    this.journal.flush()
  }

  pay(reference: string, sats: bigint, options: { isFixed?: boolean; isKept?: boolean } = {}): void {
    const outputs = [{ sats, script: payee }]
    const { isFixed = false, isKept = false } = options
    this.handle({
      kind: 'pay',
      id: this.#nextId++,
      reference,
      outputs,
      satsPerVbyte: undefined,
      isFixed,
      isKept,
    })
  }

  handle(input: WalletInput): void {
    this.wallet.handle(input)
    for (let output = this.wallet.poll(); output !== undefined; output = this.wallet.poll()) {
      this.outputs.push(output)
      if (output.kind === 'commit') this.#commit(this.wallet, output)
      if (output.kind === 'broadcast') this.chain.submit(output.raw)
    }
  }

  /** Makes durable what was committed. */
  flush(): void {
    while (this.journal.waiting > 0) this.journal.flush()
  }

  /** Shows the wallet where the chain is. */
  sync(market = MARKET): void {
    const { blocks } = this.chain
    const isPart = ({ hash }: Header): boolean => blocks.some(({ header }) => header.hash === hash)
    while (!isPart(this.#known.tip)) {
      this.#known.disconnect()
      this.handle({ kind: 'disconnected' })
    }
    for (const { header, transactions } of blocks) {
      if (!this.#known.connect(header)) continue
      this.handle({ kind: 'connected', header, transactions: [REWARD, ...transactions] })
    }
    this.handle({ kind: 'synced', market })
    this.flush()
  }

  /** Ends at once, with the first `kept` of the commits under way on the disk, and begins again. */
  crash(kept: number): void {
    this.journal.lose(kept)
    ;[this.wallet, this.#known] = this.#open()
    this.sync()
  }

  last(kind: WalletOutput['kind']): WalletOutput | undefined {
    return this.outputs.findLast((output) => output.kind === kind)
  }

  #open(): [Wallet, HeaderChain] {
    const records = this.journal.load(RECORDS)
    const { headers } = restore(records)
    const start = this.chain.blocks[0]!.header
    const wallet = new Wallet({ keys, records, start, bumpAfterBlocks: 2, rateMax: 500n })
    for (let output = wallet.poll(); output !== undefined; output = wallet.poll())
      if (output.kind === 'commit') this.#commit(wallet, output)
    return [wallet, new HeaderChain(headers.length === 0 ? [start] : headers)]
  }

  #commit(wallet: Wallet, { id, records }: CommitOutput): void {
    this.journal.commit(records, () => {
      if (wallet === this.wallet) this.handle({ kind: 'committed', id })
    })
  }
}

/** One that has those coins. */
export function funded(...amounts: bigint[]): Driver {
  const driver = new Driver()
  for (const sats of amounts) driver.chain.mint(sats)
  driver.chain.mine()
  driver.sync()
  return driver
}
