/** Addresses and the scripts that they stand for. Layer 1. Spec: BIP 13, BIP 173, BIP 350. */
import { Address, OutScript } from '@scure/btc-signer'
import { NETWORKS, type Network } from './network.ts'

/** The script that pays an address; undefined for what is none of that network. */
export function scriptOf(address: string, network: Network): Uint8Array | undefined {
  try {
    return OutScript.encode(Address(NETWORKS[network]).decode(address))
  } catch {
    return undefined
  }
}

/** The address of a script; undefined for a script that has none. */
export function addressOf(script: Uint8Array, network: Network): string | undefined {
  try {
    return Address(NETWORKS[network]).encode(OutScript.decode(script))
  } catch {
    return undefined
  }
}

/**
 * Satoshis below which nodes do not relay an output: it costs more than a third of its worth to spend.
 * As Bitcoin Core counts it, at its default of 3 satoshis a byte.
 */
export function dustLimit(script: Uint8Array): bigint {
  const first = script[0]
  if (first === OP_RETURN) return 0n
  const isWitness = (first === 0 || (first! >= OP_1 && first! <= OP_16)) && script[1] === script.length - 2
  const spendingBytes = isWitness ? WITNESS_INPUT_BYTES : LEGACY_INPUT_BYTES
  return BigInt(DUST_RATE * (VALUE_BYTES + 1 + script.length + spendingBytes))
}

const OP_RETURN = 0x6a
const OP_1 = 0x51
const OP_16 = 0x60
const DUST_RATE = 3
const VALUE_BYTES = 8
const WITNESS_INPUT_BYTES = 67
const LEGACY_INPUT_BYTES = 148
