/** What a chain says of the money that wallets were given: where it is now, and what went to miners. */
import type { BitcoinRegtest } from '@hourglass/bitcoin-regtest'

interface Output {
  readonly value: number
  readonly scriptPubKey: { readonly hex: string; readonly addresses?: readonly string[] }
}

interface Tx {
  readonly txid: string
  readonly vin: readonly { readonly txid?: string; readonly vout?: number; readonly coinbase?: string }[]
  readonly vout: readonly Output[]
}

export interface Books {
  /** Given to the wallets by others. */
  readonly givenSat: bigint
  readonly feesSat: bigint
  /** Unspent, by address; what has none, or nobody's, apart. */
  readonly heldSat: ReadonlyMap<string, bigint>
  readonly leftSat: readonly bigint[]
}

/** Blocks before it belong to nobody here. */
const BEGIN = 436

/** `addresses`: of the wallets, and of whom they pay. */
export async function readBooks(chain: BitcoinRegtest, addresses: readonly string[]): Promise<Books> {
  const unspent = new Map<string, { sat: bigint; address: string | undefined }>()
  let [givenSat, feesSat] = [0n, 0n]
  for (const { txid, vin, vout } of await transactions(chain)) {
    const names = vin.map((input) => `${input.txid}:${input.vout}`)
    const inputs = names.flatMap((name) => unspent.get(name) ?? [])
    for (const name of names) unspent.delete(name)
    const outputs = vout.map(({ value, scriptPubKey: { addresses: [address] = [] } }, index) => ({
      ...{ sat: satOf(value), name: `${txid}:${index}` },
      address: addresses.find((each) => each === address),
    }))
    const isOurs = inputs.length > 0
    if (isOurs) feesSat += sum(inputs) - sum(outputs)
    for (const { name, sat, address } of outputs) {
      if (!isOurs && address === undefined) continue
      if (!isOurs) givenSat += sat
      unspent.set(name, { sat, address })
    }
  }
  const heldSat = new Map(addresses.map((each) => [each, sum(ofAddress([...unspent.values()], each))]))
  return {
    givenSat,
    feesSat,
    heldSat,
    leftSat: ofAddress([...unspent.values()]).map(({ sat }) => sat),
  }
}

interface Held {
  readonly sat: bigint
  readonly address?: string | undefined
}

function ofAddress(outputs: readonly Held[], address?: string): Held[] {
  return outputs.filter((output) => output.address === address)
}

function sum(outputs: readonly Held[]): bigint {
  return outputs.reduce((total, { sat }) => total + sat, 0n)
}

function satOf(bitcoin: number): bigint {
  return BigInt(Math.round(bitcoin * 100_000_000))
}

/** Blocks do not change: only which of them are the chain does. */
const blocks = new Map<string, readonly Tx[]>()

async function transactions(chain: BitcoinRegtest): Promise<Tx[]> {
  const all: Tx[] = []
  for (let height = BEGIN; height <= (await chain.height()); height++) {
    const hash = await chain.request<string>('getblockhash', [height])
    const tx = blocks.get(hash) ?? (await chain.request<{ tx: Tx[] }>('getblock', [hash, 2])).tx.slice(1)
    blocks.set(hash, tx)
    all.push(...tx)
  }
  return all
}
