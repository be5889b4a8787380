/** Bugs planted in the connector. Testing. */
import type { PlantedFault } from './fault.ts'

export const CONNECTOR_FAULTS: readonly PlantedFault[] = [
  {
    bug: 'A Reject is relayed and the hold of its packet is not voided.',
    path: 'packages/3-ilp/connector/src/in-flight.ts',
    text: `      this.#clearing.void(pending)
`,
    planted: '',
    foundBy: ['all-decided'],
  },
  {
    bug: 'A payment ahead that is under way is ordered again.',
    path: 'packages/3-ilp/connector/src/account.ts',
    text: 'const paidAhead = this.settled - this.outgoing',
    planted: 'const paidAhead = this.sent - this.outgoing',
    foundBy: ['prepaid-limit'],
  },
  {
    bug: 'A Fulfill is relayed before the books are durable.',
    path: 'packages/3-ilp/connector/src/clearing.ts',
    text: 'const isMoney = hold !== undefined && isFulfilled',
    planted: 'const isMoney = false',
    foundBy: ['commit-before-reveal'],
  },
  {
    bug: 'A Prepare goes on before its hold is durable.',
    path: 'packages/3-ilp/connector/src/in-flight.ts',
    text: 'this.#clearing.reveal(isMoney, {',
    planted: 'this.#clearing.reveal(false, {',
    foundBy: ['hold-before-forward', 'holds-survive'],
  },
  {
    bug: 'What waits for the next commit comes out with the one before.',
    path: 'packages/3-ilp/connector/src/commit-gate.ts',
    text: 'for (const output of commit.hidden) outputs',
    planted: 'for (const output of [...commit.hidden, ...this.#hidden.splice(0)]) outputs',
    foundBy: ['hold-before-forward'],
  },
  {
    bug: 'A second commit is asked for while the first is under way, and what waits for the first is lost.',
    path: 'packages/3-ilp/connector/src/commit-gate.ts',
    text: `    if (this.#committing !== undefined) return
`,
    planted: '',
    foundBy: ['all-decided'],
  },
  {
    bug: 'A packet goes on with the expiry that it came with.',
    path: 'packages/3-ilp/connector/src/rules/expiry.ts',
    text: 'expiresAt - expiryMarginMs, now',
    planted: 'expiresAt, now',
    foundBy: ['outgoing-expires-first'],
  },
  {
    bug: 'The next peer has until the incoming expiry to answer.',
    path: 'packages/3-ilp/connector/src/in-flight.ts',
    text: 'deadline: expiresAt,',
    planted: 'deadline: prepare.expiresAt,',
    foundBy: ['deadline-by-expiry'],
  },
  {
    bug: 'Amounts are rounded up.',
    path: 'packages/3-ilp/connector/src/ratio.ts',
    text: ': (amount * ratio.numerator) / ratio.denominator',
    planted: ': (amount * ratio.numerator + ratio.denominator - 1n) / ratio.denominator',
    foundBy: ['fair-amount'],
  },
  {
    bug: 'The spread is not taken.',
    path: 'packages/3-ilp/connector/src/rates.ts',
    text: 'numerator: spread.denominator - spread.numerator,',
    planted: 'numerator: spread.denominator,',
    foundBy: ['fair-amount'],
  },
  {
    bug: 'The way back has the rate of the way there.',
    path: 'packages/3-ilp/connector/src/rates.ts',
    text: 'this.#fixed.set(inverse, invert(rate))',
    planted: 'this.#fixed.set(inverse, rate)',
    foundBy: ['fair-amount'],
  },
  {
    bug: 'Scales are taken the wrong way round.',
    path: 'packages/3-ilp/connector/src/rates.ts',
    text: 'powerOfTen(to.scale - from.scale)',
    planted: 'powerOfTen(from.scale - to.scale)',
    foundBy: ['fair-amount'],
  },
  {
    bug: 'A packet goes on with the amount that it came with.',
    path: 'packages/3-ilp/connector/src/in-flight.ts',
    text: 'rewritePrepare(outgoing, amount, expiresAt)',
    planted: 'rewritePrepare(outgoing, incomingAmount, expiresAt)',
    foundBy: ['fair-amount'],
  },
  {
    bug: 'The balance limit is asked without what is held.',
    path: 'packages/3-ilp/connector/src/account.ts',
    text: 'this.balance + this.heldIncoming + amount <= this.balanceMax',
    planted: 'this.balance + amount <= this.balanceMax',
    foundBy: ['balance-limit'],
  },
  {
    bug: 'What is given up is void in the books.',
    path: 'packages/3-ilp/connector/src/unanswered.ts',
    text: 'this.#clearing.books.giveUp(hold)',
    planted: 'this.#clearing.books.void(hold)',
    foundBy: ['AssertionError'],
  },
]
