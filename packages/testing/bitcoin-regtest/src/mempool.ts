/** The mempool's door, as Bitcoin Core keeps it: bcoin's own forgives too much and replaces nothing. Testing. */
import type { Bcoin, FullNode, MempoolEntry, Tx } from './bcoin.ts'
import { RpcError } from './rpc-error.ts'

export class Door {
  readonly #bcoin: Bcoin
  readonly #node: FullNode
  /** Satoshis for 1000 virtual bytes; less is not taken. */
  feeRateMin: number = RELAY_FEE_RATE
  /** What `estimatesmartfee` says, in the same unit. */
  estimate: number | undefined

  constructor(bcoin: Bcoin, node: FullNode) {
    this.#bcoin = bcoin
    this.#node = node
  }

  /** @throws RpcError with Core's code and words */
  send(raw: unknown): Promise<string> {
    return this.#accept(this.decode(raw), this.feeRateMin)
  }

  /** Parents first: a child may pay for them. Takes all or none. @throws RpcError */
  async sendPackage(raws: readonly unknown[]): Promise<void> {
    const { mempool } = this.#node
    const added: MempoolEntry[] = []
    try {
      for (const tx of raws.map((raw) => this.decode(raw))) {
        if (mempool.getEntry(tx.hash('hex')) !== undefined) continue
        await this.#accept(tx, 0)
        added.push(mempool.getEntry(tx.hash('hex'))!)
      }
      const fees = added.reduce((sum, { fee }) => sum + fee, 0)
      const bytes = added.reduce((sum, { size }) => sum + size, 0)
      if (fees * 1000 < this.feeRateMin * bytes) throw new RpcError(-26, 'min relay fee not met')
    } catch (error) {
      this.forget(added.map(({ tx }) => tx.hash('hex')))
      throw error
    }
  }

  async #accept(tx: Tx, feeRateMin: number): Promise<string> {
    const { mempool, chain } = this.#node
    if (mempool.getEntry(tx.hash('hex')) !== undefined) return tx.txid()
    if (await chain.hasCoins(tx)) throw new RpcError(-27, 'Transaction outputs already in utxo set')
    if (tx.outputs.some((output) => output.isDust(RELAY_FEE_RATE))) throw new RpcError(-26, 'dust')
    const conflicts = this.#conflictsOf(tx)
    if (conflicts.some((entry) => !isReplaceable(entry.tx))) throw new RpcError(-26, 'txn-mempool-conflict')
    await this.#replace(tx, conflicts, feeRateMin)
    return tx.txid()
  }

  /** Takes back what a reorganisation set free, as far as it is still good. */
  async restore(transactions: readonly Tx[]): Promise<void> {
    for (const tx of transactions) {
      try {
        await this.#add(tx, this.feeRateMin)
      } catch (error) {
        if (!(error instanceof RpcError)) throw error
      }
    }
  }

  /** Forgets transactions that wait, and their descendants. */
  forget(hashes: readonly string[]): void {
    for (const hash of hashes) {
      const entry = this.#node.mempool.getEntry(hash)
      if (entry !== undefined) this.#node.mempool.evictEntry(entry)
    }
  }

  decode(raw: unknown): Tx {
    try {
      return this.#bcoin.TX.fromRaw(String(raw), 'hex')
    } catch {
      throw new RpcError(-22, 'TX decode failed')
    }
  }

  /** By BIP 125: for more in all, for more a byte, and for what the relaying of the new one costs. */
  async #replace(tx: Tx, conflicts: readonly MempoolEntry[], feeRateMin: number): Promise<void> {
    const { mempool } = this.#node
    const evicted = this.#withDescendants(conflicts)
    for (const entry of conflicts) if (mempool.getEntry(entry.tx.hash('hex'))) mempool.evictEntry(entry)
    try {
      const entry = await this.#add(tx, feeRateMin)
      const fees = evicted.reduce((sum, { fee }) => sum + fee, 0)
      const isMore = conflicts.every(({ fee, size }) => entry.fee / entry.size > fee / size)
      if (conflicts.length > 0 && (!isMore || entry.fee < fees + entry.size)) {
        mempool.evictEntry(entry)
        throw new RpcError(-26, 'insufficient fee, rejecting replacement')
      }
    } catch (error) {
      await this.restore(evicted.map((entry) => entry.tx))
      throw error
    }
  }

  async #add(tx: Tx, feeRateMin: number): Promise<MempoolEntry> {
    const { mempool } = this.#node
    const hash = tx.hash('hex')
    try {
      const missing = await mempool.addTX(tx)
      if (missing !== null && missing.length > 0) {
        mempool.removeOrphan(hash)
        throw new RpcError(-25, 'bad-txns-inputs-missingorspent')
      }
    } catch (error) {
      if (error instanceof RpcError) throw error
      throw new RpcError(-26, reasonOf(error as { readonly reason?: string }))
    }
    const entry = mempool.getEntry(hash)
    if (entry === undefined) throw new RpcError(-25, 'bad-txns-inputs-missingorspent')
    if (entry.fee * 1000 < feeRateMin * entry.size) {
      mempool.evictEntry(entry)
      throw new RpcError(-26, 'min relay fee not met')
    }
    return entry
  }

  #conflictsOf(tx: Tx): MempoolEntry[] {
    const spenders = tx.inputs.map(({ prevout }) => this.#node.mempool.getSpent(prevout.hash, prevout.index))
    return [...new Set(spenders.filter((entry) => entry !== undefined))]
  }

  /** Parents before children. */
  #withDescendants(entries: readonly MempoolEntry[]): MempoolEntry[] {
    const all = new Set(entries)
    for (const entry of all) {
      entry.tx.outputs.forEach((_, index) => {
        const child = this.#node.mempool.getSpent(entry.tx.hash('hex'), index)
        if (child === undefined) return
        all.delete(child)
        all.add(child)
      })
    }
    return [...all]
  }
}

const RELAY_FEE_RATE = 1000

/** BIP 125's signal. */
function isReplaceable({ inputs }: Tx): boolean {
  return inputs.some(({ sequence }) => sequence < 0xfffffffe)
}

/** In Core's words where a client may look at them. */
function reasonOf({ reason }: { readonly reason?: string }): string {
  return reason === 'insufficient priority' ? 'min relay fee not met' : (reason ?? 'rejected')
}
