/**
 * What became of the money of a few owners, by the blocks of a Bitcoin chain alone. Amounts in satoshi.
 *
 *   wallet ── funding ──▶ channel ── close ──▶ ending ── sweep ──▶ wallet of either
 *                                      └───────────────────────────▲
 *
 * A channel is an output of a witness script that an owner's wallet pays for. The owner who paid for the channel
 * also pays the fee of its close; a sweep is paid for by whom it is for.
 */

interface Output {
  readonly value: number
  readonly n: number
  readonly scriptPubKey: {
    readonly type: string
    readonly addresses?: readonly string[]
    readonly address?: string
  }
}

interface Transaction {
  readonly txid: string
  readonly vin: readonly { readonly txid?: string; readonly vout?: number }[]
  readonly vout: readonly Output[]
}

/** `getblock` with verbosity 2. */
export interface Block {
  readonly height: number
  readonly tx: readonly Transaction[]
}

/** An output that is not spent. `owner` of a channel, and of what it ends in, is who paid for it. */
interface Coin<Owner> {
  readonly kind: 'wallet' | 'channel' | 'ending'
  readonly owner: Owner
  readonly value: bigint
}

export class BitcoinFlows<Owner extends string> {
  readonly #owners = new Map<string, Owner>()
  readonly #coins = new Map<string, Coin<Owner>>()
  readonly #fees = new Map<Owner, bigint>()
  transactions = 0
  /** Put into channels, less what their owners took out again, in fees or sweeps. */
  escrowed = 0n
  closedChannels = 0

  /** Money at this address is that owner's. Counts from the next block on. */
  introduce(owner: Owner, address: string): void {
    this.#owners.set(address, owner)
  }

  fees(owner: Owner): bigint {
    return this.#fees.get(owner) ?? 0n
  }

  balance(owner: Owner): bigint {
    return this.#sum((coin) => coin.kind === 'wallet' && coin.owner === owner)
  }

  /** In channels, and in what those that have ended have left. */
  escrow(): bigint {
    return this.#sum(({ kind }) => kind !== 'wallet')
  }

  take({ tx: transactions }: Block): void {
    for (const transaction of transactions) this.#take(transaction)
  }

  #take({ txid, vin, vout }: Transaction): void {
    const inputs = vin.map((input) => `${input.txid}:${input.vout}`)
    const spent = inputs.map((name) => this.#coins.get(name)).filter((coin) => coin !== undefined)
    for (const name of inputs) this.#coins.delete(name)
    const outputs = vout.map((output) => ({
      output,
      value: satoshi(output.value),
      owner: this.#ownerOf(output),
    }))
    const [first] = spent
    if (first === undefined) {
      // Somebody else's: it may pay an owner.
      for (const { output, value, owner } of outputs) {
        if (owner !== undefined) this.#coins.set(`${txid}:${output.n}`, { kind: 'wallet', owner, value })
      }
      return
    }
    this.transactions++
    for (const { output, value, owner } of outputs) {
      const kind = owner !== undefined ? 'wallet' : first.kind === 'wallet' ? 'channel' : 'ending'
      this.#coins.set(`${txid}:${output.n}`, { kind, owner: owner ?? first.owner, value })
      if (kind === 'channel') this.escrowed += value
    }
    const value = spent.reduce((sum, coin) => sum + coin.value, 0n)
    const fee = value - outputs.reduce((sum, output) => sum + output.value, 0n)
    const sweeper = outputs.find(({ owner }) => owner !== undefined)?.owner
    const payer = first.kind === 'ending' && sweeper !== undefined ? sweeper : first.owner
    this.#fees.set(payer, this.fees(payer) + fee)
    if (first.kind === 'channel') {
      this.closedChannels++
      const own = outputs.filter(({ owner }) => owner === first.owner)
      this.escrowed -= own.reduce((sum, output) => sum + output.value, fee)
    }
    if (first.kind === 'ending' && payer === first.owner) this.escrowed -= value
  }

  #ownerOf({ scriptPubKey: { address, addresses = [] } }: Output): Owner | undefined {
    return this.#owners.get(address ?? addresses[0] ?? '')
  }

  #sum(counts: (coin: Coin<Owner>) => boolean): bigint {
    let sum = 0n
    for (const coin of this.#coins.values()) if (counts(coin)) sum += coin.value
    return sum
  }
}

/** From bitcoins as JSON has them. */
function satoshi(bitcoins: number): bigint {
  return BigInt(Math.round(bitcoins * 1e8))
}
