/** Figures of each account in the text format of Prometheus (CONN-42). Amounts are base units. */
import type { Account, Node } from '@hourglass/connector'

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number | bigint]

export function renderMetrics(node: Node): string {
  const accounts = [...node.connector.accounts()]
  const ofEach = (samples: (account: Account) => Sample[]): Sample[] => accounts.flatMap(samples)
  return [
    metric('hourglass_packets_total', 'counter', ofEach(packetsOf)),
    metric('hourglass_amount_total', 'counter', ofEach(amountsOf)),
    metric('hourglass_held', 'gauge', ofEach(holdsOf)),
    metric(
      'hourglass_balance',
      'gauge',
      ofEach(({ id, balance }) => [[{ account: id }, balance]]),
    ),
    metric(
      'hourglass_link_up',
      'gauge',
      ofEach(({ id, up }) => [[{ account: id }, up ? 1 : 0]]),
    ),
    metric('hourglass_rate', 'gauge', ofEach(ratesOf)),
    metric('hourglass_packets_in_flight', 'gauge', [[{}, node.connector.packetsInFlight]]),
  ].join('')
}

/** Since the node started. */
function packetsOf({ id: account, counts }: Account): Sample[] {
  return [
    [{ account, direction: 'incoming', result: 'fulfilled' }, counts.incomingFulfilled],
    [{ account, direction: 'incoming', result: 'rejected' }, counts.incomingRejected],
    [{ account, direction: 'outgoing', result: 'fulfilled' }, counts.outgoingFulfilled],
    [{ account, direction: 'outgoing', result: 'rejected' }, counts.outgoingRejected],
  ]
}

function amountsOf({ id: account, incoming, outgoing, settled, received }: Account): Sample[] {
  const amounts = { incoming, outgoing, settled, received }
  return Object.entries(amounts).map(([what, amount]) => [{ account, what }, amount])
}

function holdsOf({ id: account, heldIncoming, heldOutgoing }: Account): Sample[] {
  return [
    [{ account, direction: 'incoming' }, heldIncoming],
    [{ account, direction: 'outgoing' }, heldOutgoing],
  ]
}

/** As packets met them last: for people, so a float will do. */
function ratesOf({ id: from, conversions }: Account): Sample[] {
  return Array.from(conversions, ([{ id: to }, { ratio }]) => [
    { from, to },
    Number(ratio.numerator) / Number(ratio.denominator),
  ])
}

/** Names of accounts and assets hold nothing that would have to be escaped. */
function metric(name: string, type: 'counter' | 'gauge', samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`)
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
  })
  return `# TYPE ${name} ${type}\n${lines.join('')}`
}
