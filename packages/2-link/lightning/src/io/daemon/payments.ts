/** What payments through any daemon have in common. Layer 2, io. */
import type { PaymentEnd } from '../../node.ts'
import { LightningError } from '../lightning-error.ts'

/** Part of the amount that a way may cost, and what it may cost in any case. */
const FEE_PPM_MAX = 5000n
const FEE_MSAT_EXEMPT = 5000n

/** How long a daemon looks for a way. */
export const RETRY_S = 60

export function feeMsatMax(amountMsat: bigint): bigint {
  const share = (amountMsat * FEE_PPM_MAX) / 1_000_000n
  return share > FEE_MSAT_EXEMPT ? share : FEE_MSAT_EXEMPT
}

/** Payments under way: whoever asks for one meanwhile hears of the same end. */
export class UnderWay {
  readonly #ends = new Map<string, Promise<PaymentEnd>>()
  /** Told, and not forgotten. */
  readonly #failed = new Set<string>()

  /** By its hash. What `pay` cannot find out, it has not been told: nothing but an end is final. */
  join(hash: string, pay: () => Promise<PaymentEnd>): Promise<PaymentEnd> {
    const underWay = this.#ends.get(hash)
    if (underWay !== undefined) return underWay
    const end = this.#run(hash, pay)
    this.#ends.set(hash, end)
    return end
  }

  /** What was paid stays paid, and the daemon remembers it. What failed is dropped there, and may be tried anew. */
  async forget(hash: string, drop: () => Promise<unknown>): Promise<void> {
    if (!this.#failed.has(hash)) return
    await drop()
    this.#failed.delete(hash)
  }

  async #run(hash: string, pay: () => Promise<PaymentEnd>): Promise<PaymentEnd> {
    try {
      const end = await pay()
      if (end.kind === 'failed') this.#failed.add(hash)
      return end
    } catch (error) {
      throw asUnknown(error)
    } finally {
      this.#ends.delete(hash)
    }
  }
}

/** A payment is asked for again as long as its end is not known, whatever went wrong. */
function asUnknown(error: unknown): unknown {
  if (!(error instanceof LightningError) || error.code === 'unavailable') return error
  return new LightningError('unavailable', error.message, { cause: error })
}
