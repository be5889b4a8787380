/** Who pays whom, how much and when. Testing. */
import type { Chance } from './chance.ts'
import type { NetworkPlan, PaymentPlan, WalletPlan } from './plan.ts'
import { worth } from './topology.ts'

/** Payments begin in that much time. */
const PAYMENTS_MS = 60_000

export function drawPayments({ wallets }: NetworkPlan, count: number, chance: Chance): PaymentPlan[] {
  return Array.from({ length: count }, (_, index) => drawPayment(index, wallets, chance.fork(index)))
}

function drawPayment(index: number, wallets: readonly WalletPlan[], chance: Chance): PaymentPlan {
  const from = chance.integer(0, wallets.length - 1)
  const to = (from + chance.integer(1, wallets.length - 1)) % wallets.length
  const [payer, payee] = [wallets[from]!, wallets[to]!]
  const afterMs = chance.integer(0, PAYMENTS_MS)
  const cents = chance.magnitude(1, 20_000)
  // Now and then a few base units, where rounding is most of it.
  const few = chance.happens(0.1) ? BigInt(chance.integer(1, 20)) : undefined
  const amount = chance.happens(0.6)
    ? { send: few ?? worth(cents, payer.asset) }
    : { deliver: few ?? worth(cents, payee.asset) }
  // Most payers give a packet as long as it may be held; some are in a hurry.
  const packetLifetimeMs = chance.happens(0.7) ? 30_000 : chance.integer(2000, 20_000)
  return { index, afterMs, from: payer.name, to: payee.name, packetLifetimeMs, amount }
}
