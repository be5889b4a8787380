/** A key on a chain: what connecting and deploying have in common. Layer 1, io. */
import type { Curve } from '../curve.ts'
import { type Call, Outbox, type Receipt } from '../outbox.ts'
import type { Refused } from '../plan.ts'
import { Chain, type Confirmations, type View } from './chain.ts'
import { EvmError, type NodeError } from './errors.ts'
import { Heartbeat } from './heartbeat.ts'
import { loadCurve } from './native-curve.ts'
import { Rpc } from './rpc.ts'
import { type Ending, Sender } from './sender.ts'
import { Signer, decodePrivateKey } from './signer.ts'

export interface AccountOptions {
  /** JSON-RPC over HTTP or HTTPS. */
  readonly rpcUrl: string
  /** Of the account that pays, is paid, and signs transactions: `0x` and 64 hex digits. */
  readonly privateKey: string
  /** The chain that it has to be; default: whichever the node serves. */
  readonly chainId?: number
  /** Default `finalized`. 1: what is in the newest block counts. */
  readonly confirmations?: Confirmations
  /** Time between two looks at the chain. Default 2,000. */
  readonly pollMs?: number
  /** An attempt to ask the node ends after that long without an answer. Default 10,000. */
  readonly requestTimeoutMs?: number
  /** How long to wait for a node before the first answer, and in `balance`. Default 5,000. */
  readonly patienceMs?: number
  /** A transaction that long without a block is sent again, for more. Default 30,000. */
  readonly resendAfterMs?: number
  /** Wei that no transaction exceeds per unit of gas. Default 500 gwei. */
  readonly feePerGasMax?: bigint
  /** Hears, for people, why something is tried again. */
  readonly trace?: (message: string) => void
}

/** What became of a transaction up to its first block. */
export type Dispatched =
  | {
      readonly kind: 'sent'
      /** Of the block that it is in for now; undefined where it was displaced. */
      readonly receipt: Receipt | undefined
      readonly ended: Promise<Ending>
    }
  | Refused

/** Who else looks at the chain whenever the account does. */
export interface Onlooker {
  readonly wanted: () => boolean
  readonly beat: (view: View) => Promise<void>
}

const DEFAULTS = {
  confirmations: 'finalized',
  pollMs: 2000,
  requestTimeoutMs: 10_000,
  patienceMs: 5000,
  resendAfterMs: 30_000,
  feePerGasMax: 500_000_000_000n,
} as const

export class Account {
  readonly chainId: number
  readonly address: string
  readonly curve: Curve
  readonly chain: Chain
  readonly sender: Sender
  readonly heartbeat: Heartbeat
  readonly patienceMs: number
  onlooker: Onlooker | undefined
  readonly #rpc: Rpc

  /** @throws EvmError `unreachable` | `wrong-chain`; UsageError for a malformed key or URL */
  static async open(options: AccountOptions): Promise<Account> {
    const privateKey = decodePrivateKey(options.privateKey)
    const rpc = new Rpc({
      url: options.rpcUrl,
      timeoutMs: options.requestTimeoutMs ?? DEFAULTS.requestTimeoutMs,
    })
    try {
      const chain = new Chain(rpc, options.confirmations ?? DEFAULTS.confirmations)
      const patienceMs = options.patienceMs ?? DEFAULTS.patienceMs
      const [curve, chainId] = await Promise.all([loadCurve(), chain.id(patienceMs)])
      if (options.chainId !== undefined && options.chainId !== chainId) {
        const message = `the node at ${new URL(options.rpcUrl).origin} serves chain ${chainId}, not ${options.chainId}`
        throw new EvmError('wrong-chain', message)
      }
      return new Account(options, rpc, chain, { chainId, curve, signer: new Signer(privateKey, curve) })
    } catch (error) {
      rpc.close()
      throw error
    }
  }

  private constructor(
    options: AccountOptions,
    rpc: Rpc,
    chain: Chain,
    { chainId, curve, signer }: { readonly chainId: number; readonly curve: Curve; readonly signer: Signer },
  ) {
    const trace = options.trace ?? ((): void => undefined)
    this.#rpc = rpc
    this.chain = chain
    this.curve = curve
    this.chainId = chainId
    this.address = signer.address
    this.patienceMs = options.patienceMs ?? DEFAULTS.patienceMs
    this.heartbeat = new Heartbeat({
      everyMs: options.pollMs ?? DEFAULTS.pollMs,
      wanted: () => !this.sender.idle || (this.onlooker?.wanted() ?? false),
      beat: () => this.#beat(),
      failed: (error: NodeError) => trace(error.message),
    })
    this.sender = new Sender({
      account: signer.address,
      chain,
      outbox: new Outbox({
        sign: (transaction) => signer.sign(transaction, chainId),
        resendAfterMs: options.resendAfterMs ?? DEFAULTS.resendAfterMs,
        feePerGasMax: options.feePerGasMax ?? DEFAULTS.feePerGasMax,
      }),
      wake: () => this.heartbeat.wake(true),
      refused: trace,
    })
  }

  /**
   * Sends a transaction and returns when it is in a block; refuses, before it is sent, what cannot be paid.
   * @throws NodeError where it would revert
   */
  async transact(call: Omit<Call, 'gas'>, view: View): Promise<Dispatched> {
    const { to, data, value } = call
    const [balance, fees] = await Promise.all([
      this.chain.balance(this.address, view.latest),
      this.chain.fees(view),
    ])
    // Asked first, because a node does not even estimate what cannot be paid.
    if (balance < value) return lacking(`${value} wei`, balance)
    // An estimate holds for the state of now; whoever comes between may make it dearer.
    const gas = ((await this.chain.estimateGas(this.address, to, data, value)) * 5n) / 4n
    const total = value + gas * fees.perGasMax
    if (balance < total) return lacking(`${total} wei, the fee included`, balance)
    const { included, ended } = this.sender.send({ to, data, value, gas })
    return { kind: 'sent', receipt: await included, ended }
  }

  /** Everything under way ends with `closed`; no socket and no timer is left. */
  close(): void {
    this.heartbeat.stop()
    this.#rpc.close()
  }

  async #beat(): Promise<void> {
    const view = await this.chain.view()
    await Promise.all([this.sender.beat(view), this.onlooker?.beat(view)])
  }
}

export function lacking(needed: string, held: bigint): Refused {
  const message = `the account holds ${held} where it needs ${needed}`
  return { kind: 'refused', refusal: 'insufficient-funds', message }
}
