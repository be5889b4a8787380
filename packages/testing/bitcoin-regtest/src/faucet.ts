/** Gives away what the first blocks earned. Testing. */
import type { Bcoin, Coin, FullNode, KeyRing, Tx } from './bcoin.ts'
import { RpcError } from './rpc-error.ts'

export class Faucet {
  readonly key: KeyRing
  readonly #bcoin: Bcoin
  readonly #node: FullNode
  /** All that was ever ours: what is spent now may come back with a reorganisation. */
  readonly #outputs: { readonly hash: string; readonly index: number }[] = []

  constructor(bcoin: Bcoin, node: FullNode) {
    this.#bcoin = bcoin
    this.#node = node
    this.key = bcoin.KeyRing.fromOptions({ privateKey: Buffer.alloc(32, 1), witness: true })
  }

  addCoinbases(coinbases: readonly Tx[]): void {
    for (const tx of coinbases) this.#outputs.push({ hash: tx.hash('hex'), index: 0 })
  }

  /** A signed payment, of confirmed coins. */
  async pay(address: string, sats: number): Promise<Tx> {
    if (!Number.isSafeInteger(sats) || sats <= 0) throw new RpcError(-3, 'Invalid amount')
    const tx = new this.#bcoin.MTX()
    tx.addOutput(this.#bcoin.Address.fromString(address, 'regtest'), sats)
    let missing = sats + FEE_SATS
    for await (const coin of this.#coins()) {
      tx.addCoin(coin)
      missing -= coin.value
      if (missing <= 0) break
    }
    if (missing > 0) throw new RpcError(-6, 'Insufficient funds')
    if (missing < -DUST_SATS) tx.addOutput(this.key.getAddress(), -missing)
    tx.sign(this.key)
    const signed = tx.toTX()
    if (missing < -DUST_SATS) this.#outputs.push({ hash: signed.hash('hex'), index: 1 })
    return signed
  }

  async *#coins(): AsyncGenerator<Coin> {
    const { chain, mempool } = this.#node
    for (const { hash, index } of this.#outputs) {
      const coin = await chain.getCoin(hash, index)
      if (coin === null || mempool.isSpent(hash, index)) continue
      if (coin.coinbase && chain.height + 1 - coin.height < COINBASE_MATURITY) continue
      yield coin
    }
  }
}

const COINBASE_MATURITY = 100
/** Enough for as many inputs as there are blocks. */
const FEE_SATS = 50_000
const DUST_SATS = 1000
