/** What the connector tells people of packets and holds. Layer 3, connector. */
import type { Hold } from '@hourglass/books'
import { PacketType } from '@hourglass/ilp'
import type { Queue, TraceOutput } from '@hourglass/sansio'
import type { Account } from './account.ts'

interface Passed {
  readonly source: Account
  readonly destination: Account
  readonly incomingAmount: bigint
  readonly amount: bigint
}

type Fields = TraceOutput['fields']

export class Traces {
  readonly #outputs: Pick<Queue<TraceOutput>, 'push'>

  constructor(outputs: Pick<Queue<TraceOutput>, 'push'>) {
    this.#outputs = outputs
  }

  add(event: string, fields: Fields): void {
    this.#outputs.push({ kind: 'trace', event, fields })
  }

  packet({ source, destination, incomingAmount, amount }: Passed, reply: Uint8Array): void {
    const fulfilled = reply[0] === PacketType.Fulfill
    this.add(fulfilled ? 'connector.packet-fulfilled' : 'connector.packet-relayed-reject', {
      from: source.id,
      to: destination.id,
      incomingAmount,
      outgoingAmount: amount,
    })
  }

  /** What an operator must hear of, watched or not (RISK-15). */
  loss(event: string, { destination, incomingAmount, amount }: Passed, fields: Fields): void {
    this.add(event, { account: destination.id, incomingAmount, outgoingAmount: amount, ...fields })
  }

  hold(event: string, hold: Hold, fields: Fields = {}): void {
    const { id, source, destination, incomingAmount, outgoingAmount } = hold
    this.add(event, {
      hold: id,
      account: destination.id,
      from: source.id,
      incomingAmount,
      outgoingAmount,
      ...fields,
    })
  }
}
