/** A payment whose process ends in the middle, and what the wallet's connector says of it. */
import type { PaymentState } from '@hourglass/pay'
import { decodeDecimal } from '../src/amount.ts'
import type { WalletConfig } from '../src/config.ts'
import { quotePayment } from '../src/pay.ts'
import { UnfinishedPayments } from '../src/unfinished-payments.ts'
import { openWallet } from '../src/wallet.ts'

export async function balanceOf(config: WalletConfig): Promise<bigint> {
  const wallet = await openWallet(config)
  const { balance } = await wallet.balance()
  await wallet.close()
  return balance
}

/** Pays 100.00 dollars until one state is durable and all of it has arrived; resolves to the payment's id. */
export async function leaveInTheMiddle(
  config: WalletConfig,
  [target, origin]: readonly [string, string],
): Promise<string> {
  const wallet = await openWallet(config)
  const resolve = new Map([['bob.example', origin]])
  const file = new UnfinishedPayments(config).create({ target, resolve })
  const arrived = Promise.withResolvers<undefined>()
  let state: PaymentState | undefined
  // The second state never becomes durable: nothing leaves after the first.
  const save = async (next: PaymentState): Promise<void> => {
    if (state !== undefined) return new Promise(() => undefined)
    state = next
    return file.save(next)
  }
  const { payment } = await quotePayment(wallet, target, { send: decodeDecimal('100') }, { resolve, save })
  void payment.pay({
    progress({ sent }) {
      if (sent === state?.connection.uncertain) arrived.resolve(undefined)
    },
  })
  await arrived.promise
  file.close()
  await wallet.close()
  return file.id
}
