/** The PayChan contract and ERC-20 tokens, in bytes and back. Layer 1, io. */
import type { ChannelState, ChannelTerms } from '@hourglass/ledger'
import type { Hex } from 'viem'
import { decodeErrorResult, decodeFunctionResult, encodeFunctionData } from 'viem/utils'
import { NATIVE, decodeChannelId } from '../channel-id.ts'
import type { ClaimDigests } from '../claim-scheme.ts'
import { payChanAbi } from '../pay-chan.generated.ts'
import type { ContractCall } from '../plan.ts'
import type { Chain } from './chain.ts'
import type { NodeError } from './errors.ts'

/** Where the PayChan contract lies, and how channels are named there. */
export interface Contract {
  readonly address: string
  readonly digests: ClaimDigests
}

/** Channels asked for in one request. */
const STATES_MAX = 500

/** Channels by their names; undefined stands for one that nobody opened. */
export async function readStates(
  chain: Chain,
  contract: Contract,
  channelIds: readonly string[],
  block: number,
): Promise<(ChannelState | undefined)[]> {
  const states: (ChannelState | undefined)[] = []
  for (let start = 0; start < channelIds.length; start += STATES_MAX) {
    const ids = channelIds.slice(start, start + STATES_MAX)
    const hashes = ids.map((id) => toHex(contract.digests.channelHash(id)!))
    const data = encodeFunctionData({ abi: payChanAbi, functionName: 'getStates', args: [hashes] })
    const answer = await chain.read(contract.address, data, block)
    const channels = decodeFunctionResult({ abi: payChanAbi, functionName: 'getStates', data: answer })
    channels.forEach((channel, index) => states.push(toState(ids[index]!, channel)))
  }
  return states
}

interface RawChannel {
  readonly deposit: bigint
  readonly claimed: bigint
  readonly closesAt: number
  readonly closed: boolean
}

function toState(id: string, { deposit, claimed, closesAt, closed }: RawChannel): ChannelState | undefined {
  if (deposit === 0n) return undefined
  const terms = decodeChannelId(id)!
  return { id, terms, deposit, claimed, closesAt: closesAt === 0 ? undefined : closesAt * 1000, closed }
}

/** The input of a transaction that makes `call` on the channel with these terms. */
export function encodeContractCall(call: ContractCall, channelTerms: ChannelTerms): Hex {
  const abi = payChanAbi
  const terms = toTuple(channelTerms)
  switch (call.name) {
    case 'open':
    case 'topUp':
      return encodeFunctionData({ abi, functionName: call.name, args: [terms, call.deposit] })
    case 'claim': {
      const [r, vs] = [toHex(call.signature.subarray(0, 32)), toHex(call.signature.subarray(32))]
      return encodeFunctionData({ abi, functionName: 'claim', args: [{ terms, amount: call.amount, r, vs }] })
    }
    case 'close': {
      const nothing = { terms, amount: 0n, r: ZERO_WORD, vs: ZERO_WORD }
      return encodeFunctionData({ abi, functionName: 'close', args: [nothing] })
    }
    case 'requestClose':
    case 'withdraw':
      return encodeFunctionData({ abi, functionName: call.name, args: [terms] })
  }
}

export const ZERO_WORD: Hex = `0x${'0'.repeat(64)}`
const ZERO_ADDRESS: Hex = `0x${'0'.repeat(40)}`

/** The contract's `Terms`. */
interface TermsTuple {
  readonly source: Hex
  readonly destination: Hex
  readonly signer: Hex
  readonly token: Hex
  readonly settleDelay: number
  readonly salt: Hex
}

function toTuple(terms: ChannelTerms): TermsTuple {
  return {
    source: terms.source as Hex,
    destination: terms.destination as Hex,
    signer: terms.claimKey as Hex,
    token: terms.asset === NATIVE ? ZERO_ADDRESS : (terms.asset as Hex),
    settleDelay: terms.settleDelayMs / 1000,
    salt: `0x${terms.reference}`,
  }
}

export const encodeDomainSeparator = (): Hex =>
  encodeFunctionData({ abi: payChanAbi, functionName: 'domainSeparator' })

/** Why the contract refused, in its own words: the name of its error. */
export function revertReason(error: NodeError): string {
  try {
    return decodeErrorResult({ abi: payChanAbi, data: error.revertData as Hex }).errorName
  } catch {
    return error.message
  }
}

const tokenAbi = [
  {
    type: 'function',
    name: 'decimals',
    stateMutability: 'view',
    inputs: [],
    outputs: [{ name: '', type: 'uint8' }],
  },
  {
    type: 'function',
    name: 'balanceOf',
    stateMutability: 'view',
    inputs: [{ name: 'account', type: 'address' }],
    outputs: [{ name: '', type: 'uint256' }],
  },
  {
    type: 'function',
    name: 'allowance',
    stateMutability: 'view',
    inputs: [
      { name: 'owner', type: 'address' },
      { name: 'spender', type: 'address' },
    ],
    outputs: [{ name: '', type: 'uint256' }],
  },
  {
    type: 'function',
    name: 'approve',
    stateMutability: 'nonpayable',
    inputs: [
      { name: 'spender', type: 'address' },
      { name: 'amount', type: 'uint256' },
    ],
    outputs: [],
  },
] as const

export const encodeDecimals = (): Hex => encodeFunctionData({ abi: tokenAbi, functionName: 'decimals' })

export const encodeBalanceOf = (account: string): Hex =>
  encodeFunctionData({ abi: tokenAbi, functionName: 'balanceOf', args: [account as Hex] })

export const encodeAllowance = (owner: string, spender: string): Hex =>
  encodeFunctionData({ abi: tokenAbi, functionName: 'allowance', args: [owner as Hex, spender as Hex] })

export const encodeApprove = (spender: string, amount: bigint): Hex =>
  encodeFunctionData({ abi: tokenAbi, functionName: 'approve', args: [spender as Hex, amount] })

export const toHex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`
