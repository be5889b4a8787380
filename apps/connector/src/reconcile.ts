/**
 * `hourglass-connector reconcile`: ends the packets of a running node that have no outcome.
 * It asks each peer again; what no peer can say, the operator decides by hand.
 */
import { setTimeout } from 'node:timers/promises'
import { adminUrl, ask } from './admin-client.ts'
import type { Config } from './config.ts'
import type { HoldReport } from './reports.ts'

/** How the operator ends a hold; `fulfillment` is hex. */
export interface HandDecision {
  readonly hold: number
  readonly outcome: 'post' | 'pay' | 'void'
  readonly fulfillment?: string | undefined
}

/** How long peers are waited for. */
const PATIENCE_MS = 5000
const LOOK_EVERY_MS = 200

/**
 * Carries out a decision, or asks the peers; returns what has no outcome after that.
 * @throws StartError | ConfigError
 */
export async function reconcile(config: Config, decision: HandDecision | undefined): Promise<HoldReport[]> {
  const admin = adminUrl(config, 'reconcile')
  if (decision !== undefined) {
    const { hold, ...order } = decision
    await ask(`${admin}/holds/${hold}`, order)
    return undecided(admin)
  }
  for (const account of new Set((await undecided(admin)).map(({ to }) => to))) {
    await ask(`${admin}/accounts/${account}/reconcile`, {})
  }
  const patience = AbortSignal.timeout(PATIENCE_MS)
  let open = await undecided(admin)
  while (open.length > 0 && !patience.aborted) {
    await setTimeout(LOOK_EVERY_MS)
    open = await undecided(admin)
  }
  return open
}

/** One line for people. */
export function describeHold({
  id,
  state,
  from,
  to,
  incomingAmount,
  outgoingAmount,
  expiresAt,
}: HoldReport): string {
  const what = `${incomingAmount} of ${from} for ${outgoingAmount} to ${to}, expiry ${expiresAt}`
  const why =
    state === 'given-up'
      ? `${to} says that it was fulfilled, too late`
      : `${to} has not said what became of it`
  return `hold ${id}: ${what}; ${why}`
}

/** Packets under way are their peers' business. */
async function undecided(admin: string): Promise<HoldReport[]> {
  const holds = (await ask(`${admin}/holds`)) as HoldReport[]
  return holds.filter(({ state }) => state !== 'sent')
}
