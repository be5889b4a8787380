/** From a payment pointer to a payment: asks who is paid, and in which asset. Layer 5, io. */
import { type SpspQueryOptions, type SpspQueryResult, querySpsp } from '@hourglass/spsp/io'
import type { AssetDetails, Credentials } from '@hourglass/stream'
import type { PaymentEnd } from '../end.ts'
import type { PacketLink } from './packet-link.ts'
import { RunningPayment, type RunningPaymentOptions } from './running-payment.ts'

export interface PointerPaymentOptions extends Omit<RunningPaymentOptions, 'credentials'> {
  /** A payment pointer or its URL. */
  readonly target: string
  readonly spsp?: SpspQueryOptions
}

export interface PointerPayment {
  /** Whom the payer named, and who answered. */
  readonly receiver: Pick<SpspQueryResult, 'host' | 'finalHost'>
  readonly payment: RunningPayment
}

/** @throws SpspError */
export async function openPointerPayment(options: PointerPaymentOptions): Promise<PointerPayment> {
  const { target, spsp, ...rest } = options
  const answer = await querySpsp(target, spsp)
  const payment = new RunningPayment({ ...rest, credentials: credentialsOf(answer) })
  return { receiver: { host: answer.host, finalHost: answer.finalHost }, payment }
}

/** What the receiver says it holds; where there is no way to ask, `end` tells why, else it is `cancelled`. */
export interface AssetAnswer {
  /** Undefined where it does not say. */
  readonly asset: AssetDetails | undefined
  readonly end: PaymentEnd
}

/**
 * What the receiver holds: told by STREAM alone, so a connection of its own is opened for the question. The payment
 * asks for fresh details, since a receiver may refuse those of a closed connection. @throws SpspError
 */
export async function askAsset(
  link: PacketLink,
  target: string,
  spsp?: SpspQueryOptions,
): Promise<AssetAnswer> {
  const payment = { amount: { deliver: 1n } }
  const { payment: question } = await openPointerPayment({ link, target, payment, ...(spsp && { spsp }) })
  const quote = await question.quote()
  const { end } = await question.cancel()
  return { asset: quote?.asset, end }
}

function credentialsOf({ details }: SpspQueryResult): Credentials {
  return { destination: details.destinationAccount, sharedSecret: details.sharedSecret } // SPSP-10
}
