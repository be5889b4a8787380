/** What a Lightning settlement is told when it is made. Layer 2. */
import { type Crypto, type Rng, UsageError } from '@hourglass/sansio'
import { type BitcoinNetwork, MSAT_SCALE, type NodeAddress } from './node.ts'

export interface LightningOptions {
  /** The account that is settled: names its records, and what is paid to it. Without `/`. */
  readonly account: string
  /** Of its asset, which is bitcoin: 8 for satoshi, 11 for millisatoshi. */
  readonly accountScale: number
  readonly network: BitcoinNetwork
  /** Our node, as the peer's node reaches it. */
  readonly address: NodeAddress
  /** 32 bytes that nobody else knows, the same after a restart: from it follow the references of payments to us. */
  readonly secret: Uint8Array
  readonly rng: Rng
  readonly crypto: Crypto
  /** Capacity of a channel that we open where what is owed does not fit into those there are. 0: none is opened. */
  readonly channelSat: bigint
  /** The channels to this peer that we opened have no more in all. */
  readonly budgetSat: bigint
  /** How we pay: by the peer's node id alone, or by invoices that it is asked for. Default `keysend`. */
  readonly by?: 'keysend' | 'invoice'
  /** What is in the wallet beyond that may be spent on channels: for what closing them costs. Default 0. */
  readonly reserveSat?: bigint
  /**
   * With less of `channelSat` left to send, in percent, another channel is opened before it is needed. 0: none is.
   * Default `REFILL_PERCENT`.
   */
  readonly refillPercent?: number
  /** The peer is asked to open channels until it can pay us as much over them. Default 0. */
  readonly inboundSat?: bigint
  /** Whether we open a channel, within budget and reserve, where the peer asks for one. Default: no. */
  readonly servesInbound?: boolean
  /** How long the peer has to agree to closes once the peering has ended. Default `CLOSE_PATIENCE_MS`. */
  readonly closePatienceMs?: number
}

const SECRET_BYTES = 32
const SCALE_MAX = 255

/** @throws UsageError where they cannot be meant */
export function checkOptions({
  account,
  accountScale,
  secret,
  channelSat,
  budgetSat,
  reserveSat = 0n,
  inboundSat = 0n,
  refillPercent = 0,
}: LightningOptions): void {
  if (account === '' || account.includes('/')) throw new UsageError(`'${account}' cannot name records`)
  if (!Number.isInteger(accountScale) || accountScale < 0 || accountScale > SCALE_MAX) {
    throw new UsageError(`${accountScale} is not an asset scale between 0 and ${SCALE_MAX}`)
  }
  if (secret.length !== SECRET_BYTES) throw new UsageError(`a secret has ${SECRET_BYTES} bytes`)
  if (channelSat < 0n || budgetSat < channelSat) {
    throw new UsageError(`no channel of ${channelSat} sat is within a budget of ${budgetSat} sat`)
  }
  for (const amountSat of [reserveSat, inboundSat]) {
    if (amountSat < 0n) throw new UsageError(`${amountSat} sat is below zero`)
  }
  if (!Number.isInteger(refillPercent) || refillPercent < 0 || refillPercent > 100) {
    throw new UsageError(`${refillPercent} is no share in percent`)
  }
}

/** A running total in millisatoshi; what is below one stays in the total and counts next time. */
export function toMsat(total: bigint, accountScale: number): bigint {
  return scale(total, MSAT_SCALE - accountScale)
}

/** A running total in base units of the account, rounded down. */
export function fromMsat(totalMsat: bigint, accountScale: number): bigint {
  return scale(totalMsat, accountScale - MSAT_SCALE)
}

function scale(total: bigint, digits: number): bigint {
  return digits < 0 ? total / 10n ** BigInt(-digits) : total * 10n ** BigInt(digits)
}
