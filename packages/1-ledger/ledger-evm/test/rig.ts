/** A chain with PayChan on it, driven by viem as anybody would drive it. */
import { setTimeout } from 'node:timers/promises'
import {
  type Abi,
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  type Hex,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
  createWalletClient,
  defineChain,
  hashTypedData,
  http,
  publicActions,
  zeroAddress,
} from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount, sign } from 'viem/accounts'
import { DEV_ACCOUNTS, type DevChain, startDevChain } from '@hourglass/evm-devchain'
import { payChanAbi, payChanBytecode } from '@hourglass/ledger-evm'
import { type CompiledContract, compileSolidity } from './solidity.ts'

export interface Party extends PrivateKeyAccount {
  readonly privateKey: Hex
}

const party = (index: 0 | 1 | 2 | 3): Party => {
  const { privateKey } = DEV_ACCOUNTS[index]
  return { ...privateKeyToAccount(privateKey), privateKey }
}

/** The source and the destination of most channels, somebody else, and a key that signs claims. */
export const alice: Party = party(0)
export const bob: Party = party(1)
export const carol: Party = party(2)
export const hotKey: Party = party(3)

export interface Terms {
  readonly source: Address
  readonly destination: Address
  readonly signer: Address
  readonly token: Address
  readonly settleDelay: number
  readonly salt: Hex
}

export interface SignedClaim {
  readonly terms: Terms
  readonly amount: bigint
  readonly r: Hex
  readonly vs: Hex
}

export interface SignOptions {
  readonly by?: Party
  readonly type?: 'Voucher' | 'Close'
  readonly chainId?: number
  readonly contract?: Address
}

export interface ChannelOnChain {
  readonly deposit: bigint
  readonly claimed: bigint
  readonly closesAt: number
  readonly closed: boolean
}

export interface SendOptions {
  readonly from?: Party
  readonly value?: bigint
  readonly gas?: bigint
}

type Client = ReturnType<typeof connect>

function connect(chain: DevChain) {
  const definition = defineChain({
    id: chain.chainId,
    name: 'dev',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [chain.url] } },
  })
  return createWalletClient({ chain: definition, transport: http(), account: alice }).extend(publicActions)
}

export const DAY_S = 86_400

export class Rig {
  readonly chain: DevChain
  readonly payChan: Address
  readonly #client: Client
  #salt = 0n

  static async start(): Promise<Rig> {
    const chain = await startDevChain()
    const client = connect(chain)
    return new Rig(chain, client, await deploy(client, { abi: payChanAbi, bytecode: payChanBytecode }))
  }

  private constructor(chain: DevChain, client: Client, payChan: Address) {
    this.chain = chain
    this.#client = client
    this.payChan = payChan
  }

  /** Terms of a channel from alice to bob that nobody has used before. */
  terms(changes: Partial<Terms> = {}): Terms {
    this.#salt += 1n
    return {
      source: alice.address,
      destination: bob.address,
      signer: hotKey.address,
      token: zeroAddress,
      settleDelay: DAY_S,
      salt: `0x${this.#salt.toString(16).padStart(64, '0')}`,
      ...changes,
    }
  }

  async channelId(terms: Terms): Promise<Hex> {
    return this.#client.readContract({ ...this.#target, functionName: 'channelId', args: [terms] })
  }

  async state(terms: Terms): Promise<ChannelOnChain> {
    const ids = [await this.channelId(terms)]
    const states = await this.#client.readContract({
      ...this.#target,
      functionName: 'getStates',
      args: [ids],
    })
    return states[0]!
  }

  async owed(token: Address, account: Address): Promise<bigint> {
    return this.#client.readContract({ ...this.#target, functionName: 'owed', args: [token, account] })
  }

  balance(address: Address): Promise<bigint> {
    return this.#client.getBalance({ address })
  }

  /** Seconds, of the newest block. */
  async time(): Promise<number> {
    return Number((await this.#client.getBlock()).timestamp)
  }

  /** A claim signed by the library of the field, not by our code. */
  async claim(terms: Terms, amount: bigint, options: SignOptions = {}): Promise<SignedClaim> {
    const type = options.type ?? 'Voucher'
    const hash = hashTypedData({
      domain: {
        name: 'PayChan',
        version: '1',
        chainId: options.chainId ?? this.chain.chainId,
        verifyingContract: options.contract ?? this.payChan,
      },
      types: {
        [type]: [
          { name: 'channelId', type: 'bytes32' },
          { name: 'cumulativeAmount', type: 'uint96' },
        ],
      },
      primaryType: type,
      message: { channelId: await this.channelId(terms), cumulativeAmount: amount },
    })
    const { r, s, yParity } = await sign({ hash, privateKey: (options.by ?? hotKey).privateKey })
    return { terms, amount, r, vs: compact(s, yParity === 1) }
  }

  /** Calls PayChan. Rejects with the name of the contract's error; with `gas` given, only in the block. */
  send(
    functionName: string,
    args: readonly unknown[],
    options: SendOptions = {},
  ): Promise<TransactionReceipt> {
    return this.call(this.#target, functionName, args, options)
  }

  async call(
    { address, abi }: { readonly address: Address; readonly abi: Abi },
    functionName: string,
    args: readonly unknown[],
    { from = alice, value = 0n, gas }: SendOptions = {},
  ): Promise<TransactionReceipt> {
    const request = { address, abi, functionName, args, account: from, value }
    try {
      const hash = await this.#client.writeContract(gas === undefined ? request : { ...request, gas })
      const receipt = await receiptOf(this.#client, hash)
      if (receipt.status === 'reverted') throw new Error('reverted in its block')
      return receipt
    } catch (error) {
      const reverted =
        error instanceof BaseError && error.walk((e) => e instanceof ContractFunctionRevertedError)
      if (!(reverted instanceof ContractFunctionRevertedError)) throw error
      const reason = reverted.data?.errorName ?? reverted.reason ?? 'reverted without a reason'
      throw new Error(reason, { cause: error })
    }
  }

  /** Opens a channel of `terms` with a deposit of the chain's own money. */
  async open(terms: Terms, deposit: bigint): Promise<void> {
    await this.send('open', [terms, deposit], { value: deposit })
  }

  async deploy(contract: CompiledContract): Promise<Deployed> {
    return new Deployed(this, contract.abi, await deploy(this.#client, contract))
  }

  read(address: Address, abi: Abi, functionName: string, args: readonly unknown[]): Promise<unknown> {
    return this.#client.readContract({ address, abi, functionName, args })
  }

  stop(): Promise<void> {
    return this.chain.stop()
  }

  get #target(): { readonly address: Address; readonly abi: typeof payChanAbi } {
    return { address: this.payChan, abi: payChanAbi }
  }
}

/** A contract that is there to be called. */
export class Deployed {
  readonly address: Address
  readonly #rig: Rig
  readonly #abi: Abi

  constructor(rig: Rig, abi: Abi, address: Address) {
    this.#rig = rig
    this.#abi = abi
    this.address = address
  }

  send(functionName: string, args: readonly unknown[], options?: SendOptions): Promise<TransactionReceipt> {
    return this.#rig.call({ address: this.address, abi: this.#abi }, functionName, args, options)
  }

  read(functionName: string, args: readonly unknown[] = []): Promise<unknown> {
    return this.#rig.read(this.address, this.#abi, functionName, args)
  }
}

async function deploy(client: Client, { abi, bytecode }: CompiledContract): Promise<Address> {
  const hash = await client.deployContract({ abi, bytecode })
  const { contractAddress } = await receiptOf(client, hash)
  return contractAddress!
}

/**
 * Asks until the receipt is there. viem's own wait asks once a block, and hangs where anvil shows a block a moment
 * before its receipts: no further block comes.
 */
async function receiptOf(client: Client, hash: Hex): Promise<TransactionReceipt> {
  for (;;) {
    try {
      return await client.getTransactionReceipt({ hash })
    } catch (error) {
      if (!(error instanceof TransactionReceiptNotFoundError)) throw error
      await setTimeout(RECEIPT_POLL_MS)
    }
  }
}

const RECEIPT_POLL_MS = 2

/** s with the parity in its highest bit, as EIP-2098 says. */
function compact(s: Hex, odd: boolean): Hex {
  const bits = BigInt(s) | (odd ? 1n << 255n : 0n)
  return `0x${bits.toString(16).padStart(64, '0')}`
}

/** The tokens and accounts of `test/hostile`, compiled. */
export const hostile: Readonly<Record<string, CompiledContract>> = compileSolidity(
  'test/hostile/Tokens.sol',
  false,
)
