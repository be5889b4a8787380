/** Block headers, and what can be checked of them without the chain before. Layer 2, io. Spec: Bitcoin's consensus. */
import type { BitcoinNetwork } from '../../node.ts'
import { LightningError } from '../lightning-error.ts'
import { doubleSha256, nameOfHash } from './hash.ts'

export const HEADER_BYTES = 80

/** What sets a network's chain apart. */
interface ChainRules {
  readonly genesis: string
  /** The least work that a block may stand for, as a target: 256 bits. */
  readonly targetMax: bigint
  /** Blocks after which the target may change; undefined: it may at each. */
  readonly period: number | undefined
}

const RULES: Readonly<Record<BitcoinNetwork, ChainRules>> = {
  regtest: {
    genesis: '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    targetMax: 0x7fffffn << 232n,
    period: 2016,
  },
  signet: {
    genesis: '00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6',
    targetMax: 0x377aen << 216n,
    period: 2016,
  },
  testnet: {
    genesis: '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943',
    targetMax: 0xffffn << 208n,
    period: undefined,
  },
  bitcoin: {
    genesis: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
    targetMax: 0xffffn << 208n,
    period: 2016,
  },
}

/** A period changes the target by no more. */
const CHANGE_MAX = 4n

/** Hash of the first block, as people write it. */
export function genesisOf(network: BitcoinNetwork): string {
  return RULES[network].genesis
}

/** As people write it. */
export function hashOfHeader(header: Uint8Array): string {
  return nameOfHash(doubleSha256(header))
}

/** Hash of the block before, as people write it. */
export function parentOf(header: Uint8Array): string {
  return nameOfHash(header.subarray(4, 36))
}

/** What its block stands for: how many hashes it took, on average. */
export function workOf(header: Uint8Array): bigint {
  return (1n << 256n) / (targetOf(header) + 1n)
}

/**
 * Whether it may follow `parent` at `height`, by its work. A server that wants to deceive us has to mine.
 * @throws LightningError `chain`
 */
export function checkWork(network: BitcoinNetwork, header: Uint8Array, place: Place): void {
  const { targetMax, period } = RULES[network]
  const target = targetOf(header)
  const isDone = target > 0n && target <= targetMax && BigInt(`0x${place.hash}`) <= target
  if (!isDone) throw new LightningError('chain', `block ${place.hash} lacks its proof of work`)
  if (period === undefined || place.parent === undefined) return
  const before = targetOf(place.parent)
  const isKept = place.height % period === 0 ? target <= before * CHANGE_MAX : target === before
  if (!isKept) throw new LightningError('chain', `block ${place.hash} stands for too little work`)
}

/** Where a header wants to be. */
export interface Place {
  /** Of the header, as people write it. */
  readonly hash: string
  readonly height: number
  /** Header of the block before, where it is known. */
  readonly parent: Uint8Array | undefined
}

/** The hash, as a number, is at most as large. */
function targetOf(header: Uint8Array): bigint {
  const bits = new DataView(header.buffer, header.byteOffset, header.byteLength).getUint32(72, true)
  const exponent = bits >>> 24
  const mantissa = BigInt(bits & 0x7fffff)
  return exponent <= 3 ? mantissa >> BigInt(8 * (3 - exponent)) : mantissa << BigInt(8 * (exponent - 3))
}
