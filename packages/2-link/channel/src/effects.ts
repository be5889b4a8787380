/** What the halves of a channel settlement do beside what all settlements do: actions on the ledger. Layer 2. */
import type { LedgerAction, LedgerEvent } from '@hourglass/ledger'
import { SettlementEffects } from '@hourglass/link'

type DistributeOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never
/** An action before it has its number. */
export type UnnumberedAction = DistributeOmit<LedgerAction, 'id'>
export type ActionEnd = Extract<LedgerEvent, { readonly kind: 'done' | 'failed' }>

export class Effects extends SettlementEffects<LedgerAction> {
  readonly #actions = new Map<number, (end: ActionEnd) => void>()

  /** Does something on the ledger; `then` hears how it ended. */
  perform(action: UnnumberedAction, then: (end: ActionEnd) => void): void {
    const id = this.nextId()
    this.#actions.set(id, then)
    this.emit({ kind: 'ledger', action: { ...action, id } })
  }

  ended(end: ActionEnd): void {
    const then = this.#actions.get(end.id)
    this.#actions.delete(end.id)
    then?.(end)
  }
}
