/** Connects an account to the PayChan contract of an EVM chain. Layer 1, io. */
import type { Ledger } from '@hourglass/ledger'
import { UsageError } from '@hourglass/sansio'
import { decodeAddress, encodeAddress } from '../address.ts'
import { ClaimDigests, EvmClaimScheme } from '../claim-scheme.ts'
import { Account, type AccountOptions } from './account.ts'
import { Actions } from './actions.ts'
import type { Chain } from './chain.ts'
import { type Contract, encodeDecimals, encodeDomainSeparator, toHex } from './contracts.ts'
import { PAY_CHAN_ADDRESS } from './deploy.ts'
import { Dispatcher } from './dispatcher.ts'
import { EvmError, NodeError } from './errors.ts'
import { EvmLedger } from './evm-ledger.ts'
import { decodePrivateKey } from './signer.ts'

export interface EvmOptions extends AccountOptions {
  /** Private key that signs claims; default: the account's own. */
  readonly claimKey?: string
  /** Address of PayChan; default: where `deployPayChan` puts it on every chain. */
  readonly contract?: string
  /** Addresses of the tokens that channels may hold beside the chain's own money. Never one that rebases. */
  readonly tokens?: readonly string[]
}

/**
 * Resolves when node, chain, contract and tokens are there and as they should be.
 * @throws EvmError `unreachable` | `wrong-chain` | `no-contract` | `no-token`; UsageError for malformed options
 */
export async function connectEvm(options: EvmOptions): Promise<Ledger> {
  const address = toAddress(options.contract ?? PAY_CHAN_ADDRESS)
  const tokens = (options.tokens ?? []).map(toAddress)
  const claimKey = decodePrivateKey(options.claimKey ?? options.privateKey)
  const account = await Account.open(options)
  try {
    const { chainId, chain, curve } = account
    const contract: Contract = { address, digests: new ClaimDigests(chainId, address) }
    const [scales] = await Promise.all([
      Promise.all(tokens.map((token) => readScale(chain, token, account.patienceMs))),
      checkContract(chain, contract, account.patienceMs),
    ])
    const scheme = new EvmClaimScheme({ chainId, contract: address, privateKey: claimKey, curve })
    const again = options.trace ?? ((): void => undefined)
    const dispatcher = new Dispatcher(account, address)
    const actions = new Actions({ account, contract, scheme, dispatcher, again })
    const tokenScales = new Map(tokens.map((token, index) => [token, scales[index]!]))
    return new EvmLedger({ account, contract, scheme, actions, tokenScales })
  } catch (error) {
    account.close()
    throw error
  }
}

function toAddress(text: string): string {
  const address = decodeAddress(text)
  if (address === undefined) throw new UsageError(`${text} is no address, or its checksum is wrong`)
  return encodeAddress(address)
}

/** The contract there must be PayChan, and know itself by the chain and the address that we sign for. */
async function checkContract(
  chain: Chain,
  { address, digests }: Contract,
  patienceMs: number,
): Promise<void> {
  const answer = await readOrNothing(chain, address, encodeDomainSeparator(), patienceMs)
  if (answer !== toHex(digests.domainSeparator())) {
    throw new EvmError('no-contract', `no PayChan contract lies at ${address} on this chain: deploy it first`)
  }
}

async function readScale(chain: Chain, token: string, patienceMs: number): Promise<number> {
  const answer = await readOrNothing(chain, token, encodeDecimals(), patienceMs)
  const scale = Number(answer)
  if (!/^0x[0-9a-f]{64}$/.test(answer) || scale > SCALE_MAX) {
    throw new EvmError('no-token', `no ERC-20 token with decimals lies at ${token} on this chain`)
  }
  return scale
}

/** ERC-20 counts decimals in eight bits. */
const SCALE_MAX = 255

/** What lies there says nothing that it was not asked: a refusal counts as an empty answer. */
async function readOrNothing(
  chain: Chain,
  to: string,
  data: `0x${string}`,
  patienceMs: number,
): Promise<string> {
  try {
    return await chain.read(to, data, 'latest', patienceMs)
  } catch (error) {
    if (error instanceof NodeError) return '0x'
    throw error
  }
}
