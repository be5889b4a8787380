/** Two nodes of ours alone: keysends, told to the payer's node one by one. Tooling. */
import { hash, randomBytes } from 'node:crypto'
import { openNodes } from '../../lightning-nodes.ts'
import { AMOUNT_MSAT, type LightningSubject } from '../../lightning-pair.ts'
import { keepInFlight } from '../../load.ts'

export const subject: LightningSubject = {
  async open() {
    const nodes = await openNodes('process')
    const { payer, payee } = nodes
    const { nodeId } = await payee.info()
    payee.listen((event) => {
      // As a settlement does; whatever ends the node ends this too.
      if (event.kind === 'received') payee.forgetReceipts([event.receipt.index]).catch(() => undefined)
    })
    const pay = async (): Promise<void> => {
      const payment = { nodeId, amountMsat: AMOUNT_MSAT, preimage: randomBytes(32), records: [] }
      const end = await payer.keysend(payment)
      if (end.kind === 'failed') throw new Error(`not paid: ${end.reason}`)
      payer.forgetPayment(hash('sha256', payment.preimage, 'buffer')).catch(() => undefined)
    }
    return {
      readyMs: nodes.readyMs,
      pids: () => nodes.pids(),
      pay: (payments, inFlight) => keepInFlight(inFlight, payments, pay),
      restart: () => nodes.restart(),
      close: () => nodes.close(),
    }
  },
}
