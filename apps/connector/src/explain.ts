/** `hourglass-connector explain`: why a running node rejected packets. */
import { adminUrl, ask } from './admin-client.ts'
import type { Config } from './config.ts'
import type { RejectionReport } from './reports.ts'

export interface ExplainOptions {
  /** The number of a rejection, or the condition of a packet in hex; undefined: the newest. */
  readonly packet: string | undefined
  readonly account?: string | undefined
}

/** Newest first. @throws StartError | ConfigError */
export async function askRejections(
  config: Config,
  { packet, account }: ExplainOptions,
): Promise<RejectionReport[]> {
  const query = new URLSearchParams()
  if (packet !== undefined) query.set(/^\d{1,15}$/.test(packet) ? 'id' : 'condition', packet)
  if (account !== undefined) query.set('account', account)
  return (await ask(`${adminUrl(config, 'explain')}/rejections?${String(query)}`)) as RejectionReport[]
}

/** For people: what was rejected, then why. */
export function describeRejection({ id, at, account, amount, destination, ...why }: RejectionReport): string {
  const what = amount === null ? 'what is no packet' : `${amount} to ${destination ?? 'nobody'}`
  return `${id}  ${at}  ${account}: ${what}\n    ${why.code} by rule ${why.rule}: ${why.sentence}`
}
