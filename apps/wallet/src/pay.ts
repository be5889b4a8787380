/** From a name to a quote: asks who is paid, and what the way there offers. Nothing is paid yet. */
import type { PaymentState } from '@hourglass/pay'
import { type PointerPayment, type RunningPayment, askAsset, openPointerPayment } from '@hourglass/pay/io'
import type { SpspQueryOptions } from '@hourglass/spsp/io'
import type { AssetDetails, PaymentAmount, Quote, Ratio } from '@hourglass/stream'
import { type Asset, type Decimal, toBaseUnits } from './amount.ts'
import { endMessage } from './end-message.ts'
import { WalletError } from './failure.ts'
import type { Wallet } from './wallet.ts'

/** What is to be paid: as much of the wallet's own asset, or as much of the receiver's. */
export type Wish = { readonly send: Decimal } | { readonly deliver: Decimal }

export interface OpenPayment extends Pick<PointerPayment, 'receiver'> {
  /** Of the whole payment. */
  readonly amount: PaymentAmount
  /** For what is still to be paid; undefined where it has ended already: `payment.result()` tells how. */
  readonly quote: Quote | undefined
  /** The receiver's; undefined where it does not say. */
  readonly asset: Asset | undefined
  /** Pay or cancel it. */
  readonly payment: RunningPayment
}

export interface QuotedPayment extends OpenPayment {
  readonly quote: Quote
}

export interface QuoteOptions extends SpspQueryOptions {
  readonly slippage?: Ratio
  /** Resolves when the state is durable: a payment whose process ends goes on from there with `resumePayment`. */
  readonly save?: (state: PaymentState) => Promise<void>
}

/** @throws SpspError | WalletError | AmountError */
export async function quotePayment(
  wallet: Wallet,
  target: string,
  wish: Wish,
  options: QuoteOptions = {},
): Promise<QuotedPayment> {
  const { slippage, save, ...spsp } = options
  const link = wallet.packets
  const amount =
    'send' in wish
      ? { send: toBaseUnits(wish.send, wallet.asset) }
      : { deliver: toBaseUnits(wish.deliver, await receiverAsset(wallet, target, spsp)) }
  const { receiver, payment } = await openPointerPayment({
    link,
    target,
    spsp,
    payment: { amount, ...(slippage && { slippage }) },
    ...(save && { save }),
  })
  const quote = await payment.quote()
  if (quote !== undefined) return { receiver, amount, quote, asset: toAsset(quote.asset), payment }
  const { end } = await payment.result()
  throw new WalletError('not-payable', `nothing was paid: ${endMessage(end, wallet.asset)}`)
}

/** Goes on with a payment on the terms that were agreed on. @throws SpspError */
export async function resumePayment(
  wallet: Wallet,
  target: string,
  state: PaymentState,
  { save, ...spsp }: Omit<QuoteOptions, 'slippage'> = {},
): Promise<OpenPayment> {
  const { receiver, payment } = await openPointerPayment({
    link: wallet.packets,
    target,
    spsp,
    payment: { state },
    ...(save && { save }),
  })
  const quote = await payment.quote()
  return { receiver, amount: state.amount, quote, asset: toAsset(quote?.asset), payment }
}

async function receiverAsset(wallet: Wallet, target: string, spsp: SpspQueryOptions): Promise<Asset> {
  const { asset, end } = await askAsset(wallet.packets, target, spsp)
  if (asset !== undefined) return toAsset(asset)
  const message =
    end.kind === 'cancelled'
      ? 'the receiver does not say in which asset it is paid: say with --amount what to send instead'
      : `nothing was paid: ${endMessage(end, wallet.asset)}`
  throw new WalletError('not-payable', message)
}

function toAsset(details: AssetDetails): Asset
function toAsset(details: AssetDetails | undefined): Asset | undefined
function toAsset(details: AssetDetails | undefined): Asset | undefined {
  return details && { code: details.assetCode, scale: details.assetScale }
}
