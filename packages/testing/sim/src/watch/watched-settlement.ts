/** A settlement that somebody looks at: the totals that it tells. Testing. */
import type { Settlement, SettlementInput, SettlementOutput } from '@hourglass/link'
import type { Instant } from '@hourglass/sansio'

export interface SettlementWatch {
  /** The peer has settled that much in all, it says. */
  received(total: bigint): void
}

export class WatchedSettlement<Event, Action> implements Settlement<Event, Action> {
  readonly protocol: string
  readonly #settlement: Settlement<Event, Action>
  readonly #watch: SettlementWatch

  constructor(settlement: Settlement<Event, Action>, watch: SettlementWatch) {
    this.protocol = settlement.protocol
    this.#settlement = settlement
    this.#watch = watch
  }

  handle(input: SettlementInput<Event>, now: Instant): void {
    this.#settlement.handle(input, now)
  }

  poll(): SettlementOutput<Action> | undefined {
    const output = this.#settlement.poll()
    if (output?.kind === 'received') this.#watch.received(output.total)
    return output
  }

  nextTimeout(): Instant | undefined {
    return this.#settlement.nextTimeout()
  }
}
