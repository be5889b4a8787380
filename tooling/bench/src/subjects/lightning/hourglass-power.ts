/** Our settlement over two nodes of ours: books that survive the loss of power. Tooling. */
import { openAccounts } from '../../lightning-accounts.ts'
import { openNodes } from '../../lightning-nodes.ts'
import type { LightningSubject } from '../../lightning-pair.ts'

export const subject: LightningSubject = {
  open: async () => openAccounts(await openNodes('power'), 'power'),
}
