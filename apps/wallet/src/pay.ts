/** From a name to a quote: asks who is paid, and what the way there offers. Nothing is paid yet. */
import { type SpspQueryOptions, type SpspQueryResult, querySpsp } from '@hourglass/spsp/io'
import type { AssetDetails, Credentials, PaymentAmount, Quote, Ratio } from '@hourglass/stream'
import { type Asset, type Decimal, toBaseUnits } from './amount.ts'
import { WalletError } from './failure.ts'
import type { Payment } from './payment.ts'
import type { Wallet } from './wallet.ts'

/** What is to be paid: as much of the wallet's own asset, or as much of the receiver's. */
export type Wish = { readonly send: Decimal } | { readonly deliver: Decimal }

export interface QuotedPayment {
  /** Whom the payer named, and who answered. */
  readonly receiver: Pick<SpspQueryResult, 'host' | 'finalHost'>
  readonly amount: PaymentAmount
  readonly quote: Quote
  /** The receiver's; undefined where it does not say. */
  readonly asset: Asset | undefined
  /** Pay or cancel it. */
  readonly payment: Payment
}

export interface QuoteOptions extends SpspQueryOptions {
  readonly slippage?: Ratio
}

/** @throws SpspError | WalletError | AmountError */
export async function quotePayment(
  wallet: Wallet,
  target: string,
  wish: Wish,
  options: QuoteOptions = {},
): Promise<QuotedPayment> {
  const amount =
    'send' in wish
      ? { send: toBaseUnits(wish.send, wallet.asset) }
      : { deliver: toBaseUnits(wish.deliver, await askAsset(wallet, target, options)) }
  const receiver = await querySpsp(target, options)
  const { slippage } = options
  const payment = wallet.payment({
    credentials: credentialsOf(receiver),
    amount,
    ...(slippage !== undefined && { slippage }),
  })
  const quote = await payment.quote()
  return { receiver, amount, quote, asset: toAsset(quote.asset), payment }
}

/**
 * What the receiver holds: told by STREAM alone, so a connection of its own is opened for the question. The
 * payment asks for fresh details, since a receiver may refuse those of a closed connection.
 */
async function askAsset(wallet: Wallet, target: string, options: SpspQueryOptions): Promise<Asset> {
  const credentials = credentialsOf(await querySpsp(target, options))
  const question = wallet.payment({ credentials, amount: { deliver: 1n } })
  const { asset } = await question.quote()
  await question.cancel()
  const known = toAsset(asset)
  if (known !== undefined) return known
  const message =
    'the receiver does not say in which asset it is paid: say with --amount what to send instead'
  throw new WalletError('not-payable', message)
}

function credentialsOf({ details }: SpspQueryResult): Credentials {
  return { destination: details.destinationAccount, sharedSecret: details.sharedSecret } // SPSP-10
}

function toAsset(details: AssetDetails | undefined): Asset | undefined {
  return details && { code: details.assetCode, scale: details.assetScale }
}
