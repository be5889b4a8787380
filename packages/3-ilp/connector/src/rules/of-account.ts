/** The rules that an account has switched on, in the order in which they are asked: cheap ones first (CONN-19). */
import { balance } from './balance.ts'
import { type Destinations, destinations } from './destinations.ts'
import { duplicates } from './duplicates.ts'
import { liquidity } from './liquidity.ts'
import { outgoingAmount, packetAmount } from './packet-amount.ts'
import { type PacketRate, packetRate } from './packet-rate.ts'
import { packetsInFlight } from './packets-in-flight.ts'
import type { OutgoingRule, Rule } from './rule.ts'
import { type Throughput, incomingThroughput, outgoingThroughput } from './throughput.ts'

/** Switches of an account's rules. What is not given is switched off. */
export interface RuleOptions {
  readonly packetRate?: PacketRate | undefined
  readonly throughput?: Throughput | undefined
  readonly destinations?: Destinations | undefined
  /** Whether two unanswered packets of the peer may not have the same condition. */
  readonly refusesDuplicates?: boolean | undefined
}

export interface AccountRules {
  /** For every packet that comes in, also those that this node answers itself. */
  readonly arriving: readonly Rule[]
  /** For those that are to go on. */
  readonly incoming: readonly Rule[]
  readonly outgoing: readonly OutgoingRule[]
}

export function rulesOf(options: RuleOptions): AccountRules {
  return {
    arriving: switchedOn([packetRate(options.packetRate)]),
    incoming: switchedOn([
      packetsInFlight,
      packetAmount,
      incomingThroughput(options.throughput),
      destinations(options.destinations),
      options.refusesDuplicates === true ? duplicates : undefined,
      balance,
    ]),
    outgoing: switchedOn([outgoingAmount, liquidity, outgoingThroughput(options.throughput)]),
  }
}

function switchedOn<Each>(rules: readonly (Each | undefined)[]): Each[] {
  return rules.filter((rule) => rule !== undefined)
}
