/** From a payment pointer to a payment: asks who is paid, and in which asset. Layer 5, io. */
import { type SpspQueryOptions, type SpspQueryResult, querySpsp } from '@hourglass/spsp/io'
import type { AssetDetails, Credentials } from '@hourglass/stream'
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

/**
 * What the receiver holds: told by STREAM alone, so a connection of its own is opened for the question. The payment
 * asks for fresh details, since a receiver may refuse those of a closed connection. Undefined where it does not say.
 * @throws SpspError
 */
export async function askAsset(
  link: PacketLink,
  target: string,
  spsp?: SpspQueryOptions,
): Promise<AssetDetails | undefined> {
  const payment = { amount: { deliver: 1n } }
  const { payment: question } = await openPointerPayment({ link, target, payment, ...(spsp && { spsp }) })
  const quote = await question.quote()
  await question.cancel()
  return quote?.asset
}

function credentialsOf({ details }: SpspQueryResult): Credentials {
  return { destination: details.destinationAccount, sharedSecret: details.sharedSecret } // SPSP-10
}
