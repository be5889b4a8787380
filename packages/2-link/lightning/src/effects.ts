/** What the parts of a Lightning settlement do beside what all settlements do: orders to the node. Layer 2. */
import { SettlementEffects } from '@hourglass/link'
import type { LightningAction } from './session.ts'

export class Effects extends SettlementEffects<LightningAction> {
  perform(action: LightningAction): void {
    this.emit({ kind: 'ledger', action })
  }
}
