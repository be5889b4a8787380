/** What the node pays to have transactions mined: estimates of its chain, or constants. Layer 2, io. */
import { ConfirmationTarget, FeeEstimator } from 'lightningdevkit'
import type { BitcoinRpc } from '../chain/bitcoin-rpc.ts'

/** Satoshi per 1000 weight units: the least that nodes relay. */
const FEE_RATE_MIN = 253
/** Taken where the chain's server has no estimate: nothing is in a hurry there. */
const FEE_RATE_FALLBACK = 1000

/** How many blocks a transaction may wait, by what it is for. */
const BLOCKS = { urgent: 2, normal: 12, background: 144 } as const
type Urgency = keyof typeof BLOCKS

/** No peer shall make us agree to more than so many times the urgent rate. */
const MAXIMUM_FACTOR = 3

export class Fees {
  readonly estimator: FeeEstimator
  readonly #rpc: BitcoinRpc
  /** What the chain's server takes at all. */
  #min = FEE_RATE_MIN
  #rates: Record<Urgency, number> = {
    urgent: 2 * FEE_RATE_FALLBACK,
    normal: FEE_RATE_FALLBACK,
    background: FEE_RATE_MIN,
  }

  constructor(rpc: BitcoinRpc) {
    this.#rpc = rpc
    const estimate = (target: ConfirmationTarget): number => this.#rateFor(target)
    this.estimator = FeeEstimator.new_impl({ get_est_sat_per_1000_weight: estimate })
  }

  /** For transactions of the wallet. */
  get feeRate(): number {
    return this.#rate('normal')
  }

  /** For those that have waited. */
  get urgentFeeRate(): number {
    return this.#rate('urgent')
  }

  /** Asks the chain's server anew; what it does not know stays as it is. */
  async refresh(): Promise<void> {
    const rates = { ...this.#rates }
    for (const urgency of ['urgent', 'normal', 'background'] as const) {
      rates[urgency] = (await this.#rpc.feeRate(BLOCKS[urgency])) ?? rates[urgency]
    }
    this.#rates = rates
    this.#min = Math.max(FEE_RATE_MIN, (await this.#rpc.feeRateMin()) ?? FEE_RATE_MIN)
  }

  #rate(urgency: Urgency): number {
    return Math.max(this.#rates[urgency], this.#min)
  }

  #rateFor(target: ConfirmationTarget): number {
    switch (target) {
      case ConfirmationTarget.LDKConfirmationTarget_MaximumFeeEstimate:
        return MAXIMUM_FACTOR * this.#rate('urgent')
      case ConfirmationTarget.LDKConfirmationTarget_UrgentOnChainSweep:
        return this.#rate('urgent')
      case ConfirmationTarget.LDKConfirmationTarget_NonAnchorChannelFee:
      case ConfirmationTarget.LDKConfirmationTarget_OutputSpendingFee:
        return this.#rate('normal')
      // What a commitment with anchors pays by itself: enough to be taken, so that what bumps it can come.
      case ConfirmationTarget.LDKConfirmationTarget_AnchorChannelFee:
      case ConfirmationTarget.LDKConfirmationTarget_ChannelCloseMinimum:
        return this.#min
      // What a peer may offer at least.
      default:
        return FEE_RATE_MIN
    }
  }
}
