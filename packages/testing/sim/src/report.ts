/** A failing run in words: what broke, one command that shows it again, and what led there. Testing. */
import { describeFault } from './faults.ts'
import type { FailingRun } from './minimise.ts'
import type { NetworkPlan, PeeringPlan, Terms, WalletPlan } from './plan.ts'
import { type ScenarioOptions, runScenario } from './scenario.ts'

/** Lines of the log that a report ends with. */
const TRACE_LINES = 60

export function replayCommand({ seed, nodes, faults, payments, isHonest }: ScenarioOptions): string {
  const parts = ['npm run sim --', `--seed ${seed}`]
  if (isHonest === true) parts.push('--honest')
  if (nodes !== undefined) parts.push(`--nodes ${nodes}`)
  if (faults !== undefined) parts.push(`--faults ${faults.join(',') || 'none'}`)
  if (payments !== undefined) parts.push(`--payments ${payments.join(',') || 'none'}`)
  return parts.join(' ')
}

/** Runs once more, with a log. */
export function describeFailure({ options }: FailingRun): string {
  const { failure, plan, cheat, faults, payments, log } = runScenario({ ...options, isTraced: true })
  if (failure === undefined) return `${replayCommand(options)}\nfailed once and does not fail again`
  const { error, atMs, nodes, invariant } = failure
  return [
    error.message,
    `  at ${atMs} ms; again: ${replayCommand(options)}`,
    ...(error.name === invariant ? [error.stack ?? ''] : []),
    ...describeNetwork(plan).map((line) => `  ${line}`),
    ...(cheat === undefined ? [] : [`  ${cheat.node} cheats: ${cheat.kinds.join(', ')}`]),
    ...payments.map(({ index, from, to, afterMs, amount }) => {
      const what = 'send' in amount ? `sends ${amount.send}` : `delivers ${amount.deliver}`
      return `  payment #${index}: ${from} ${what} to ${to} after ${afterMs} ms`
    }),
    ...faults.map((fault) => `  fault ${describeFault(fault, plan)}`),
    ...log.tail(TRACE_LINES, nodes.length === 0 ? undefined : [...nodes, '!']).map((line) => `  ${line}`),
  ].join('\n')
}

function describeNetwork({ shape, connectors, peerings, wallets }: NetworkPlan): string[] {
  return [
    `${shape} of ${connectors.map(({ name, skewMs }) => `${name} (clock ${skewMs} ms)`).join(', ')}`,
    ...peerings.map(
      (peering) => `${peering.ends.join(` has ${peering.relation} `)}: ${describeJoint(peering)}`,
    ),
    ...wallets.map((wallet) => `${wallet.name} - ${wallet.parent}: ${describeJoint(wallet)}`),
  ]
}

function describeJoint({ wire, climate, asset, balanceMax, ...terms }: PeeringPlan | WalletPlan): string {
  const way = `${wire} ${climate.latencyMs}-${climate.latencyMs + climate.jitterMs} ms`
  return `${asset.code}/${asset.scale}, ${way}, at most ${balanceMax}, ${describeSettlement(terms)}`
}

function describeSettlement({ prepay, settlement }: Pick<Terms, 'prepay' | 'settlement'>): string {
  if (settlement === undefined) return 'not settled'
  return prepay === undefined ? `settled from ${settlement.threshold} on` : `prepaid up to ${prepay}`
}
