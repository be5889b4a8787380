/** Bugs planted in the books. Testing. */
import type { PlantedFault } from './fault.ts'

export const BOOK_FAULTS: readonly PlantedFault[] = [
  {
    bug: 'A hold that ends frees the money of the incoming side alone.',
    path: 'packages/3-ilp/books/src/books.ts',
    text: `    destination.heldOutgoing -= outgoingAmount
`,
    planted: '',
    foundBy: ['all-decided'],
  },
  {
    bug: 'A hold that was given up frees its money again when it ends.',
    path: 'packages/3-ilp/books/src/books.ts',
    text: "if (hold.state !== 'given-up') this.#release(hold)",
    planted: 'this.#release(hold)',
    foundBy: ['held-while-unanswered'],
  },
  {
    bug: 'The next process knows the holds, and not that their money is held.',
    path: 'packages/3-ilp/books/src/books.ts',
    text: `    source.heldIncoming += entry.incomingAmount
    destination.heldOutgoing += entry.outgoingAmount
`,
    planted: '',
    foundBy: ['held-while-unanswered'],
  },
  {
    bug: 'A settlement that came in is added as often as it is told.',
    path: 'packages/3-ilp/books/src/books.ts',
    text: `    const amount = total - account.received
    if (amount <= 0n) return 0n
    account.received = total
`,
    planted: `    const amount = total
    if (amount <= 0n) return 0n
    account.received += total
`,
    foundBy: ['had-is-settled'],
  },
  {
    bug: 'The outcome of a posted hold is not kept.',
    path: 'packages/3-ilp/books/src/books.ts',
    text: `this.#log.write({
      kind: 'posted',`,
    planted: `void ({
      kind: 'posted',`,
    foundBy: ['balance-limit'],
  },
  {
    bug: 'A posted packet changes the account that it went to, and not its record.',
    path: 'packages/3-ilp/books/src/books.ts',
    text: 'this.#changed.add(destination).add(delivered)',
    planted: 'this.#changed.add(delivered)',
    foundBy: ['commit-before-reveal'],
  },
  {
    bug: 'A posted packet changes the book of the asset that came in, and not its record.',
    path: 'packages/3-ilp/books/src/books.ts',
    text: 'this.#changed.add(source).add(taken)',
    planted: 'this.#changed.add(source)',
    foundBy: ['books-balance'],
  },
  {
    bug: "A settlement is booked on the account, and not on the node's own side.",
    path: 'packages/3-ilp/books/src/books.ts',
    text: `    asset.settled += amount
`,
    planted: '',
    foundBy: ['books-balance'],
  },
  {
    bug: 'Records of assets forget the gains by rounding.',
    path: 'packages/3-ilp/books/src/asset-book.ts',
    text: `  'rounding',
`,
    planted: '',
    foundBy: ['books-balance'],
  },
  {
    bug: 'Records of holds have the two amounts in the wrong order.',
    path: 'packages/3-ilp/books/src/chunk.ts',
    text: 'varUint(entry.incomingAmount).varUint(entry.outgoingAmount)',
    planted: 'varUint(entry.outgoingAmount).varUint(entry.incomingAmount)',
    foundBy: ['holds-survive'],
  },
  {
    bug: 'The sign of settlements is wrong in the balance.',
    path: 'packages/3-ilp/books/src/account-book.ts',
    text: '+ this.settled - this.received',
    planted: '- this.settled + this.received',
    foundBy: ['balance-limit', 'settlements-mirror'],
  },
  {
    bug: 'A packet that is asked about is taken for a twin of its own that was fulfilled.',
    path: 'packages/3-ilp/books/src/books.ts',
    text: 'counts.get(packetKey(name)) ?? 0',
    planted: 'counts.get(packetKey(name)) ?? 1',
    foundBy: ['balances-mirror'],
  },
]
