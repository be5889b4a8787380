/** Bugs planted in channels and links. Testing. */
import type { PlantedFault } from './fault.ts'

export const CHANNEL_FAULTS: readonly PlantedFault[] = [
  {
    bug: 'Claims are compared with the wrong sign.',
    path: 'packages/2-link/channel/src/incoming.ts',
    text: 'held !== undefined && claim.amount <= held',
    planted: 'held !== undefined && claim.amount >= held',
    foundBy: ['settlements-mirror'],
  },
  {
    bug: 'A claim counts before it is durable.',
    path: 'packages/2-link/channel/src/incoming.ts',
    text: `    this.#effects.commit(records, () => {
      this.#isCommitting = false
      then()
`,
    planted: `    then()
    this.#effects.commit(records, () => {
      this.#isCommitting = false
`,
    foundBy: ['settlement-before-commit'],
  },
  {
    bug: 'A claim is sent before it is durable.',
    path: 'packages/2-link/channel/src/outgoing.ts',
    text: `    this.#write({ ...this.#record, claim }, () => {
      if (this.#sender.isReady) this.#send(claim)
    })
`,
    planted: `    if (this.#sender.isReady) this.#send(claim)
    this.#write({ ...this.#record, claim })
`,
    foundBy: ['claim-before-commit'],
  },
  {
    bug: 'More is signed than the channel holds.',
    path: 'packages/2-link/channel/src/outgoing.ts',
    text: 'this.#wanted < deposit ? this.#wanted : deposit',
    planted: 'this.#wanted',
    foundBy: ['claims-within-deposit'],
  },
  {
    bug: 'The next process does not know the last claim.',
    path: 'packages/2-link/channel/src/outgoing.ts',
    text: `    this.#record = record
    if (record.channelId`,
    planted: `    this.#record = { ...record, claim: undefined }
    if (record.channelId`,
    foundBy: ['had-is-settled'],
  },
  {
    bug: 'Nothing is redeemed below the threshold, though the operator asks for it.',
    path: 'packages/2-link/channel/src/redeemer.ts',
    text: 'if (this.#isWanted || this.#isEnded) return true',
    planted: 'if (this.#isEnded) return true',
    foundBy: ['received-is-redeemed'],
  },
  {
    bug: 'Orders are rounded up to the units of the ledger.',
    path: 'packages/2-link/channel/src/scales.ts',
    text: 'return (accountTotal * this.#up) / this.#down',
    planted: 'return (accountTotal * this.#up + this.#down - 1n) / this.#down',
    foundBy: ['had-is-settled', 'settlements-mirror'],
  },
  {
    bug: 'What the last claim added is told as what came in in all.',
    path: 'packages/2-link/channel/src/incoming.ts',
    text: 'this.#tell(`${channelId}:${amount}`)',
    planted:
      "this.#effects.emit({ kind: 'received', total: this.#scales.toAccount(added), reference: channelId })",
    foundBy: ['received-only-rises', 'settlements-mirror'],
  },
]
