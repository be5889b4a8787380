/** The networks that there are. Layer 1. Spec: BIP 173 (prefixes), BIP 44 (coin types). */

export type Network = 'mainnet' | 'testnet' | 'signet' | 'regtest'

/** What differs from one to the other. */
export interface NetworkRules {
  /** What a node calls it: `chain` of `getblockchaininfo`. */
  readonly chains: readonly string[]
  readonly bech32: string
  readonly pubKeyHash: number
  readonly scriptHash: number
  readonly wif: number
  /** Of derivation paths: 0 where coins have a price. */
  readonly coinType: number
}

const TEST = { bech32: 'tb', pubKeyHash: 0x6f, scriptHash: 0xc4, wif: 0xef, coinType: 1 } as const

export const NETWORKS: Readonly<Record<Network, NetworkRules>> = {
  mainnet: { chains: ['main'], bech32: 'bc', pubKeyHash: 0x00, scriptHash: 0x05, wif: 0x80, coinType: 0 },
  testnet: { ...TEST, chains: ['test', 'testnet4'] },
  signet: { ...TEST, chains: ['signet'] },
  regtest: { ...TEST, chains: ['regtest'], bech32: 'bcrt' },
}
