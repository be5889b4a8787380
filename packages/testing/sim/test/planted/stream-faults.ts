/** Bugs planted in STREAM. Testing. */
import type { PlantedFault } from './fault.ts'

export const STREAM_FAULTS: readonly PlantedFault[] = [
  {
    bug: 'Each packet counts as all that has come in so far.',
    path: 'packages/4-transport/stream/src/connection/incoming.ts',
    text: 'streamId: stream.id, amount, total: shared.received })',
    planted: 'streamId: stream.id, amount: shared.received, total: shared.received })',
    foundBy: ['money-once'],
  },
  {
    bug: 'Money counts that is not fulfilled.',
    path: 'packages/4-transport/stream/src/connection/incoming.ts',
    text: "if (shares === undefined || verdict !== 'take') {",
    planted: `this.#credit(shares ?? divide(amount, packet.frames, this.#shared) ?? [])
    if (shares === undefined || verdict !== 'take') {`,
    foundBy: ['money-once'],
  },
  {
    bug: 'Packets are taken that bring less than their minimum.',
    path: 'packages/4-transport/stream/src/connection/incoming.ts',
    text: `      amount >= packet.prepareAmount && // STR-85
`,
    planted: '',
    foundBy: ['delivered-is-earned'],
  },
  {
    bug: 'A packet that failed counts as sent.',
    path: 'packages/4-transport/stream/src/plan.ts',
    text: `    if (surplus < 0n) this.#credit -= surplus
`,
    planted: `    if (surplus < 0n) this.#credit -= surplus
    this.sent += part.amount
`,
    foundBy: ['report-is-exact'],
  },
  {
    bug: 'What is on its way is not taken off what may be sent.',
    path: 'packages/4-transport/stream/src/plan.ts',
    text: 'this.sendMax - this.sent - this.#sourceInFlight',
    planted: 'this.sendMax - this.sent',
    foundBy: ['sends-at-most'],
  },
  {
    bug: 'What is offered at the quoted rate is reported as delivered.',
    path: 'packages/4-transport/stream/src/spending.ts',
    text: 'isHonest ? packet.prepareAmount : destinationMin',
    planted: '(part.amount * plan.rate.numerator) / plan.rate.denominator',
    foundBy: ['delivered-is-earned'],
  },
  {
    bug: 'A packet whose fate is unknown is sent again.',
    path: 'packages/4-transport/stream/src/spending.ts',
    text: `    this.#uncertain += part.amount
    this.finish('link-lost')
`,
    planted: '',
    foundBy: ['sends-at-most'],
  },
]
